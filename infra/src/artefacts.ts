import { ARTEFACTS, apiImage } from '@huntaze/local/supervisor/artefacts';

/** What `npm run build` makes, and is deployed. */
export interface Artefacts {
  /** Bundles of functions, each in a folder of its own. */
  limiter: string;
  standIn: string;
  rotateRedisAuth: string;
  rotateCredentials: string;
  resumeRotations: string;
  /** Folders with a Dockerfile. */
  scraperImage: string;
  apiImage: string;
}

/** What was built last. */
export function builtArtefacts(): Artefacts {
  const { limiter, standIn, rotateRedisAuth, rotateCredentials, resumeRotations, scraper } = ARTEFACTS;
  return {
    limiter,
    standIn,
    rotateRedisAuth,
    rotateCredentials,
    resumeRotations,
    scraperImage: scraper,
    apiImage: apiImage(),
  };
}
