import { ownPath } from '../paths.ts';
import type { Overview } from '../types.ts';

/** All in one sentence: how it is, why, and what to do next. */
export function Verdict({ tone, sentence, cause, action }: Overview['verdict']) {
  return (
    <div className={`verdict ${tone}`}>
      <i className={`dot ${tone}`} />
      <div aria-live="polite">
        <h1>{sentence}</h1>
        {cause !== undefined && <p>{cause}</p>}
      </div>
      {action && (
        <a className={tone === 'bad' ? 'button primary' : 'button'} href={ownPath(action.href)}>
          {action.label}
        </a>
      )}
    </div>
  );
}
