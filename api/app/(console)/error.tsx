'use client';

/** A page that could not be made. */
export default function ErrorPage({ reset }: { reset: () => void }) {
  return (
    <div className="empty" role="alert">
      <h1>This page could not be made</h1>
      <p>Something went wrong on the server, and was logged there. The pipeline itself is not concerned.</p>
      <p>
        <button type="button" className="primary" onClick={reset}>
          Try again
        </button>
      </p>
    </div>
  );
}
