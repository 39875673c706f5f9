import '../work.css';
import { askedDay } from '../../../src/console/activity/day.ts';
import { ActivityScreen } from '../../../src/console/activity/screen.tsx';
import { readAudit } from '../../../src/console/data.ts';
import { Problem } from '../../../src/console/ui/state.tsx';

export const metadata = { title: 'Activity' };

type Props = { searchParams: Promise<Record<string, string | string[] | undefined>> };

/** What operators did on a day, today unless the address names another. */
export default async function Page({ searchParams }: Props) {
  const given = (await searchParams)['day'];
  const day = askedDay(typeof given === 'string' ? given : undefined, Date.now());
  const audit = await readAudit(day);
  if (audit.is === 'problem')
    return (
      <>
        <h1>Activity</h1>
        <Problem>{audit.detail}</Problem>
      </>
    );
  return <ActivityScreen key={day} day={day} audit={audit.value} />;
}
