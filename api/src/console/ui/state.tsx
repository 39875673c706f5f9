import type { ComponentChildren } from 'preact';
import type { Tone } from '../types.ts';

/** A dot and a word: how something is. The colour repeats the word, never says more. */
export function State({ tone, children }: { tone: Tone | 'idle'; children: ComponentChildren }) {
  return (
    <span className="state">
      <i className={`dot ${tone}`} />
      {children}
    </span>
  );
}

/** What to do where there is nothing to show. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div className="empty">
      <p>{title}</p>
      {children}
    </div>
  );
}

/** Something that went wrong, in words; read out at once. */
export function Problem({ children }: { children: ComponentChildren }) {
  return (
    <p className="problem" role="alert">
      {children}
    </p>
  );
}
