import { compose } from '../src/compose.ts';
import { Operations } from './operations.tsx';

export const dynamic = 'force-dynamic';

/** The first page: every operation, what it does or waits for, and until when. */
export default function Page() {
  const { limit } = compose();
  return (
    <main>
      <h1>Huntaze</h1>
      <p className="quiet" style={{ margin: 0 }}>
        At most {limit.limit} operations in any {limit.windowMs / 1_000} s
        {limit.scope === 'creator' ? ' for each creator' : ''}, in order for each creator, nothing lost,
        nothing done twice. <a href="/docs">The API</a>
      </p>
      <Operations />
    </main>
  );
}
