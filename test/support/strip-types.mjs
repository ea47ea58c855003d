/** `node --import …/strip-types.mjs`: TypeScript without its types on Node 20, for the processes that tests kill. */

import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** A module loading hook (node:module). */
export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const { transformWithOxc } = await import('vite');
  const path = fileURLToPath(url);
  const { code } = await transformWithOxc(await readFile(path, 'utf8'), path);
  return { format: 'module', shortCircuit: true, source: code };
}

if (isMainThread) register(import.meta.url);
