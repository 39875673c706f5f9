/** The CDK app as the CLI runs it. */
import { pipelineApp } from './app.ts';
import { builtArtefacts } from './artefacts.ts';
import { ContextError } from './context.ts';

try {
  pipelineApp(builtArtefacts()).app.synth();
} catch (error) {
  if (!(error instanceof ContextError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
