import type { VNode } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Assets } from './assets.ts';
import { SHOWN_ID, View, VIEW_ID, type Shown } from './view.tsx';

export interface DocumentParts {
  /** Of the window; empty: the console's own name. */
  title: string;
  assets: Assets;
  /** Lets this answer's script run. */
  nonce: string;
  /** What the browser takes up, or a page that is only to be read. */
  content: Shown | VNode;
}

/** A whole page, as HTML: to be read, and its links followed, before any script has run. */
export function documentOf({ title, assets, nonce, content }: DocumentParts): string {
  const isLive = 'screen' in content;
  const html = renderToString(
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f7f9" />
        <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#101215" />
        <title>{title === '' ? 'Huntaze' : `${title} · Huntaze`}</title>
        <link rel="icon" href="/icon.svg" type="image/svg+xml" sizes="any" />
        <link rel="stylesheet" href={assets.style} />
        {isLive && <script type="module" src={assets.script} nonce={nonce} />}
      </head>
      {isLive ? <LiveBody shown={content} /> : <body>{content}</body>}
    </html>,
  );
  return `<!doctype html>${html}`;
}

/** The view is made by itself: the browser begins there, too, and counts ids from there. */
function LiveBody({ shown }: { shown: Shown }) {
  return (
    <body>
      <div id={VIEW_ID} dangerouslySetInnerHTML={{ __html: renderToString(<View {...shown} />) }} />
      <script type="application/json" id={SHOWN_ID} dangerouslySetInnerHTML={{ __html: jsonInHtml(shown) }} />
    </body>
  );
}

/** JSON that means the same and can't end the element it stands in. */
function jsonInHtml(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
