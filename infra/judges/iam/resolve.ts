import type { Template } from '../synthesized.ts';
import { madeUpName, TYPES, type Place } from './names.ts';

/** Something in a template whose value isn't known here. Its message names it. */
export class Unresolved extends Error {
  override readonly name = 'Unresolved';
}

type Json = Record<string, unknown>;

/** A template as it is once deployed: values where it refers to something. Whatever isn't known throws, and never passes. */
export class Deployed {
  readonly template: Template;
  readonly place: Place;

  constructor(template: Template, place: Place) {
    this.template = template;
    this.place = place;
  }

  /** @throws Unresolved */
  value(of: unknown): unknown {
    if (Array.isArray(of)) return of.map(item => this.value(item));
    if (typeof of !== 'object' || of === null) return of;
    const entries = Object.entries(of);
    const [name, argument] = entries[0] ?? ['', undefined];
    if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::')))
      return this.#intrinsic(name, argument);
    return Object.fromEntries(entries.map(([key, item]) => [key, this.value(item)]));
  }

  /** @throws Unresolved also where it isn't a text */
  text(of: unknown): string {
    const value = this.value(of);
    if (typeof value === 'string') return value;
    throw new Unresolved(`${JSON.stringify(of)} is no text`);
  }

  /** `Ref`, or an attribute. @throws Unresolved */
  of(id: string, attribute = 'Ref'): string {
    const { partition, region, account, stackName } = this.place;
    const resource = this.template.Resources[id];
    if (!resource) throw new Unresolved(`${id}: there is no such resource`);
    const values = TYPES[resource.Type]?.({
      id,
      place: this.place,
      named: property => {
        const given = property === undefined ? undefined : resource.Properties?.[property];
        return given === undefined ? madeUpName(stackName, id) : this.text(given);
      },
      arn: (service, rest) => `arn:${partition}:${service}:${region}:${account}:${rest}`,
    });
    const value = values?.[attribute];
    if (value !== undefined) return value;
    throw new Unresolved(`${id} (${resource.Type}): its ${attribute} is not known`);
  }

  #intrinsic(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#pseudo(argument as string) ?? this.of(argument as string);
      case 'Fn::GetAtt': {
        const [id = '', ...attribute] =
          typeof argument === 'string' ? argument.split('.') : (argument as string[]);
        return this.of(id, attribute.join('.'));
      }
      case 'Fn::Join': {
        const [by, parts] = argument as [string, unknown];
        return (this.value(parts) as unknown[]).map(part => this.text(part)).join(by);
      }
      case 'Fn::Sub': {
        const [text, variables] = (Array.isArray(argument) ? argument : [argument, {}]) as [string, Json];
        return this.#substituted(text, variables);
      }
      case 'Fn::Select': {
        const [index, list] = argument as [number | string, unknown];
        const item = (this.value(list) as unknown[])[Number(index)];
        if (item === undefined) throw new Unresolved(`${JSON.stringify(argument)}: there is no such item`);
        return item;
      }
      case 'Fn::Split': {
        const [by, text] = argument as [string, unknown];
        return this.text(text).split(by);
      }
      default:
        throw new Unresolved(`${name} is not known: ${JSON.stringify(argument)}`);
    }
  }

  #pseudo(name: string): string | undefined {
    const { partition, region, account, stackName } = this.place;
    const known: Record<string, string> = {
      'AWS::Partition': partition,
      'AWS::Region': region,
      'AWS::AccountId': account,
      'AWS::StackName': stackName,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    return known[name];
  }

  /** `${!…}` stands for itself. */
  #substituted(text: string, variables: Json): string {
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, escaped: string, name: string) => {
      if (escaped) return `\${${name}}`;
      if (name in variables) return this.text(variables[name]);
      return this.text(name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name });
    });
  }
}
