import { Mark } from './mark.tsx';
import { Problem } from './state.tsx';

/** What there isn't, or isn't for whoever looks: the two look alike. */
export function AbsentScreen() {
  return (
    <div className="empty">
      <h1>There is no such page</h1>
      <p>What it showed may be gone (operations are kept for 15 days), or it isn’t yours.</p>
      <p>
        <a href="/">Back to the overview</a>
      </p>
    </div>
  );
}

/** A page that could not be made. */
export function FailedScreen({ again }: { again: string }) {
  return (
    <div className="empty" role="alert">
      <h1>This page could not be made</h1>
      <p>Something went wrong on the server, and was logged there. The pipeline itself is not concerned.</p>
      <p>
        <a className="button primary" href={again}>
          Try again
        </a>
      </p>
    </div>
  );
}

/** A page whose content can't be had just now. */
export function UntoldScreen({ title, detail }: { title: string; detail: string }) {
  return (
    <>
      <h1>{title}</h1>
      <Problem>{detail}</Problem>
    </>
  );
}

/** When not even the frame could be made. */
export function FailedAlone() {
  return (
    <main className="alone">
      <h1>The console could not be made</h1>
      <p>Something went wrong on the server, and was logged there. The pipeline itself is not concerned.</p>
      <p>
        <a href="/">Try again</a>
      </p>
    </main>
  );
}

/** When it can't be told who asks. */
export function NobodyAlone({ detail }: { detail: string }) {
  return (
    <main className="alone">
      <h1>Nobody can be let in just now</h1>
      <Problem>{detail}</Problem>
    </main>
  );
}

/** An address at which nothing ever is. */
export function AbsentAlone() {
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
