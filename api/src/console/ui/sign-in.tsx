'use client';

import { useEffect, useState, type FormEvent } from 'react';
import { ask } from './ask.ts';
import { Problem } from './state.tsx';

/**
 * Begins a session with a token, and goes on to `to`, a page of ours.
 * @param isFromElsewhere it may be that there is a session already: it is tried once
 */
export function SignIn({ to, isFromElsewhere }: { to: string; isFromElsewhere: boolean }) {
  const [problem, setProblem] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => {
    if (isFromElsewhere) window.location.replace(to);
  }, [to, isFromElsewhere]);
  const begin = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget).get('token');
    const token = typeof given === 'string' ? given.trim() : '';
    if (!/^[!-~]{1,512}$/.test(token))
      return setProblem('That is no token: it has no spaces, and no accents.');
    setIsAsking(true);
    setProblem(undefined);
    const answer = await ask('POST', '/api/session', undefined, { authorization: `Bearer ${token}` });
    if (answer.is === 'answered') return window.location.assign(to);
    setIsAsking(false);
    setProblem(answer.detail);
  };
  return (
    <form onSubmit={event => void begin(event)}>
      <div className="field">
        <label htmlFor="token">Token</label>
        <input
          id="token"
          name="token"
          type="password"
          autoComplete="current-password"
          spellCheck={false}
          required
          aria-describedby="token-hint"
        />
        <small id="token-hint" className="quiet">
          On your own machine <code>npm start</code> keeps it in <code>.data/token</code>; otherwise whoever
          runs Huntaze makes you one with <code>npm run token</code>.
        </small>
      </div>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <button type="submit" className="primary" disabled={isAsking}>
        {isAsking ? 'Signing in …' : 'Sign in'}
      </button>
    </form>
  );
}
