import { resources, type Resource, type Template } from '../synthesized.ts';
import { madeUpName, type Place } from './names.ts';
import { policyOf, type Policy } from './policies.ts';
import { Deployed, Unresolved } from './resolve.ts';

type Json = Record<string, unknown>;

const HERE = { partition: 'aws', region: 'eu-west-1', account: '111122223333' };
/** Another account, which has no business here. */
export const STRANGER = '444455556666';

/** A role, or a policy that is given to one. */
export interface Role {
  /** Its logical id. */
  id: string;
  arn: string;
  /** What it may do. @throws where the template doesn't say all of it */
  policies(): Policy[];
  /** Who may assume it. */
  trust?: Policy;
}

/** What runs code: as whom, and what the code is told. */
export interface Process {
  role: Role;
  /** One of its variables. @throws Unresolved */
  variable(name: string): string;
  logGroupArn: string;
  /** Of a function. */
  functionArn?: string;
  isInVpc: boolean;
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** A template as it is once deployed, read for who may do what. */
export class Installation {
  readonly context: Record<string, string>;
  readonly template: Template;
  readonly place: Place;
  readonly #deployed: Deployed;

  /** @param template of this context, or one that was changed to see what is noticed */
  constructor(context: Record<string, string>, template: Template) {
    this.context = context;
    this.template = template;
    this.place = { ...HERE, stackName: `huntaze-${context['stage'] ?? 'prod'}` };
    this.#deployed = new Deployed(template, this.place);
  }

  /** @throws Unresolved */
  text(value: unknown): string {
    return this.#deployed.text(value);
  }

  /** A policy's document. @throws Unresolved */
  policy(document: unknown, about?: string): Policy {
    return policyOf(this.#deployed.value(document), about);
  }

  /** An attribute, or `Ref`, of a resource. @throws Unresolved */
  of(id: string, attribute = 'Ref'): string {
    return this.#deployed.of(id, attribute);
  }

  /** Something of this region and account, whether or not it is ours. */
  arn(service: string, resource: string, account = this.place.account): string {
    const { partition, region } = this.place;
    return `arn:${partition}:${service}:${region}:${account}:${resource}`;
  }

  get rootArn(): string {
    return `arn:${this.place.partition}:iam::${this.place.account}:root`;
  }

  roleArn(name: string, account = this.place.account): string {
    return `arn:${this.place.partition}:iam::${account}:role/${name}`;
  }

  /** The resources of a type, with their properties. */
  all(type: string): { id: string; properties: Json }[] {
    return resources(this.template, type).map(([id, { Properties = {} }]) => ({
      id,
      properties: Properties,
    }));
  }

  /** The one resource of a type that fits. */
  one(
    type: string,
    fits: (properties: Json, id: string) => boolean = () => true,
  ): { id: string; properties: Json } {
    const found = this.all(type).filter(({ id, properties }) => fits(properties, id));
    if (found.length === 1) return found[0]!;
    throw new Unresolved(`${type}: ${found.length} fit, not one`);
  }

  functionNamed(name: string): Process {
    const { id, properties } = this.one('AWS::Lambda::Function', ({ FunctionName }) => FunctionName === name);
    return this.#functionOf(id, properties);
  }

  /** The function of a resource that isn't named by us. */
  functionOf(id: string): Process {
    return this.#functionOf(id, this.#properties(id));
  }

  #functionOf(id: string, { Role, Environment, VpcConfig, LoggingConfig, FunctionName }: Json): Process {
    const variables = (Environment as { Variables?: Json } | undefined)?.Variables ?? {};
    const name = FunctionName === undefined ? madeUpName(this.place.stackName, id) : this.text(FunctionName);
    const logGroup = (LoggingConfig as { LogGroup?: unknown } | undefined)?.LogGroup;
    return {
      role: this.role(Role),
      variable: variable => this.text(variables[variable]),
      functionArn: this.of(id, 'Arn'),
      // Where it isn't told another one, Lambda writes to that of its name.
      logGroupArn: this.arn(
        'logs',
        `log-group:${logGroup === undefined ? `/aws/lambda/${name}` : this.text(logGroup)}`,
      ),
      isInVpc: VpcConfig !== undefined,
    };
  }

  /** A task by the name of its container: as itself, and as what ECS does for it before it runs. */
  task(name: string): { itself: Process; execution: Process; repositoryArn: string } {
    const isIt = ({ ContainerDefinitions }: Json) => (ContainerDefinitions as Json[])[0]!['Name'] === name;
    const { properties } = this.one('AWS::ECS::TaskDefinition', isIt);
    const [container = {}] = properties['ContainerDefinitions'] as Json[];
    const variables = (container['Environment'] ?? []) as { Name: string; Value: unknown }[];
    const { Options } = container['LogConfiguration'] as { Options: Json };
    const common = {
      variable: (variable: string) => this.text(variables.find(({ Name }) => Name === variable)?.Value),
      logGroupArn: this.arn('logs', `log-group:${this.text(Options['awslogs-group'])}`),
      isInVpc: true,
    };
    const image = /^(?<account>\d+)\.dkr\.ecr\.[^/]+\/(?<repository>[^:@]+)/.exec(
      this.text(container['Image']),
    )?.groups;
    return {
      itself: { ...common, role: this.role(properties['TaskRoleArn']) },
      execution: { ...common, role: this.role(properties['ExecutionRoleArn']) },
      repositoryArn: this.arn('ecr', `repository/${image!['repository']}`, image!['account']),
    };
  }

  /** The role that an ARN in the template names. */
  role(arn: unknown): Role {
    const id = (arn as { 'Fn::GetAtt'?: [string, string] })['Fn::GetAtt']?.[0];
    if (id === undefined) throw new Unresolved(`${JSON.stringify(arn)} is no role of the template`);
    const properties = this.#properties(id);
    const roleArn = this.of(id, 'Arn');
    return {
      id,
      arn: roleArn,
      policies: once(() => this.#policiesOf(id, properties)),
      trust: this.policy(properties['AssumeRolePolicyDocument'], roleArn),
    };
  }

  #policiesOf(id: string, { ManagedPolicyArns = [], Policies = [] }: Json): Policy[] {
    const isRole = (one: unknown) => (one as { Ref?: string }).Ref === id;
    const attached = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
      .flatMap(type => this.all(type))
      .filter(({ properties: { Roles = [] } }) => (Roles as unknown[]).some(isRole))
      .map(({ properties }) => properties['PolicyDocument']);
    const inline = (Policies as Json[]).map(({ PolicyDocument }) => PolicyDocument);
    const managed = (ManagedPolicyArns as unknown[]).map(arn => this.#managed(id, arn));
    return [...attached, ...inline, ...managed].map(document => this.policy(document));
  }

  #managed(roleId: string, arn: unknown): unknown {
    const id = (arn as { Ref?: string }).Ref;
    if (id !== undefined && this.template.Resources[id]) return this.#properties(id)['PolicyDocument'];
    throw new Unresolved(`${roleId} has ${this.text(arn)}: what that allows the template does not say`);
  }

  /** A policy that whoever made the installation may give to a role. */
  givenTo(roleName: string, policyId: string): Role {
    const document = this.#properties(policyId)['PolicyDocument'];
    return {
      id: policyId,
      arn: this.roleArn(roleName),
      policies: once(() => [this.policy(document)]),
    };
  }

  #properties(id: string): Json {
    const resource: Resource | undefined = this.template.Resources[id];
    if (!resource) throw new Unresolved(`${id}: there is no such resource`);
    return resource.Properties ?? {};
  }
}
