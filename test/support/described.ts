import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** An OpenAPI 3.1 document, as far as answers go. */
export interface Description {
  paths: Record<
    string,
    Record<string, { responses: Record<string, { content?: Record<string, { schema?: object }> }> }>
  >;
  components: { schemas: Record<string, object> };
}

/** One answer that was given. */
export interface Given {
  method: string;
  path: string;
  status: number;
  contentType: string | null;
  json: unknown;
}

/**
 * Holds answers to the description of the API.
 * @returns what is wrong with an answer, in words; undefined: it is as described
 */
export function judgeOf({ paths, components }: Description): (given: Given) => string | undefined {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const compiled = new Map<string, ValidateFunction>();
  // What has no parameter where another has one is meant first.
  const templates = Object.keys(paths).toSorted((a, b) => a.split('{').length - b.split('{').length);
  const patterns = templates.map(
    template => [template, new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`)] as const,
  );

  return ({ method, path, status, contentType, json }) => {
    const [bare = ''] = path.split('?');
    const said = `${method} ${bare} ${status}`;
    const [template] = patterns.find(([, pattern]) => pattern.test(bare)) ?? [];
    const operation = template === undefined ? undefined : paths[template]?.[method.toLowerCase()];
    // Who asks for what there isn't is told so in the same words everywhere.
    const answer = operation?.responses[String(status)];
    if (operation !== undefined && answer === undefined) return `${said}: no such answer is described`;
    if (operation === undefined && status !== 404 && status !== 405) return `${said}: not described`;
    const [type = ''] = (contentType ?? '').split(';');
    const schema = operation === undefined ? components.schemas['Problem'] : answer?.content?.[type]?.schema;
    if (answer?.content && !(type in answer.content)) return `${said}: ${type} is not described`;
    if (schema === undefined) return undefined;
    const key = `${template} ${method} ${status} ${type}`;
    const validate = compiled.get(key) ?? ajv.compile({ ...schema, components });
    compiled.set(key, validate);
    return validate(json) ? undefined : `${said}: ${ajv.errorsText(validate.errors)}`;
  };
}
