import { useState } from 'preact/hooks';

/** A secret that is shown once: nobody can say it again. */
export function Once({ name, text, onClose }: { name: string; text: string; onClose: () => void }) {
  const [said, setSaid] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setSaid('Copied.'),
      () => setSaid('It can’t be copied from here: select it.'),
    );
  return (
    <section className="card below" aria-labelledby="once">
      <header>
        <h2 id="once">{name}: keep it now, nobody can say it again</h2>
        <button type="button" className="quiet" onClick={onClose}>
          I have it
        </button>
      </header>
      <div className="inside once">
        <code className="anywhere">{text}</code>
        <button type="button" onClick={() => void copy()}>
          Copy
        </button>
        <span role="status" className="quiet">
          {said}
        </span>
      </div>
    </section>
  );
}
