import { App, Validations, type AppProps } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import type { Artefacts } from './artefacts.ts';
import { readContext } from './context.ts';
import { Pipeline } from './pipeline.ts';

/**
 * The app: one stack for a stage, judged while it is synthesized by AWS's own validator and by cdk-nag.
 * @throws ContextError with one line, when what it is told of the installation doesn't fit
 */
export function pipelineApp(artefacts: Artefacts, props: AppProps = {}): { app: App; stack: Pipeline } {
  const app = new App(props);
  const context = readContext(app.node.getAllContext() as Record<string, unknown>);
  const stack = new Pipeline(app, `huntaze-${context.stage}`, { context, artefacts });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
  return { app, stack };
}
