import type { ComponentChildren, InputHTMLAttributes, TargetedSubmitEvent } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import type { Effect } from '../types.ts';
import { ask } from './ask.ts';
import { useSay } from './say.tsx';
import { Problem } from './state.tsx';

/** Something to be filled in before an act. Times are asked for in UTC. */
export interface Field {
  name: string;
  label: string;
  type?: 'text' | 'password' | 'email' | 'number' | 'datetime-local' | 'one-time-code';
  /** A choice instead of a field to type in. */
  options?: { value: string; label: string }[];
  required?: boolean;
  hint?: string;
  maxLength?: number;
  initial?: string;
}

/** Why it is done: kept with the act. */
export const REASON: Field = { name: 'reason', label: 'Reason', maxLength: 200, hint: 'Kept in the record' };
/** Until when it holds. */
export const UNTIL: Field = {
  name: 'until',
  label: 'Until (UTC)',
  type: 'datetime-local',
  hint: 'Left open: until it is ended by hand',
};

export interface ActProps {
  /** On the button that opens the dialog. */
  label: ComponentChildren;
  title: string;
  /** On the button that does it; says what it does. */
  confirm: string;
  /** What is said once it is done. */
  done: string;
  path: string;
  method?: 'POST' | 'PUT' | 'DELETE';
  body?: Record<string, unknown>;
  /** What it does, where the API need not be asked for that. */
  effect?: string[];
  /** What is filled in, as the API takes it. */
  shape?: (filled: Record<string, unknown>) => Record<string, unknown>;
  fields?: Field[];
  /** What can't be taken back. */
  isGrave?: boolean;
  look?: 'primary' | 'plain' | 'quiet';
  isDisabled?: boolean;
  /** What is answered once it is done. */
  onDone?: (answer: unknown) => void;
}

type Shown =
  | { is: 'asking' }
  | { is: 'unfilled' }
  | { is: 'effect'; effect: string[] }
  | { is: 'problem'; detail: string };

/**
 * A button that does something only after it has been shown what that would do: the act is first tried (`dry_run`), its
 * effect stands above the button that does it.
 */
export function Act(props: ActProps) {
  const {
    label,
    title,
    confirm,
    done,
    path,
    method = 'POST',
    body,
    effect,
    shape = filled => filled,
    fields = [],
    isGrave,
    look,
    onDone,
  } = props;
  const dialog = useRef<HTMLDialogElement>(null);
  const form = useRef<HTMLFormElement>(null);
  const asked = useRef(0);
  // As it was when the dialog was opened: what is done is what was shown, whatever the page reads meanwhile.
  const meant = useRef(body);
  const [shown, setShown] = useState<Shown>({ is: 'asking' });
  const [isDoing, setIsDoing] = useState(false);
  const [isOpen, setIsOpen] = useState(false);
  const [problem, setProblem] = useState<string>();
  const say = useSay();
  const id = useId();

  const wanted = () => ({ ...meant.current, ...shape(filledIn(form.current, fields)) });

  async function preview() {
    asked.current += 1;
    const mine = asked.current;
    setProblem(undefined);
    if (form.current?.checkValidity() === false) return setShown({ is: 'unfilled' });
    if (effect) return setShown({ is: 'effect', effect });
    setShown(before => (before.is === 'effect' ? before : { is: 'asking' }));
    const answer = await ask<Effect>(method, path, { ...wanted(), dry_run: true });
    // Only the latest question counts.
    if (mine !== asked.current) return;
    setShown(
      answer.is === 'answered'
        ? { is: 'effect', effect: answer.value?.effect ?? [] }
        : { is: 'problem', detail: answer.detail },
    );
  }

  function open() {
    meant.current = body;
    setShown({ is: 'asking' });
    setIsOpen(true);
    form.current?.reset();
    dialog.current?.showModal();
    // The fields are in the page only now.
    requestAnimationFrame(() => void preview());
  }

  async function perform(event: TargetedSubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (shown.is !== 'effect' || isDoing) return;
    setIsDoing(true);
    setProblem(undefined);
    const answer = await ask<unknown>(method, path, wanted());
    setIsDoing(false);
    if (answer.is === 'problem') return setProblem(answer.detail);
    dialog.current?.close();
    say(done);
    onDone?.(answer.value);
  }

  return (
    <>
      <button type="button" className={look ?? 'plain'} onClick={open} disabled={props.isDisabled}>
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={`${id}-title`} onClose={() => setIsOpen(false)}>
        {isOpen && (
          <form ref={form} onSubmit={event => void perform(event)} autoComplete="off">
            <h2 id={`${id}-title`}>{title}</h2>
            {fields.map(field => (
              <FieldRow
                key={field.name}
                field={field}
                id={`${id}-${field.name}`}
                onSettled={() => void preview()}
              />
            ))}
            <div className="effect" aria-live="polite">
              <EffectShown shown={shown} />
            </div>
            {problem !== undefined && <Problem>{problem}</Problem>}
            <div className="buttons">
              <button type="button" className="quiet" onClick={() => dialog.current?.close()}>
                Leave it
              </button>
              <button
                type="submit"
                className={isGrave ? 'grave' : 'primary'}
                disabled={shown.is !== 'effect' || isDoing}
              >
                {isDoing ? 'Working …' : confirm}
              </button>
            </div>
          </form>
        )}
      </dialog>
    </>
  );
}

function EffectShown({ shown }: { shown: Shown }) {
  switch (shown.is) {
    case 'asking':
      return <p className="quiet">Looking what this would do …</p>;
    case 'unfilled':
      return <p className="quiet">Fill in the fields to see what this would do.</p>;
    case 'problem':
      return <Problem>{shown.detail}</Problem>;
    default:
      if (shown.effect.length === 0) return <p className="quiet">Nothing would change.</p>;
      return (
        <ul>
          {shown.effect.map(sentence => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      );
  }
}

function FieldRow({ field, id, onSettled }: { field: Field; id: string; onSettled: () => void }) {
  const { name, label, type = 'text', options, required = false, hint, maxLength, initial } = field;
  const common = {
    id,
    name,
    required,
    onChange: options ? onSettled : undefined,
    onBlur: options ? undefined : onSettled,
    ...(hint !== undefined && { 'aria-describedby': `${id}-hint` }),
    ...(initial !== undefined && { defaultValue: initial }),
  };
  // An input's type is one of several here; Preact's types want each by itself.
  const input = {
    ...common,
    type: type === 'one-time-code' ? 'text' : type,
    autoComplete: type === 'password' ? 'new-password' : type === 'one-time-code' ? type : 'off',
    ...(maxLength !== undefined && { maxLength }),
  } as InputHTMLAttributes;
  return (
    <div className="field">
      <label htmlFor={id}>
        {label}
        {!required && <span className="quiet"> · optional</span>}
      </label>
      {options ? (
        <select {...common}>
          {options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      ) : (
        <input {...input} />
      )}
      {hint !== undefined && (
        <small id={`${id}-hint`} className="quiet">
          {hint}
        </small>
      )}
    </div>
  );
}

/** What is filled in, as a body has it: what is empty isn't in it, times are ISO 8601, numbers are numbers. */
function filledIn(form: HTMLFormElement | null, fields: readonly Field[]): Record<string, string | number> {
  if (form === null) return {};
  const data = new FormData(form);
  return Object.fromEntries(
    fields.flatMap(({ name, type }): [string, string | number][] => {
      const given = data.get(name);
      const text = typeof given === 'string' ? (type === 'password' ? given : given.trim()) : '';
      if (text === '') return [];
      if (type === 'number') return [[name, Number(text)]];
      return [[name, type === 'datetime-local' ? new Date(`${text}Z`).toISOString() : text]];
    }),
  );
}
