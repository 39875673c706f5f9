import { Stack, type CfnResource } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Context } from './context.ts';
import type { Logs } from './logs.ts';
import type { Stage } from './stage.ts';

/** As many as Redis's replica and a load balancer need. */
const ZONES = 2;
const HTTPS = ec2.Port.tcp(443);

/** What may be reached through the endpoints: the installation's own, whoever calls from within the VPC. */
export interface Reachable {
  queueArns: string[];
  bucketArns: string[];
  secretArns: string[];
}

/**
 * The VPC, made or one that exists: nothing in it is reached from outside but a load balancer that is told to be. The
 * browser needs a way out to the site, whatever the endpoints.
 */
export class Network extends Construct {
  readonly vpc: ec2.IVpc;
  /** Where tasks run: behind a NAT, or with a public address that nothing may call. */
  readonly taskSubnets: ec2.SubnetSelection;
  readonly assignPublicIp: boolean;
  /** Where functions and Redis are: nothing there has a public address. */
  readonly innerSubnets: ec2.SubnetSelection;
  /** Addresses within the VPC. */
  readonly cidr: string;
  readonly #stage: Stage;
  readonly #context: Context;

  constructor(
    scope: Construct,
    id: string,
    { stage, context, logs }: { stage: Stage; context: Context; logs: Logs },
  ) {
    super(scope, id);
    this.#stage = stage;
    this.#context = context;
    const { vpcId, availabilityZones, privateSubnetIds, privateRouteTableIds, publicSubnetIds } = context;
    if (vpcId !== undefined) {
      this.vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
        vpcId,
        availabilityZones: availabilityZones!,
        privateSubnetIds: privateSubnetIds!,
        privateSubnetRouteTableIds: privateRouteTableIds!,
        ...(publicSubnetIds && { publicSubnetIds }),
      });
      this.innerSubnets = { subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS };
      this.taskSubnets = this.innerSubnets;
      this.assignPublicIp = false;
      this.cidr = context.vpcCidr!;
      return;
    }
    const inner = stage.isPrivate ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PRIVATE_ISOLATED;
    const vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16'),
      maxAzs: ZONES,
      natGateways: stage.isPrivate ? ZONES : 0,
      restrictDefaultSecurityGroup: true,
      subnetConfiguration: [
        { name: 'Public', subnetType: ec2.SubnetType.PUBLIC, cidrMask: 22, mapPublicIpOnLaunch: false },
        { name: 'Inner', subnetType: inner, cidrMask: 20 },
      ],
    });
    this.#narrowDefaultGroupsCloser(logs);
    vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logs.group(this, 'FlowLogs', '/huntaze/network')),
      trafficType: ec2.FlowLogTrafficType.REJECT,
    });
    this.vpc = vpc;
    this.cidr = vpc.vpcCidrBlock;
    this.innerSubnets = { subnetType: inner };
    this.taskSubnets = { subnetType: stage.isPrivate ? inner : ec2.SubnetType.PUBLIC };
    this.assignPublicIp = !stage.isPrivate;
  }

  /**
   * CDK closes the VPC's default security group by a function of its own, whose role may write every log of the account,
   * and whose log is kept for ever: here it may write its own, which is like all of ours.
   */
  #narrowDefaultGroupsCloser(ofOurs: Logs): void {
    const provider = Stack.of(this).node.findChild('Custom::VpcRestrictDefaultSGCustomResourceProvider');
    const logGroup = ofOurs.group(this, 'DefaultGroupLogs', '/huntaze/default-security-group');
    const role = provider.node.findChild('Role') as CfnResource;
    role.addPropertyDeletionOverride('ManagedPolicyArns');
    role.addPropertyOverride('Policies.1', {
      PolicyName: 'Logs',
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'Logs',
            Effect: 'Allow',
            Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
            Resource: logGroup.logGroupArn,
          },
        ],
      },
    });
    (provider.node.findChild('Handler') as CfnResource).addPropertyOverride('LoggingConfig', {
      LogGroup: logGroup.logGroupName,
    });
  }

  /** A security group that is reached from nowhere and reaches nothing, until it is told. */
  securityGroup(scope: Construct, id: string, description: string): ec2.SecurityGroup {
    return new ec2.SecurityGroup(scope, id, {
      vpc: this.vpc,
      description,
      allowAllOutbound: false,
      disableInlineRules: true,
    });
  }

  /**
   * The endpoints of requirement 8.4, and what the stage adds, open for `callers` only.
   */
  addEndpoints(reachable: Reachable, callers: ec2.SecurityGroup[]): void {
    if (this.#context.createEndpoints === false) {
      // Where the endpoints that exist are isn't known.
      for (const caller of callers)
        caller.addEgressRule(ec2.Peer.anyIpv4(), HTTPS, 'AWS through its endpoints');
      return;
    }
    const isShared = this.#context.vpcId !== undefined;
    const group = this.securityGroup(this, 'Endpoints', 'Endpoints of AWS services');
    // Their names answer for everything in the VPC, not for ours alone.
    if (isShared) group.addIngressRule(ec2.Peer.ipv4(this.cidr), HTTPS, 'whoever is in the VPC');
    for (const caller of callers) {
      group.addIngressRule(caller, HTTPS, 'of the pipeline');
      caller.addEgressRule(group, HTTPS, 'AWS through its endpoints');
    }
    const { account, region, partition } = Stack.of(this);
    const anything = { actions: ['*'], resources: ['*'] };
    const policies: Record<string, (typeof anything)[]> = isShared
      ? {}
      : {
          sqs: [{ actions: ['sqs:*'], resources: reachable.queueArns }],
          secretsmanager: [
            { actions: ['secretsmanager:*'], resources: reachable.secretArns },
            { actions: ['secretsmanager:GetRandomPassword'], resources: ['*'] },
          ],
        };
    const { subnets } = this.vpc.selectSubnets(this.innerSubnets);
    for (const name of ['sqs', 'secretsmanager', ...this.#stage.endpoints]) {
      const endpoint = new ec2.InterfaceVpcEndpoint(this, name, {
        vpc: this.vpc,
        service: new ec2.InterfaceVpcEndpointAwsService(name),
        subnets: { subnets: subnets.slice(0, this.#stage.endpointZones) },
        securityGroups: [group],
        privateDnsEnabled: true,
        open: false,
      });
      for (const { actions, resources } of policies[name] ?? [anything])
        endpoint.addToPolicy(
          new iam.PolicyStatement({
            principals: [new iam.AnyPrincipal()],
            actions,
            resources,
            // Whoever is in the VPC: not with another account's keys.
            conditions: { StringEquals: { 'aws:PrincipalAccount': account } },
          }),
        );
    }
    const s3 = this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:*'],
        resources: isShared ? ['*'] : reachable.bucketArns.flatMap(arn => [arn, `${arn}/*`]),
        conditions: { StringEquals: { 'aws:PrincipalAccount': account } },
      }),
    );
    // ECR keeps the layers of images there; whoever pulls them shows no account. (What else is public in S3 in this region
    // isn't reached: the browser is told to load no pictures and no media.)
    s3.addToPolicy(
      new iam.PolicyStatement({
        principals: [new iam.AnyPrincipal()],
        actions: ['s3:GetObject'],
        resources: isShared ? ['*'] : [`arn:${partition}:s3:::prod-${region}-starport-layer-bucket/*`],
      }),
    );
  }
}
