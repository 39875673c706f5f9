import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { rowsInView, type Rows } from '../windowed.ts';

/** One column of a table. */
export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  /** `number`: to the right. `wide`: not on a phone, where the first column says it (see `more`). */
  kind?: 'number' | 'wide' | 'wide number' | 'rest' | 'rest tall' | 'wide rest';
}

/** So many rows are in the page however it is scrolled: what a screen shows, and what the server makes. */
const FIRST_ROWS = 40;

/**
 * A table that has only those rows in the page that are in view. The first column names the row.
 * @param label what it lists, for those who don't see it
 * @param more on a phone: what the columns left out would have said
 * @param mark the class of a row that isn't like the others
 */
export function Table<T>({
  label,
  rows,
  columns,
  keyOf,
  more,
  mark,
  onEnd,
  onView,
}: {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  more?: ((row: T) => ComponentChildren) | undefined;
  mark?: ((row: T) => string | undefined) | undefined;
  /** The end has come into view: there may be more to read. */
  onEnd?: (() => void) | undefined;
  /** Other rows are in the page. */
  onView?: ((rows: Rows) => void) | undefined;
}) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [height, setHeight] = useState(41);
  const [{ from, to }, setRows] = useState<Rows>({ from: 0, to: FIRST_ROWS });
  const count = rows.length;

  useEffect(() => {
    let frame = 0;
    const look = () => {
      frame = 0;
      if (body.current === null) return;
      const row = body.current.querySelector<HTMLElement>('tr[data-row]')?.offsetHeight ?? 41;
      const next = rowsInView(body.current.getBoundingClientRect().top, window.innerHeight, row, count);
      setHeight(row);
      const some = count <= FIRST_ROWS ? { from: 0, to: count } : next;
      setRows(before => (before.from === some.from && before.to === some.to ? before : some));
    };
    const soon = () => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    window.addEventListener('scroll', soon, { passive: true });
    window.addEventListener('resize', soon);
    return () => {
      cancelAnimationFrame(frame);
      window.removeEventListener('scroll', soon);
      window.removeEventListener('resize', soon);
    };
  }, [count]);

  const end = Math.min(to, count);
  const isAtEnd = end >= count;
  useEffect(() => {
    if (isAtEnd) onEnd?.();
  }, [isAtEnd, count]);
  useEffect(() => {
    onView?.({ from, to: end });
  }, [from, end]);

  return (
    <table aria-label={label} aria-rowcount={count + 1}>
      <thead>
        <tr>
          {columns.map(({ name, kind }) => (
            <th key={name} scope="col" className={kind}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        <Gap height={from * height} columns={columns.length} />
        {rows.slice(from, end).map((row, i) => (
          <tr key={keyOf(row)} data-row="" className={mark?.(row)} aria-rowindex={from + i + 2}>
            {columns.map(({ name, kind, cell }, column) =>
              column === 0 ? (
                <th key={name} scope="row" className={kind}>
                  {cell(row)}
                  {more && <div className="more narrow">{more(row)}</div>}
                </th>
              ) : (
                <td key={name} className={kind}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
        <Gap height={(count - end) * height} columns={columns.length} />
      </tbody>
    </table>
  );
}

/** The place of the rows that aren't in the page. As an attribute, since the page allows no inline style. */
function Gap({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr className="gap" aria-hidden="true">
      <td colSpan={columns} height={height} />
    </tr>
  );
}
