import { dirname } from 'node:path';
import { ArnFormat, Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import type { Logs } from './logs.ts';
import type { Network } from './network.ts';
import { allow } from './permissions.ts';

/** What Lambda itself needs to put a function into a VPC, in the function's name. */
const NETWORK_INTERFACES = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

export interface FunctionProps {
  name: string;
  description: string;
  /** Its bundle: `…/index.mjs`, exporting `handler`. */
  bundle: string;
  environment: Record<string, string>;
  timeoutSeconds: number;
  memoryMb: number;
  logs: Logs;
  /** In the VPC's inner subnets, with this group; without, outside of any VPC. */
  inside?: { network: Network; group: ec2.SecurityGroup };
}

/** A function as all of ours are: Node 24 on arm64, its own role, its own log group. */
export function nodeFunction(scope: Construct, id: string, props: FunctionProps): lambda.Function {
  const { name, inside } = props;
  const role = new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
    description: props.description,
  });
  const logGroup = props.logs.group(scope, `${id}Logs`, `/aws/lambda/${name}`);
  allow(role, 'Logs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [logGroup.logGroupArn]);
  if (inside) allow(role, 'NetworkInterfaces', NETWORK_INTERFACES, ['*']);
  const made = new lambda.Function(scope, id, {
    functionName: name,
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    code: lambda.Code.fromAsset(dirname(props.bundle)),
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    environment: props.environment,
    role,
    logGroup,
    ...(inside && {
      vpc: inside.network.vpc,
      vpcSubnets: inside.network.innerSubnets,
      securityGroups: [inside.group],
    }),
  });
  if (inside)
    // Lambda makes the interfaces; the function's own code may not.
    role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'NetworkInterfacesNotByCode',
        effect: iam.Effect.DENY,
        actions: NETWORK_INTERFACES,
        resources: ['*'],
        conditions: {
          ArnEquals: {
            'lambda:SourceFunctionArn': made.stack.formatArn({
              service: 'lambda',
              resource: 'function',
              resourceName: name,
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
  return made;
}
