/** The build: page, main process with its hosts, preload. Skipped where nothing it reads has changed. */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DIST, ROOT } from './paths.mjs';

const SOURCES = [
  'src-main',
  'src-shared',
  'src-renderer',
  'scripts/lib/build.mjs',
  'vite.config.ts',
  'package-lock.json',
  'tsconfig.json',
];
const STAMP = join(DIST, '.stamp');
const LOCK = join(DIST, '.lock');
const LOCK_MS = 180_000;

/** Binary or resolved at run time: everything else is bundled, which halves the time to start. */
const EXTERNAL = ['electron', 'keytar', '@signalapp/sqlcipher', 'playwright-core'];
export const isExternal = (id) =>
  id.startsWith('node:') || builtinModules.includes(id) || EXTERNAL.some((name) => id === name || id.startsWith(`${name}/`));

async function filesUnder(path) {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOTDIR') return undefined;
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (entries === undefined) return [path];
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name));
}

/** SHA-256 over every source's path and content. */
export async function sourceStamp() {
  const files = (await Promise.all(SOURCES.map((s) => filesUnder(join(ROOT, s))))).flat().sort();
  const contents = await Promise.all(files.map((f) => readFile(f)));
  const hash = createHash('sha256');
  for (const [i, file] of files.entries()) hash.update(`${relative(ROOT, file)}\0${contents[i].length}\0`).update(contents[i]);
  return hash.digest('hex');
}

/** How long each plugin took is of no interest to whoever starts the app. */
const quiet = { rolldownOptions: { checks: { pluginTimings: false } } };

/** What vite needs to bundle sources for Node; the benches and fuzzers use it too. */
export const nodeBuild = ({ input, outDir, format = 'es', entryFileNames = '[name].js' }) => ({
  configFile: false,
  root: ROOT,
  logLevel: 'warn',
  publicDir: false,
  ssr: { noExternal: true, external: EXTERNAL, target: 'node' },
  build: {
    ssr: true,
    target: 'node20',
    outDir,
    emptyOutDir: true,
    minify: false,
    sourcemap: true,
    reportCompressedSize: false,
    rolldownOptions: {
      ...quiet.rolldownOptions,
      input,
      external: isExternal,
      platform: 'node',
      output: { format, entryFileNames, chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
});

/** One build at a time: two commands started together would empty each other's folders. A lock left behind ages out. */
async function locked(work) {
  await mkdir(DIST, { recursive: true });
  for (;;) {
    try {
      await mkdir(LOCK);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const age = await stat(LOCK).then(
        (s) => Date.now() - s.mtimeMs,
        () => 0,
      );
      if (age > LOCK_MS) await rm(LOCK, { recursive: true, force: true });
      else await sleep(100);
    }
  }
  try {
    return await work();
  } finally {
    await rm(LOCK, { recursive: true, force: true });
  }
}

const isCurrent = async (stamp) => (existsSync(STAMP) ? await readFile(STAMP, 'utf8') : '') === stamp;

/** Builds what is stale. @returns whether it built */
export async function build({ force = false, log = console.error } = {}) {
  const stamp = await sourceStamp();
  if (!force && (await isCurrent(stamp))) return false;
  return locked(async () => {
    if (!force && (await isCurrent(stamp))) return false;
    await buildAll(log);
    await writeFile(STAMP, stamp);
    return true;
  });
}

async function buildAll(log) {
  const started = performance.now();
  const vite = await import('vite');
  // One after another: vite's builds share the process's NODE_ENV.
  await vite.build({
    configFile: join(ROOT, 'vite.config.ts'),
    root: join(ROOT, 'src-renderer'),
    logLevel: 'warn',
    build: quiet,
  });
  const host = (path) => join(ROOT, 'src-main', path);
  await vite.build(
    nodeBuild({
      input: {
        main: host('main.ts'),
        headless: host('host/headless/main.ts'),
        chromium: host('host/chromium/main.ts'),
        open: host('host/chromium/open.ts'),
      },
      outDir: join(DIST, 'main'),
    }),
  );
  await vite.build(
    nodeBuild({
      input: { preload: host('host/electron/preload.ts') },
      outDir: join(DIST, 'preload'),
      format: 'cjs',
      entryFileNames: '[name].cjs',
    }),
  );
  log(`Built in ${Math.round(performance.now() - started)} ms.`);
}
