import { alarmsOf, type Places } from '@huntaze/core/alarms';
import { QUEUES, SERVICES } from '@huntaze/core/names';

/** What the pipeline's parts are called on one machine. */
export const PLACES: Places = {
  queues: QUEUES,
  functions: {
    limiter: SERVICES.limiter,
    standIn: 'huntaze-stand-in',
    resuming: 'huntaze-resume-rotations',
  },
  cluster: 'local',
  service: 'scraper',
  cache: 'local',
  api: { loadBalancer: 'local', targets: 'local' },
};

/** All that there are in AWS; those that one machine can't tell are listed, and say why. */
export const PIPELINE_ALARMS = alarmsOf({ cacheNodes: 1, hasApi: true });
