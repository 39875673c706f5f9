import { Duration } from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';

/** The images' own user, of no special rights. */
const USER = '1000:1000';

export interface TaskProps {
  /** Of the container. */
  name: string;
  cpu: number;
  memoryMiB: number;
  /** A folder with a Dockerfile. */
  imageContext: string;
  environment: Record<string, string>;
  logging: ecs.LogDriver;
  /** Where, on 127.0.0.1, the process says whether it is well: `8081/health`. */
  health: string;
  /** For the first so many seconds it needn't be. */
  startSeconds: number;
  /** Between SIGTERM and SIGKILL. */
  stopTimeout: Duration;
  ulimits?: ecs.Ulimit[];
  portMappings?: ecs.PortMapping[];
}

/**
 * A task as all of ours are: one container on arm64, of no root and no capability of Linux, whose file system can't be
 * written but for `/tmp`.
 */
export function task(scope: Construct, props: TaskProps): ecs.FargateTaskDefinition {
  const definition = new ecs.FargateTaskDefinition(scope, 'Task', {
    cpu: props.cpu,
    memoryLimitMiB: props.memoryMiB,
    runtimePlatform: {
      cpuArchitecture: ecs.CpuArchitecture.ARM64,
      operatingSystemFamily: ecs.OperatingSystemFamily.LINUX,
    },
    volumes: [{ name: 'tmp' }],
  });
  const container = definition.addContainer(props.name, {
    image: ecs.ContainerImage.fromAsset(props.imageContext, { platform: Platform.LINUX_ARM64 }),
    user: USER,
    readonlyRootFilesystem: true,
    linuxParameters: withoutRights(scope),
    ...(props.ulimits && { ulimits: props.ulimits }),
    ...(props.portMappings && { portMappings: props.portMappings }),
    stopTimeout: props.stopTimeout,
    healthCheck: {
      command: [
        'CMD',
        'node',
        '-e',
        `fetch('http://127.0.0.1:${props.health}',{signal:AbortSignal.timeout(4000)}).then(a=>process.exit(a.ok?0:1),()=>process.exit(1))`,
      ],
      interval: Duration.seconds(30),
      timeout: Duration.seconds(10),
      retries: 3,
      startPeriod: Duration.seconds(props.startSeconds),
    },
    logging: props.logging,
    environment: props.environment,
  });
  container.addMountPoints({ containerPath: '/tmp', sourceVolume: 'tmp', readOnly: false });
  return definition;
}

/** No capability of Linux, and somebody who reaps what a crashed child leaves. */
function withoutRights(scope: Construct): ecs.LinuxParameters {
  const parameters = new ecs.LinuxParameters(scope, 'Linux', { initProcessEnabled: true });
  parameters.dropCapabilities(ecs.Capability.ALL);
  return parameters;
}
