import '../work.css';
import { readOperations } from '../../../src/console/data.ts';
import { filterOf, queryOf } from '../../../src/console/operations/filter.ts';
import { OperationsScreen } from '../../../src/console/operations/screen.tsx';
import { Problem } from '../../../src/console/ui/state.tsx';

export const metadata = { title: 'Operations' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };
const FIRST = '50';

/** Operations as they are asked for by creator, states and kind, all of it in the address. */
export default async function Page({ searchParams }: Props) {
  const given = await searchParams;
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
  const filter = filterOf({ creator: text('creator'), state: text('state'), kind: text('kind') });
  const query = Object.fromEntries(new URLSearchParams(queryOf(filter)));
  const page = await readOperations({ ...query, limit: FIRST });
  if (page.is === 'problem')
    return (
      <>
        <h1>Operations</h1>
        <Problem>{page.detail}</Problem>
      </>
    );
  return <OperationsScreen filter={filter} page={page.value} />;
}
