import type { CDPSession, Request } from 'playwright-core';

/** Kept out of the browser: nothing of it is read. Images are off by a flag, which costs nothing. */
const UNWANTED = ['Media', 'Font'] as const;
const TYPES: ReadonlySet<string> = new Set(UNWANTED.map(type => type.toLowerCase()));

export interface Unwanted {
  /** A creator's session is used once more. */
  used(): void;
  /** A page asks for something. */
  asked(request: Request): void;
}

/**
 * Refuses what pages needn't load and no flag keeps out: video and audio, and fonts that a page preloads. The
 * browser refuses it before it leaves, but while it looks at every request, pages are 8 % slower: after `quietUses`
 * uses in which no page asked for such a thing, it stops looking, until one is seen.
 * @param failed told when the browser doesn't do as it is told (because it has ended, most likely)
 */
export async function refuseUnwanted(
  devtools: CDPSession,
  quietUses: number,
  failed: (error: unknown) => void,
): Promise<Unwanted> {
  let looking = true;
  let quiet = 0;
  const look = () =>
    devtools.send('Fetch.enable', { patterns: UNWANTED.map(resourceType => ({ resourceType })) });
  devtools.on('Fetch.requestPaused', ({ requestId }) => {
    // The page it was for may be gone.
    devtools.send('Fetch.failRequest', { requestId, errorReason: 'BlockedByClient' }).catch(() => undefined);
  });
  await look();
  return {
    used() {
      quiet += 1;
      if (!looking || quiet <= quietUses) return;
      looking = false;
      devtools.send('Fetch.disable').catch(failed);
    },
    asked(request) {
      if (!TYPES.has(request.resourceType())) return;
      quiet = 0;
      if (looking) return;
      looking = true;
      look().catch(failed);
    },
  };
}
