import { grouped } from '../times.ts';
import type { Limits, Overview } from '../types.ts';
import { Pips } from '../ui/charts.tsx';
import { When } from '../ui/clock.tsx';
import { Day } from '../limits/day.tsx';

/** How much of the site's limit is used, when there is room again, and that it was never exceeded. */
export function Limiter({ limiter, lines }: { limiter: Overview['limiter']; lines: Limits['lines'] }) {
  const { limit, window_s, used, next_slot_at, worst_24h } = limiter;
  const worst = lines.toSorted((a, b) => b.worst_24h - a.worst_24h)[0];
  return (
    <section className="card third" aria-labelledby="limiter">
      <header>
        <h2 id="limiter">Limiter</h2>
        <span className="quiet small">
          {grouped(limit)} in any {grouped(window_s)} s
        </span>
      </header>
      <div className="inside stack">
        <div className="line">
          <p className="figure">
            {grouped(used)} <small>of {grouped(limit)} used</small>
          </p>
          <Pips used={used} of={limit} label={`${used} of ${limit} slots of the window are used`} />
        </div>
        <p className="quiet">
          {next_slot_at === undefined ? (
            'The next operation goes at once.'
          ) : (
            <>
              The next slot is free{' '}
              <b className="strong">
                <When at={next_slot_at} isDue />
              </b>
              .
            </>
          )}
        </p>
        {worst && <Day line={worst} limit={limit} />}
        <p className="small quiet">
          Most at the site in any {grouped(window_s)} s of the last 24 h:{' '}
          <b className={worst_24h > limit ? 'bad-text' : 'strong'}>{grouped(worst_24h)}</b>
        </p>
      </div>
    </section>
  );
}
