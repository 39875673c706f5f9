// npm run cost: what the stack would cost in a month, from its template and a table of prices.
import { fail } from '@huntaze/local/cli/fail';
import { answerTo } from './answer.ts';
import { readCostArguments, usage } from './arguments.ts';
import { asJson, printed } from './print.ts';

try {
  const args = readCostArguments(process.argv.slice(2));
  if (args === undefined) console.log(usage());
  else {
    const answer = answerTo(args);
    console.log(args.json ? JSON.stringify(asJson(answer), null, 2) : printed(answer).join('\n'));
  }
} catch (error) {
  fail(error);
}
