import { endpoints } from '../endpoints.ts';
import { Mark } from './ui/mark.tsx';
import { openApi } from '../http/openapi.ts';

interface Operation {
  tags: [string];
  summary: string;
  description: string;
  parameters: { name: string; in: string; required: boolean; description?: string; schema: object }[];
  requestBody?: { description: string; content: { 'application/json': { schema: object } } };
  responses: Record<string, { description: string; content?: Record<string, { schema?: object }> }>;
}

/** The description of the API for people, from the document that machines read. */
export function Docs() {
  const document = openApi(endpoints);
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method,
      operation: operation as Operation,
    })),
  );
  return (
    <main className="docs">
      <p className="mark">
        <Mark /> <a href="/">Huntaze</a>
      </p>
      <h1>The API</h1>
      <p>
        <Words>{document.info.description}</Words> For machines:{' '}
        <a href="/api/openapi.json">/api/openapi.json</a>.
      </p>
      <pre>
        {`curl -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
     -d '{"kind":"profile.scrape","creator_id":"creator-1","params":{}}' \\
     https://…/api/onlyfans/operations`}
      </pre>
      <nav>
        {document.tags.map(({ name }) => (
          <a key={name} href={`#${name}`}>
            {name}
          </a>
        ))}
      </nav>
      {document.tags.map(({ name }) => (
        <section key={name} id={name}>
          <h2>{name}</h2>
          {operations
            .filter(({ operation }) => operation.tags[0] === name)
            .map(one => (
              <One key={`${one.method} ${one.path}`} {...one} />
            ))}
        </section>
      ))}
    </main>
  );
}

function One({ path, method, operation }: { path: string; method: string; operation: Operation }) {
  const { summary, description, parameters, requestBody, responses } = operation;
  return (
    <details className="card">
      <summary>
        <code>
          <b>{method.toUpperCase()}</b> {path}
        </code>{' '}
        <span className="quiet">{summary}</span>
      </summary>
      <p>
        <Words>{description}</Words>
      </p>
      {parameters.length > 0 && (
        <table>
          <thead>
            <tr>
              <th>Parameter</th>
              <th>In</th>
              <th>Is</th>
            </tr>
          </thead>
          <tbody>
            {parameters.map(({ name, in: place, required, description: said, schema }) => (
              <tr key={name}>
                <td>
                  <code>{name}</code>
                </td>
                <td>
                  {place}
                  {required ? '' : ', optional'}
                </td>
                <td>{said ?? <code>{JSON.stringify(schema)}</code>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {requestBody && (
        <Schema title={`Body (${requestBody.description})`} {...requestBody.content['application/json']} />
      )}
      <table>
        <thead>
          <tr>
            <th>Answer</th>
            <th>Means</th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(responses).map(([status, response]) => (
            <tr key={status}>
              <td>{status}</td>
              <td>
                <Words>{response.description}</Words>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {Object.entries(responses)
        .filter(([status]) => Number(status) < 400)
        .map(([status, { content = {} }]) => (
          <Schema key={status} title={`What ${status} answers`} {...content['application/json']} />
        ))}
    </details>
  );
}

/** Words in which what stands between backticks is code. */
function Words({ children }: { children: string }) {
  return children.split('`').map((part, i) => (i % 2 === 1 ? <code key={part}>{part}</code> : part));
}

function Schema({ title, schema }: { title: string; schema?: object }) {
  if (schema === undefined) return null;
  return (
    <details>
      <summary>{title}</summary>
      <pre>{JSON.stringify(schema, null, 2)}</pre>
    </details>
  );
}
