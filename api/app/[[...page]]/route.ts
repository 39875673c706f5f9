import { servePage } from '../../src/console/serve.tsx';

/** Whatever isn't the API is a page. */
export const GET = servePage;
