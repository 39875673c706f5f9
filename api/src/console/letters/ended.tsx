import { operationPath } from '../paths.ts';
import { counted, grouped } from '../times.ts';
import type { Letter, LettersEnded } from '../types.ts';
import { letterName } from './choice.ts';

/** What was done with letters, and with which. */
export interface Ended extends LettersEnded {
  act: 'redrive' | 'discard';
  of: readonly Letter[];
}

/** What became of each letter; first what did not go. */
export function EndedLetters({ ended, onClose }: { ended: Ended; onClose: () => void }) {
  const { act, done, failed, is_complete } = ended;
  const names = new Map(ended.of.map(letter => [letter.id, letterName(letter)]));
  const word = act === 'redrive' ? 'asked for again' : 'discarded';
  return (
    <section className="card below" aria-labelledby="ended">
      <header>
        <h2 id="ended">
          {counted(done.length, 'letter')} {word}
          {failed.length > 0 && <span className="bad-text">, {grouped(failed.length)} not</span>}
        </h2>
        <button type="button" className="quiet" onClick={onClose}>
          Close
        </button>
      </header>
      <ul className="list inside ended">
        {failed.map(({ id, why }) => (
          <li key={id}>
            <span>{names.get(id) ?? id}</span>
            <span className="bad-text">{why}</span>
          </li>
        ))}
        {done.map(({ id, operation_id }) => (
          <li key={id}>
            <span>{names.get(id) ?? id}</span>
            {operation_id === undefined ? (
              <span className="quiet">{word}</span>
            ) : (
              <a href={operationPath(operation_id)}>{operation_id}</a>
            )}
          </li>
        ))}
      </ul>
      {!is_complete && (
        <p className="inside quiet">There are others that could not be seen before: do it once more.</p>
      )}
    </section>
  );
}
