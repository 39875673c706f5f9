import { useEffect, useState } from 'preact/hooks';
import type { Operation } from '../types.ts';
import { Problem } from '../ui/state.tsx';
import { beginningOf, readable, type Excerpt } from './excerpt.ts';

/** How long the result may take to be read (ms). */
const DEADLINE_MS = 15_000;

type Found = { is: 'reading' } | { is: 'none' } | { is: 'read'; excerpt: Excerpt } | { is: 'problem' };

/** What an operation that has ended has left: its result; if it failed, the page as it was then, and its trace. */
export function Left({ operation, result }: { operation: Operation; result: string }) {
  const hasFailed = operation.state !== 'succeeded';
  const path = result.replace(/\/result$/, '');
  const found = useBeginning(result);
  return (
    <>
      <section className={hasFailed ? 'card half' : 'card'} aria-labelledby="result">
        <header>
          <h2 id="result">Result</h2>
          {found.is === 'read' && (
            <a href={result} download={`${operation.operation_id}.json`}>
              Download
            </a>
          )}
        </header>
        <div className="inside">
          {found.is === 'reading' && <p className="quiet">Reading …</p>}
          {found.is === 'none' && <p className="quiet">None is kept.</p>}
          {found.is === 'problem' && <Problem>The result can’t be read just now. Try again later.</Problem>}
          {found.is === 'read' && (
            <>
              <pre className="result" tabIndex={0} role="region" aria-label="Result, JSON">
                {found.excerpt.text}
              </pre>
              {!found.excerpt.isWhole && (
                <p className="quiet small">This is its beginning; the download has the rest.</p>
              )}
            </>
          )}
        </div>
      </section>
      {hasFailed && <Failed path={path} />}
    </>
  );
}

/** What a browser has kept of a failure, if it has. */
function Failed({ path }: { path: string }) {
  const [hasImage, setHasImage] = useState<boolean>();
  const trace = useBeginning(`${path}/trace`, 0);
  // Only here in the browser: one that is missing is noticed only by who has begun to listen.
  const [isHere, setIsHere] = useState(false);
  useEffect(() => setIsHere(true), []);
  return (
    <section className="card half" aria-labelledby="page">
      <header>
        <h2 id="page">The page when it failed</h2>
        {trace.is === 'read' && (
          <a href={`${path}/trace`} download>
            Trace
          </a>
        )}
      </header>
      <div className="inside">
        {isHere && hasImage !== false && (
          <a href={`${path}/screenshot`} className="shot">
            <img
              src={`${path}/screenshot`}
              alt="The site’s page as it was when the operation failed"
              onLoad={() => setHasImage(true)}
              onError={() => setHasImage(false)}
            />
          </a>
        )}
        {hasImage === false && (
          <p className="quiet">No picture was kept: it failed before there was a page.</p>
        )}
      </div>
    </section>
  );
}

/** The beginning of what is at an address. */
function useBeginning(address: string, mostBytes?: number): Found {
  const [found, setFound] = useState<Found>({ is: 'reading' });
  useEffect(() => {
    const stop = new AbortController();
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(DEADLINE_MS)]);
    const read = async (): Promise<Found> => {
      const response = await fetch(address, { signal, cache: 'no-store' });
      if (response.status === 404) return { is: 'none' };
      if (!response.ok || response.body === null) return { is: 'problem' };
      return { is: 'read', excerpt: readable(await beginningOf(response.body, mostBytes)) };
    };
    read().then(setFound, () => {
      if (!stop.signal.aborted) setFound({ is: 'problem' });
    });
    return () => stop.abort();
  }, [address, mostBytes]);
  return found;
}
