/** Bundles a TypeScript file of test/ for this Node and loads it: Node 20 does not run TypeScript by itself. */

import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeBuild } from './build.mjs';
import { OUT, ROOT } from './paths.mjs';

/** A bundle lies elsewhere than its sources, which look for their data beside themselves. */
const keepDirname = {
  name: 'keep-dirname',
  transform(code, id) {
    if (!id.startsWith(ROOT) || id.includes('node_modules') || !code.includes('import.meta.dirname')) return undefined;
    return { code: code.replaceAll('import.meta.dirname', JSON.stringify(dirname(id))), map: null };
  },
};

/** What looks for files beside itself stays where it is: loaded from scripts/, not bundled. */
const scriptsStay = {
  name: 'scripts-stay',
  enforce: 'pre',
  resolveId(source, importer) {
    if (!source.endsWith('.mjs') || !source.startsWith('.') || importer === undefined) return undefined;
    const path = join(dirname(importer), source);
    return path.startsWith(join(ROOT, 'scripts')) ? { id: pathToFileURL(path).href, external: true } : undefined;
  },
};

/**
 * @param {string} source from the root, e.g. `test/bench/index.ts`
 * @returns its module
 */
export async function runTypeScript(source) {
  const vite = await import('vite');
  const outDir = join(OUT, 'bundles', source.replace(/\W+/g, '-'));
  // Packages stay outside: what is measured or fuzzed is ours.
  const config = nodeBuild({ input: { index: join(ROOT, source) }, outDir });
  await vite.build({ ...config, ssr: {}, plugins: [scriptsStay, keepDirname] });
  return import(pathToFileURL(join(outDir, 'index.js')).href);
}
