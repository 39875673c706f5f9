/** What a page of the real site carries beside its data: a picture, a film, a sound and a font. */

const KILOBYTE = 1_024;

/** By path: type and size. Nobody looks at them, so their bytes are nothing. */
const ASSETS: Readonly<Record<string, { type: string; bytes: number }>> = {
  '/assets/heavy.png': { type: 'image/png', bytes: 300 * KILOBYTE },
  '/assets/heavy.mp4': { type: 'video/mp4', bytes: 800 * KILOBYTE },
  '/assets/heavy.mp3': { type: 'audio/mpeg', bytes: 200 * KILOBYTE },
  '/assets/heavy.woff2': { type: 'font/woff2', bytes: 60 * KILOBYTE },
};
/** More than any test looks at; later ones aren't noted. */
const MAX_NOTED = 10_000;

/** The HTML by which a page asks for all of them; the font is in use, or no browser would load it. */
const HTML_PART = `<style>@font-face { font-family: Heavy; src: url(/assets/heavy.woff2) format('woff2'); }
.heavy { font-family: Heavy, serif; }</style>
<p class="heavy">Heavy</p>
<img src="/assets/heavy.png" alt="">
<video src="/assets/heavy.mp4" preload="auto" muted></video>
<audio src="/assets/heavy.mp3" preload="auto"></audio>
`;

/** A page that carries them too. */
export function dressed(heavy: boolean, html: string): string {
  return heavy ? html.replace('</body>', `${HTML_PART}</body>`) : html;
}

/** Serves them, and notes who asked for what. */
export class HeavyAssets {
  /** The paths asked for, in that order. */
  readonly requested: string[] = [];

  at(path: string): { type: string; body: Buffer } | undefined {
    const asset = Object.hasOwn(ASSETS, path) ? ASSETS[path] : undefined;
    if (!asset) return undefined;
    if (this.requested.length < MAX_NOTED) this.requested.push(path);
    return { type: asset.type, body: Buffer.alloc(asset.bytes) };
  }
}
