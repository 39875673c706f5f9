/**
 * A runtime for tests: the loop that AWS documents for custom runtimes, and a function that does what the body
 * of its first message says. RUNTIME_INIT says how it starts.
 * https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html
 */
const base = `http://${process.env['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime`;
const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${base}/${path}`, { method: 'POST', body, headers });
  return `${response.status} ${await response.text()}`;
};

switch (process.env['RUNTIME_INIT']) {
  case 'error':
    await post('init/error', JSON.stringify({ errorType: 'ImportError', errorMessage: 'no such module' }));
    process.exit(1);
  case 'exit':
    process.exit(4);
  case 'hang':
    await new Promise(resolve => setTimeout(resolve, 60_000));
}

for (let invocation = 1; ; invocation += 1) {
  const next = await fetch(`${base}/invocation/next`);
  const id = next.headers.get('lambda-runtime-aws-request-id') ?? '';
  const { Records } = (await next.json()) as { Records: { body: string }[] };
  const path = `invocation/${id}`;
  switch (Records[0]?.body) {
    case 'fail':
      await post(`${path}/error`, JSON.stringify({ errorType: 'TypeError', errorMessage: 'broken' }));
      continue;
    case 'hang':
      await new Promise(resolve => setTimeout(resolve, 60_000));
      break;
    case 'exit':
      process.exit(3);
    case 'text':
      await post(`${path}/response`, 'no JSON');
      continue;
    case 'large':
      await post(`${path}/response`, `"${'x'.repeat(6 * 1_024 * 1_024)}"`);
      continue;
    case 'last':
      await post(`${path}/response`, 'null');
      process.exit(0);
    case 'keep':
      await post(`${path}/response`, '{"batchItemFailures":[{"itemIdentifier":""}]}');
      continue;
    default: {
      const told = { pid: process.pid, invocation, headers: Object.fromEntries(next.headers) };
      await post(`${path}/response`, JSON.stringify(told));
    }
  }
}
