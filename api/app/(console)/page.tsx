import { readHistory, readLimits } from '../../src/console/data.ts';
import { OverviewScreen } from '../../src/console/overview/screen.tsx';

/** The first screen: whether all is well, what is stuck, why, until when. */
export default async function Page() {
  const [history, limits] = await Promise.all([readHistory(60), readLimits()]);
  return (
    <OverviewScreen
      history={history.is === 'read' ? history.value : undefined}
      limits={limits.is === 'read' ? limits.value : undefined}
    />
  );
}
