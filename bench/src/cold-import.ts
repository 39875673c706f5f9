// node cold-import.ts FILE: prints how long it takes to import a module in a process that has imported nothing (ms).
import { pathToFileURL } from 'node:url';

const path = process.argv[2];
if (path === undefined) throw new Error('which file?');
const begun = performance.now();
await import(pathToFileURL(path).href);
console.log(performance.now() - begun);
process.exit();
