import { absolute, took } from '../times.ts';
import type { Operation } from '../types.ts';
import { useNow } from '../ui/clock.tsx';
import { endWord, lifeOf, marksOf, placeOf, type Life } from './life.ts';

/** An operation's life as bars over time; a table, so that it reads without them, too. */
export function Waterfall({ operation }: { operation: Operation }) {
  const life = lifeOf(operation, useNow());
  const { from, to, parts, end } = life;
  const marks = marksOf(to - from).map(ms => ({ ms, x: (ms / Math.max(1, to - from)) * 100 }));
  return (
    <table className="waterfall" aria-label="What has happened, the first first">
      <thead>
        <tr>
          <th scope="col">Part</th>
          <th scope="col" className="rest wide">
            <span className="unseen">When</span>
            <svg width="100%" height="16" aria-hidden="true">
              {marks.map(({ ms, x }) => (
                <text key={ms} x={`${x}%`} y="12" textAnchor={x === 0 ? 'start' : x > 96 ? 'end' : 'middle'}>
                  {ms === 0 ? '0' : took(ms)}
                </text>
              ))}
            </svg>
          </th>
          <th scope="col" className="number">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {parts.map(part => (
          <tr key={`${part.name} ${part.from}`}>
            <th scope="row">
              {part.name}
              <Track life={life} part={part} marks={marks} isNarrow />
              {part.error !== undefined && <div className="detail narrow bad-text">{part.error}</div>}
            </th>
            <td
              className="wide"
              title={`${absolute(part.from)} to ${part.isOpen ? 'now' : absolute(part.to)}`}
            >
              <Track life={life} part={part} marks={marks} />
              {part.error !== undefined && <div className="detail bad-text">{part.error}</div>}
            </td>
            <td className="number">
              {took(part.to - part.from)}
              {part.isOpen && <span className="quiet"> so far</span>}
            </td>
          </tr>
        ))}
        {end && (
          <tr>
            <th scope="row">
              {endWord(end)}
              <div className="detail narrow">{absolute(end.at)}</div>
            </th>
            <td className="wide">
              <time dateTime={new Date(end.at).toISOString()}>{absolute(end.at)}</time>
            </td>
            <td className="number">
              <b>{took(end.at - from)}</b>
            </td>
          </tr>
        )}
      </tbody>
    </table>
  );
}

/** One bar on its axis. Its place is in attributes: the page allows no inline style. */
function Track({
  life,
  part,
  marks,
  isNarrow = false,
}: {
  life: Life;
  part: Life['parts'][number];
  marks: { ms: number; x: number }[];
  isNarrow?: boolean;
}) {
  const { x, width } = placeOf(part, life);
  return (
    <svg
      className={isNarrow ? 'track narrow' : 'track'}
      width="100%"
      height={isNarrow ? 10 : 24}
      aria-hidden="true"
    >
      {!isNarrow &&
        marks.map(mark => <line key={mark.ms} x1={`${mark.x}%`} x2={`${mark.x}%`} y1="0" y2="24" />)}
      <rect
        className={`${part.tone} ${part.isOpen ? 'open' : ''}`}
        x={`${x}%`}
        width={`${width}%`}
        y={isNarrow ? 1 : 6}
        height={isNarrow ? 8 : 12}
        rx="3"
      />
    </svg>
  );
}
