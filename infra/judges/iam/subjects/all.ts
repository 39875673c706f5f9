import type { Installation } from '../installation.ts';
import type { Subject } from '../rows.ts';
import type { Things } from '../things.ts';
import { theApi } from './api.ts';
import { theEraser } from './eraser.ts';
import { theExecutionOf } from './execution.ts';
import { theLimiter } from './limiter.ts';
import { theEmptying, theFlowLog, theStandIn, theTrailsLog } from './operations.ts';
import { theReader } from './reader.ts';
import { theResumption, theRotationOfCredentials, theRotationOfRedisAuth } from './rotation.ts';
import { theScraper } from './scraper.ts';

/** Everybody who may do anything, with what that is. */
export function subjectsOf(it: Installation, things: Things): Subject[] {
  return [
    theLimiter(it, things),
    theScraper(it, things),
    theExecutionOf(it, things, 'scraper'),
    ...theApi(it, things),
    theRotationOfCredentials(it, things),
    ...theRotationOfRedisAuth(it, things),
    theResumption(it, things),
    theStandIn(it, things),
    theTrailsLog(it, things),
    ...theFlowLog(it, things),
    ...theEmptying(it, things),
    theReader(it, things),
    theEraser(it, things),
  ];
}
