// npm run build: the deployable artefacts, under dist/.
import { buildArtefacts } from '../supervisor/artefacts.ts';
import { fail } from './fail.ts';

try {
  await buildArtefacts(line => console.error(line), 'all');
} catch (error) {
  fail(error);
}
