import { headers } from 'next/headers';
import { ownPath } from '../../src/console/paths.ts';
import { Mark } from '../../src/console/ui/mark.tsx';
import { SignIn } from '../../src/console/ui/sign-in.tsx';

export const metadata = { title: 'Sign in' };

/** Where a session begins. */
export default async function Page({ searchParams }: { searchParams: Promise<{ to?: string | string[] }> }) {
  const { to } = await searchParams;
  // A browser that comes by another site's link doesn't say its session: from our own page it will.
  const isFromElsewhere = (await headers()).get('sec-fetch-site') === 'cross-site';
  return (
    <main className="alone">
      <p className="mark">
        <Mark /> Huntaze
      </p>
      <h1>Sign in</h1>
      <SignIn to={ownPath(typeof to === 'string' ? to : undefined)} isFromElsewhere={isFromElsewhere} />
      <noscript>
        <p className="problem">The console needs JavaScript. The API does not.</p>
      </noscript>
      <p className="quiet">
        <a href="/docs">The API</a>
      </p>
    </main>
  );
}
