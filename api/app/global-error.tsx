'use client';

import './globals.css';

/** When not even the frame could be made. */
export default function GlobalError() {
  return (
    <html lang="en">
      <body>
        <main className="alone" role="alert">
          <title>Huntaze</title>
          <h1>The console could not be made</h1>
          <p>
            Something went wrong on the server, and was logged there. The pipeline itself is not concerned.
          </p>
          <p>
            <a href="/">Try again</a>
          </p>
        </main>
      </body>
    </html>
  );
}
