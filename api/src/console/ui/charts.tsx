/** How wide and high a chart is drawn; it is stretched to its place. */
const [WIDTH, HEIGHT] = [240, 56];

/** One bar: how high, how it is painted, and what it says to whoever points at it. */
export interface Bar {
  value: number;
  title: string;
  /** How much of it went wrong. */
  bad?: number;
}

/**
 * Bars, one beside the other.
 * @param label all that it shows, in a sentence
 * @param most the upper edge; at least the highest bar
 * @param line a limit, drawn across
 */
export function Bars({
  label,
  bars,
  most = 0,
  line,
}: {
  label: string;
  bars: Bar[];
  most?: number;
  line?: number;
}) {
  const top = Math.max(most, line ?? 0, 1, ...bars.map(({ value }) => value)) * 1.04;
  const step = WIDTH / Math.max(1, bars.length);
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {bars.map(({ value, title, bad = 0 }, i) => (
        <g key={title}>
          <title>{title}</title>
          <rect x={i * step} y={0} width={step} height={HEIGHT} fill="transparent" />
          <rect
            className="bar"
            x={i * step + step * 0.14}
            y={value > 0 ? Math.min(y(value), HEIGHT - 1.5) : HEIGHT - 0.75}
            width={step * 0.72}
            height={value > 0 ? Math.max(1.5, HEIGHT - y(value)) : 0.75}
          />
          {bad > 0 && (
            <rect
              className="bar bad"
              x={i * step + step * 0.14}
              y={y(bad)}
              width={step * 0.72}
              height={HEIGHT - y(bad)}
            />
          )}
        </g>
      ))}
      {line !== undefined && <line className="limit" x1="0" x2={WIDTH} y1={y(line)} y2={y(line)} />}
    </svg>
  );
}

/** A course over time; where there is no value there is no line. */
export function Course({ label, values }: { label: string; values: (number | undefined)[] }) {
  const top = Math.max(1, ...values.map(value => value ?? 0)) * 1.08;
  const step = WIDTH / Math.max(1, values.length - 1);
  const y = (value: number) => HEIGHT - 1 - (value / top) * (HEIGHT - 2);
  const runs: { x: number; y: number }[][] = [[]];
  for (const [i, value] of values.entries()) {
    if (value === undefined) runs.push([]);
    else runs.at(-1)!.push({ x: i * step, y: y(value) });
  }
  return (
    <svg
      className="chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {runs
        .filter(run => run.length > 0)
        .map(run => {
          // A single value is a short stroke.
          const points = run.length === 1 ? [run[0]!, { x: run[0]!.x + step / 2, y: run[0]!.y }] : run;
          const path = points
            .map(({ x, y: up }, i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${up.toFixed(1)}`)
            .join('');
          return (
            <g key={path}>
              <path
                className="area"
                d={`${path}L${points.at(-1)!.x.toFixed(1)} ${HEIGHT}L${points[0]!.x.toFixed(1)} ${HEIGHT}Z`}
              />
              <path className="course" d={path} />
            </g>
          );
        })}
    </svg>
  );
}

/** So many are drawn one by one. */
const MOST_PIPS = 20;

/** How many of a few are taken, one by one. */
export function Pips({ used, of, label }: { used: number; of: number; label: string }) {
  if (of > MOST_PIPS)
    return <meter className="pips" min={0} max={of} value={used} aria-label={label} title={label} />;
  return (
    <span className="pips" role="img" aria-label={label}>
      {Array.from({ length: of }, (_, i) => (
        <i key={i} className={i < used ? 'used' : ''} />
      ))}
    </span>
  );
}
