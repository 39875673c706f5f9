import { join } from 'node:path';
import { PROJECT_ROOT } from '@huntaze/local/supervisor/tools';

/** The process "aws". */
export const LOCAL_AWS = join(PROJECT_ROOT, 'local/src/aws/main.ts');
