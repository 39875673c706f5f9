import '../work.css';
import { readLetters } from '../../../src/console/data.ts';
import { letterFilterOf, letterQueryOf } from '../../../src/console/letters/choice.ts';
import { LettersScreen } from '../../../src/console/letters/screen.tsx';
import { Problem } from '../../../src/console/ui/state.tsx';

export const metadata = { title: 'Dead letters' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** What could not be done; which of it is shown is in the address. */
export default async function Page({ searchParams }: Props) {
  const given = await searchParams;
  const text = (name: string) => (typeof given[name] === 'string' ? given[name] : undefined);
  const filter = letterFilterOf({ cause: text('cause'), creator: text('creator'), queue: text('queue') });
  const query = letterQueryOf(filter);
  const page = await readLetters(query);
  if (page.is === 'problem')
    return (
      <>
        <h1>Dead letters</h1>
        <Problem>{page.detail}</Problem>
      </>
    );
  return <LettersScreen key={query} filter={filter} page={page.value} />;
}
