import path from 'node:path';
import { aptInstall } from './apt.js';
import { downloadChromium, downloadedChromium } from './browser.js';
import { isExecutable } from './found.js';
import { onPath, versionOf } from './machine.js';
import { firstGood, missingLine } from './plan.js';
import { SetupError } from './run.js';

/** @typedef {import('./run.js').Context} Context */
/** @typedef {import('./machine.js').Machine} Machine */
/** @typedef {import('./found.js').Program} Program */
/** @typedef {import('./plan.js').Candidate} Candidate */
/** @typedef {import('./plan.js').Requirement} Requirement */

/**
 * Finds a program that runs: the one that a variable names and no other; else one on this machine; else one got in
 * the ways there are.
 * @param {Context} context
 * @param {Machine} machine
 * @param {Requirement} requirement
 * @param {Promise<void>} modules settles when the node modules, Playwright's among them, are there or are not to be
 * @returns {Promise<Program>}
 * @throws SetupError with the one line for a person, when there is none to be had
 */
export async function provide(context, machine, requirement, modules) {
  const named = context.env[requirement.variable];
  const candidates = named
    ? [await tried(context, path.resolve(named), 'env')]
    : await installed(context, requirement);
  /** @type {string[]} */
  const failures = [];
  for (const way of named ? [] : requirement.ways(machine)) {
    if (firstGood(requirement, candidates)) break;
    if (way === 'apt') {
      failures.push(...(await aptInstall(context, machine, requirement.aptPackage)));
      candidates.push(...(await installed(context, requirement)));
    } else {
      await modules;
      const before = await downloaded(context);
      if (!firstGood(requirement, before)) failures.push(...(await downloadChromium(context, machine)));
      candidates.push(...(await downloaded(context)));
    }
  }
  const program = firstGood(requirement, candidates);
  if (!program) throw new SetupError(missingLine(requirement, machine, candidates, failures));
  return program;
}

/**
 * What is on PATH or in a known place, best first.
 * @param {Context} context
 * @param {Requirement} requirement
 */
function installed(context, { names, places }) {
  const files = [...onPath(context.env, names), ...places.filter(isExecutable)];
  return Promise.all(files.map(file => tried(context, file, 'path')));
}

/** @param {Context} context */
async function downloaded(context) {
  const files = await downloadedChromium(context);
  return Promise.all(files.map(file => tried(context, file, 'playwright')));
}

/**
 * @param {Context} context
 * @param {string} file
 * @param {Program['from']} from
 * @returns {Promise<Candidate>}
 */
const tried = async (context, file, from) => ({ path: file, from, ...(await versionOf(context, file)) });
