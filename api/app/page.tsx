import { headers } from 'next/headers';
import { compose } from '../src/compose.ts';

export const dynamic = 'force-dynamic';

/** The front page: what this is, what limit is in force, and how to ask for an operation. */
export default async function Page() {
  const { limit } = compose();
  const host = (await headers()).get('host') ?? '127.0.0.1:3000';
  return (
    <main>
      <h1>Huntaze is running</h1>
      <p>
        At most {limit.limit} operations in any {limit.windowMs / 1_000} s, in order for each creator, nothing
        lost, nothing done twice.
      </p>
      <p>Ask for an operation:</p>
      <pre style={{ whiteSpace: 'pre-wrap', background: '#8882', padding: '1rem' }}>
        {[
          'curl -H "Authorization: Bearer $(cat .data/token)" \\',
          `     -d '{"kind":"profile.scrape","creator_id":"creator-1","params":{}}' \\`,
          `     http://${host}/api/onlyfans/operations`,
        ].join('\n')}
      </pre>
      <p>The answer names the operation; GET its Location to see what it waits for, and until when.</p>
    </main>
  );
}
