import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { startTestAws, type TestAws } from '@huntaze/local/aws/test-clients';
import { rotate, type Rotation, type Secrets } from './rotate.ts';

const FUNCTION_ARN = 'arn:aws:lambda:us-east-1:000000000000:function:rotate';
/** A rotation's steps, in their order. */
export const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;
type Step = (typeof STEPS)[number];

/** The version that is made. */
export const TOKEN = 'aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb';

/** A Secrets Manager with a secret whose rotation has begun, and whose steps the test takes. */
export interface RotatingSecret {
  aws: TestAws;
  secrets: SecretsManagerClient;
  arn: string;
  said: string[];
  /** One step, as Lambda would be asked for it; with `through`, by way of another client. */
  step(rotation: Rotation, step: Step, through?: Secrets): Promise<void>;
  event(step: string): { Step: string; SecretId: string; ClientRequestToken: string };
  /** What the version with this label holds; undefined where there is none, or it has no value. */
  value(label: string): Promise<string | undefined>;
  /** The labels of the version that is made. */
  labels(): Promise<string[] | undefined>;
}

/** Starts it on any free port. */
export async function startRotatingSecret(
  name: string,
  value: string,
  queues: { name: string }[] = [],
): Promise<RotatingSecret> {
  const aws = await startTestAws({
    queues,
    secrets: [{ name, value }],
    // Secrets Manager's own attempt fails; its next would come when the clock is moved.
    rotationFunctions: { [FUNCTION_ARN]: () => Promise.reject(new Error('the test takes the steps')) },
    onRotation: () => undefined,
  });
  const { secrets } = aws;
  const rules = { RotationLambdaARN: FUNCTION_ARN, RotationRules: { AutomaticallyAfterDays: 30 } };
  const { ARN: arn = '' } = await secrets.send(
    new RotateSecretCommand({ SecretId: name, ClientRequestToken: TOKEN, ...rules }),
  );
  const said: string[] = [];
  const event = (step: string) => ({ Step: step, SecretId: arn, ClientRequestToken: TOKEN });
  return {
    aws,
    secrets,
    arn,
    said,
    event,
    step: (rotation, step, through = secrets) =>
      rotate(through, rotation, event(step), message => void said.push(`${step}: ${message}`)),
    value: label =>
      secrets.send(new GetSecretValueCommand({ SecretId: arn, VersionStage: label })).then(
        ({ SecretString }) => SecretString,
        () => undefined,
      ),
    labels: async () =>
      (await secrets.send(new DescribeSecretCommand({ SecretId: arn }))).VersionIdsToStages?.[TOKEN],
  };
}

/** All four steps, in order. */
export async function allSteps(it: RotatingSecret, rotation: Rotation): Promise<void> {
  for (const step of STEPS) await it.step(rotation, step);
}

/**
 * Ports whose caller dies after so many calls to any of them: the last one was made, and its answer is lost.
 * @returns wraps a port
 */
export function breakingOff(calls: number): <Port extends object>(port: Port) => Port {
  let left = calls;
  return port =>
    new Proxy(port, {
      get(target, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return async (...args: unknown[]) => {
          if (left <= 0) throw new Error('dead by now');
          const answer: unknown = await Reflect.apply(method, target, args);
          left -= 1;
          if (left === 0) throw new Error('broken off');
          return answer;
        };
      },
    });
}
