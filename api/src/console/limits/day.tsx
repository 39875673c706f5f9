import type { Limits } from '../types.ts';
import { Bars } from '../ui/charts.tsx';

/** The worst window of each of the last 24 hours, against the limit. */
export function Day({ line, limit }: { line: Limits['lines'][number]; limit: number }) {
  // Each against the limit as it was then.
  const bars = line.hours.map(({ at, most, limit: its }) => ({
    value: most,
    title: `${at.slice(11, 16)} UTC: at most ${most} in one window, of ${its}`,
    bad: most > its ? most : 0,
  }));
  return (
    <div>
      <Bars
        label={`The worst window of each hour of the last day; the worst of all ${line.worst_24h}, the limit ${limit}`}
        bars={bars}
        line={limit}
      />
      <p className="axis">
        <span>24 h ago</span>
        <span>now</span>
      </p>
    </div>
  );
}
