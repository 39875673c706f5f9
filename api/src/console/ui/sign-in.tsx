import type { TargetedSubmitEvent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ask } from './ask.ts';
import { Mark } from './mark.tsx';
import { Problem } from './state.tsx';

/** What a browser shows that runs no script: for it alone, so the others find no elements there. */
const WITHOUT_SCRIPT = '<p class="problem">The console needs JavaScript. The API does not.</p>';

/** Where a session begins. */
export function SignInScreen(props: SignInProps) {
  return (
    <main className="alone">
      <p className="mark">
        <Mark /> Huntaze
      </p>
      <h1>Sign in</h1>
      <SignIn {...props} />
      <noscript dangerouslySetInnerHTML={{ __html: WITHOUT_SCRIPT }} />
      <p className="quiet">
        <a href="/docs">The API</a>
      </p>
    </main>
  );
}

interface SignInProps {
  /** A page of ours. */
  to: string;
  /** It may be that there is a session already: it is tried once. */
  isFromElsewhere: boolean;
}

/** Begins a session with a token, and goes on. */
function SignIn({ to, isFromElsewhere }: SignInProps) {
  const [problem, setProblem] = useState<string>();
  const [isAsking, setIsAsking] = useState(false);
  useEffect(() => {
    if (isFromElsewhere) window.location.replace(to);
  }, [to, isFromElsewhere]);
  const begin = async (event: TargetedSubmitEvent<HTMLFormElement>) => {
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
          spellcheck={false}
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
