import { readLimits } from '../../../src/console/data.ts';
import { LimitsScreen } from '../../../src/console/limits/screen.tsx';
import { Problem } from '../../../src/console/ui/state.tsx';

export const metadata = { title: 'Limits' };

/** What is in force, what the environment says, how much is used, and how to change it. */
export default async function Page() {
  const limits = await readLimits();
  if (limits.is === 'problem')
    return (
      <>
        <h1>Limits</h1>
        <Problem>{limits.detail}</Problem>
      </>
    );
  return <LimitsScreen limits={limits.value} />;
}
