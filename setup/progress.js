/** @typedef {import('./run.js').Context} Context */

/** Work shorter than this, in milliseconds, is not worth a word. */
const QUIET_MS = 2_000;

/**
 * Does `work` and, if it takes long, tells what is being done and in the end how long it took.
 * @template T
 * @param {Context} context
 * @param {string} label like "installing Node 24"
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function progress({ say }, label, work) {
  const started = performance.now();
  let told = false;
  const timer = setTimeout(() => {
    told = true;
    say(`${label} …`);
  }, QUIET_MS);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (told) say(`${label}: ${Math.round((performance.now() - started) / 1_000)} s`);
  }
}
