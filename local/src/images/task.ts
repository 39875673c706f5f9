import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { StartError } from '../supervisor/errors.ts';
import { PROJECT_ROOT } from '../supervisor/tools.ts';

/** The stored template of the installation that has both images. */
const TEMPLATE = 'infra/judges/stored/dev-with-api.json';

const container = z.object({
  Name: z.string(),
  User: z.string().check(z.regex(/^[1-9]\d*:[1-9]\d*$/)),
  ReadonlyRootFilesystem: z.literal(true),
  LinuxParameters: z.object({
    Capabilities: z.object({ Drop: z.tuple([z.literal('ALL')]) }),
    InitProcessEnabled: z.literal(true),
  }),
  MountPoints: z.tuple([z.object({ ContainerPath: z.literal('/tmp'), ReadOnly: z.literal(false) })]),
  HealthCheck: z.object({ Command: z.tuple([z.literal('CMD')], z.string()) }),
  Environment: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  Ulimits: z.optional(z.tuple([z.object({ Name: z.literal('nofile'), SoftLimit: z.number() })])),
});
const template = z.object({
  Resources: z.record(
    z.string(),
    z.object({
      Type: z.string(),
      Properties: z.optional(z.object({ ContainerDefinitions: z.optional(z.unknown()) })),
    }),
  ),
});

/** How a task runs its container, as far as the machine matters: no root, no capability, one place to write. */
export interface Task {
  uid: number;
  gid: number;
  /** The command that tells whether it is well, without a shell. */
  health: string[];
  /** What it is told in words; what only AWS knows (addresses, ARNs) is left out. */
  environment: Record<string, string>;
  /** How many files it may have open; undefined: as many as the platform lets it. */
  openFiles: number | undefined;
}

/**
 * Reads the task definition of one of our containers out of the stored template.
 * @throws StartError when it is another than what `container.ts` does
 */
export function taskOf(name: 'scraper' | 'api'): Task {
  const { Resources } = z.parse(template, JSON.parse(readFileSync(join(PROJECT_ROOT, TEMPLATE), 'utf8')));
  const definitions = Object.values(Resources)
    .filter(({ Type }) => Type === 'AWS::ECS::TaskDefinition')
    .flatMap(({ Properties }) => Properties?.ContainerDefinitions as unknown[]);
  const found = definitions.find(one => (one as { Name: string }).Name === name);
  const parsed = z.safeParse(container, found);
  if (!parsed.success)
    throw new StartError(
      `the task definition of ${name} in ${TEMPLATE} is not what the trial can start: ` +
        parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`).join('; '),
    );
  const { User, HealthCheck, Environment, Ulimits } = parsed.data;
  const [uid = 0, gid = 0] = User.split(':').map(Number);
  return {
    uid,
    gid,
    health: HealthCheck.Command.slice(1),
    environment: Object.fromEntries(
      Environment.flatMap(({ Name, Value }) => (typeof Value === 'string' ? [[Name, Value]] : [])),
    ),
    openFiles: Ulimits?.[0].SoftLimit,
  };
}
