/**
 * Loaded into a runtime's process ahead of everything else: ends it when the process that started it is gone,
 * however that ended. Its standard input is a pipe from there, on which nothing ever comes but the end.
 */
process.stdin.once('end', () => process.exit(1)).once('error', () => process.exit(1));
process.stdin.resume();
// It is no reason to stay alive.
(process.stdin as unknown as { unref(): void }).unref();
