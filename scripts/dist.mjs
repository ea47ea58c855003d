/**
 * `npm run dist [-- linux mac win]`: the packages, in release/. Everything that does not need Electron's binary is
 * checked first. Exit codes: 1 a check failed, 3 all checks held but the binary cannot be had, 4 electron-builder failed.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { prepare, stop } from './lib/bootstrap.mjs';
import { ROOT } from './lib/paths.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const { checkSchema, emptyPatterns, faultsOf, missingFiles, readConfig } = await import('./lib/dist-checks.mjs');

const config = readConfig();
await checkSchema(config).catch((error) => stop(`electron-builder.yml is not valid: ${error.message}`));
console.log('ok      configuration (schema, fuses, icons, native modules)');
await build({ log: console.log });
const faults = [
  ...faultsOf(config),
  ...missingFiles().map((f) => `${f} is missing.`),
  ...emptyPatterns(config).map((p) => `The file list names ${p}, which matches nothing.`),
];
if (faults.length > 0) stop(faults.join('\n'));
console.log('ok      file list');

const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'electron', 'package.json'), 'utf8'));
if (!(await electronAvailable(version)))
  stop(
    `Everything else is checked, but Electron ${version} cannot be downloaded here: run npm run dist where github.com can be reached.`,
    3,
  );

const targets = process.argv.slice(2).filter((t) => ['linux', 'mac', 'win'].includes(t)).map((t) => `--${t}`); // prettier-ignore
const { status } = spawnSync(
  process.execPath,
  [join(ROOT, 'node_modules', 'electron-builder', 'cli.js'), ...targets, '--publish', 'never'],
  {
    cwd: ROOT,
    stdio: 'inherit',
  },
);
process.exit(status === 0 ? 0 : 4);

/** In a cache, or one request away. */
async function electronAvailable(wanted) {
  const caches = [
    process.env.ELECTRON_CACHE ?? process.env.electron_config_cache,
    join(homedir(), '.cache', 'electron'),
    join(homedir(), 'Library', 'Caches', 'electron'),
    join(process.env.LOCALAPPDATA ?? homedir(), 'electron', 'Cache'),
  ];
  for (const dir of caches)
    if (
      dir !== undefined &&
      existsSync(dir) &&
      readdirSync(dir, { recursive: true }).some((f) => f.includes(`electron-v${wanted}-`))
    )
      return true;
  const mirror = process.env.ELECTRON_MIRROR ?? 'https://github.com/electron/electron/releases/download/';
  return fetch(`${mirror}v${wanted}/SHASUMS256.txt`, { method: 'HEAD', signal: AbortSignal.timeout(10_000) }).then(
    (r) => r.ok,
    () => false,
  );
}
