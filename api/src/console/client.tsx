import { hydrate } from 'preact';
import { SHOWN_ID, View, VIEW_ID, type Shown } from './view.tsx';

/** The browser's part: takes up what the server has made, and keeps it fresh from there. */
const shown = JSON.parse(document.getElementById(SHOWN_ID)!.textContent) as Shown;
hydrate(<View {...shown} />, document.getElementById(VIEW_ID)!);

// What a browser kept while somebody was elsewhere may be old, or of a session that has ended.
window.addEventListener('pageshow', ({ persisted }) => {
  if (persisted) window.location.reload();
});
