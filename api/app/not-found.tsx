import { Mark } from '../src/console/ui/mark.tsx';

/** An address at which nothing ever is. */
export default function NotFound() {
  return (
    <main className="alone">
      <p className="mark">
        <Mark /> Huntaze
      </p>
      <h1>There is no such page</h1>
      <p>
        <a href="/">Back to the overview</a>
      </p>
    </main>
  );
}
