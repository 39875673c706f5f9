import type { Drift, MisfitSighting } from '@huntaze/core/lua';

/** What the tasks tell one another about the site. Every call rejects when its store can't be had. */
export interface SiteState {
  /** The site has refused a creator until then (ms since the epoch). Returns until when its window is closed. */
  refused(creatorId: string, untilMs: number): Promise<number>;
  /** The site doesn't let a creator in: nothing of it begins until a person has looked. */
  needsLogin(creatorId: string, why: string): Promise<void>;
  /** It does. */
  letsIn(creatorId: string): Promise<void>;
  /** The site fails. Returns until when nobody asks anything of it (ms since the epoch). */
  openBreaker(creatorId: string, why: string): Promise<number>;
  /** How the probe of a half-open breaker ended, if not badly; `holder`: of its slot. */
  endProbe(holder: string, isWell: boolean): Promise<void>;
  /** The site isn't what this version knows. Returns what is made of it. */
  changed(sighting: Omit<MisfitSighting, 'version'>): Promise<Drift>;
}
