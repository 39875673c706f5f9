'use client';

import { useEffect, useState, type FormEvent } from 'react';
import { explain, tone, verdict, type Shown } from '../src/shown.ts';

/** How often the list is asked for, and how long an answer may take (ms). */
const REFRESH_MS = 2_000;
const ANSWER_MS = 10_000;
/** The token stays in this tab: never in an address, never in a cookie. */
const TOKEN = 'huntaze-token';

type View =
  | { is: 'locked'; because: string }
  | { is: 'loading' }
  | { is: 'shown'; operations: Shown[]; now: number; stale: string | undefined };

/** The newest operations, refreshed while the page is open. */
export function Operations() {
  const [token, setToken] = useState<string>();
  const [view, setView] = useState<View>({ is: 'loading' });

  useEffect(() => {
    const kept = sessionStorage.getItem(TOKEN);
    if (kept) setToken(kept);
    else setView({ is: 'locked', because: '' });
  }, []);

  useEffect(() => {
    if (token === undefined) return undefined;
    const leaving = new AbortController();
    const refresh = async () => {
      const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_MS)]);
      const next = await load(token, signal);
      if (leaving.signal.aborted) return;
      setView(before =>
        typeof next === 'string' && before.is === 'shown'
          ? { ...before, now: Date.now(), stale: next }
          : typeof next === 'string'
            ? { is: 'shown', operations: [], now: Date.now(), stale: next }
            : next,
      );
      if (typeof next !== 'string' && next.is === 'locked') return;
      timer = setTimeout(() => void refresh(), REFRESH_MS);
    };
    let timer = setTimeout(() => void refresh(), 0);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [token]);

  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = new FormData(event.currentTarget).get('token');
    const given = typeof field === 'string' ? field.trim() : '';
    sessionStorage.setItem(TOKEN, given);
    setView({ is: 'loading' });
    setToken(given);
  };

  if (view.is === 'loading') return <p className="verdict quiet">Loading …</p>;
  if (view.is === 'locked')
    return (
      <>
        <p className="verdict">{view.because || 'Enter the token to see the operations.'}</p>
        <form className="card" onSubmit={enter}>
          <label>
            Token (npm start prints it, and keeps it in .data/token)
            <input name="token" type="password" autoComplete="off" required />
          </label>
          <button type="submit">Show</button>
        </form>
      </>
    );
  return (
    <>
      <p className="verdict">
        {verdict(view.operations, view.now)} {view.stale && <span className="bad">{view.stale}</span>}
      </p>
      <div className="card">{view.operations.length > 0 ? <Table {...view} /> : <HowTo />}</div>
    </>
  );
}

function Table({ operations, now }: { operations: Shown[]; now: number }) {
  return (
    <table>
      <thead>
        <tr>
          <th>Creator</th>
          <th>Operation</th>
          <th>State</th>
          <th>What happens</th>
        </tr>
      </thead>
      <tbody>
        {operations.map(operation => (
          <tr key={operation.operation_id} title={operation.operation_id}>
            <td>{operation.creator_id}</td>
            <td>{operation.kind}</td>
            <td className={`state ${tone(operation.state)}`}>{operation.state.replace('_', ' ')}</td>
            <td className="quiet">{explain(operation, now)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function HowTo() {
  return (
    <pre>
      {[
        'curl -H "Authorization: Bearer $(cat .data/token)" \\',
        `     -d '{"kind":"profile.scrape","creator_id":"creator-1","params":{}}' \\`,
        `     ${window.location.origin}/api/onlyfans/operations`,
      ].join('\n')}
    </pre>
  );
}

/** The list; or that the token is needed; or, as text, why it can't be had just now. */
async function load(token: string, signal: AbortSignal): Promise<View | string> {
  try {
    const answer = await fetch('/api/onlyfans/operations?limit=100', {
      headers: { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal,
    });
    if (answer.status === 401) return { is: 'locked', because: 'That token is not known. Try again.' };
    if (!answer.ok) return `The API answers ${answer.status}; what is shown may be old.`;
    const { operations } = (await answer.json()) as { operations: Shown[] };
    return { is: 'shown', operations, now: Date.now(), stale: undefined };
  } catch {
    return 'The API does not answer; what is shown may be old.';
  }
}
