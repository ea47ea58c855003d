/** Everything about the package that can be checked without Electron's binary. */

import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** What electron-builder's fuses must say: no Node, no inspection, nothing but our archive. */
const FUSES = {
  runAsNode: false,
  enableCookieEncryption: true,
  enableNodeOptionsEnvironmentVariable: false,
  enableNodeCliInspectArguments: false,
  enableEmbeddedAsarIntegrityValidation: true,
  onlyLoadAppFromAsar: true,
  grantFileProtocolExtraPrivileges: false,
};
const TARGETS = ['linux', 'mac', 'win'];
/** Native modules must be there for each platform that we build for. */
const PREBUILDS = {
  keytar: ['linux-x64', 'darwin-arm64', 'darwin-x64', 'win32-x64'],
  '@signalapp/sqlcipher': ['linux-x64', 'darwin-arm64', 'darwin-x64', 'win32-x64'],
};

/** app-builder-lib, from where electron-builder finds it (internal path: pinned to 26.17.0). */
function builderLibrary() {
  const builder = createRequire(join(ROOT, 'node_modules', 'electron-builder', 'package.json'));
  return createRequire(builder.resolve('app-builder-lib'));
}

/** @returns {Record<string, any>} the configuration @throws where the text is not YAML */
export function parseConfig(text) {
  return builderLibrary()('js-yaml').load(text);
}

export const readConfig = () => parseConfig(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8'));

/** @throws Error with electron-builder's own words where its schema refuses the configuration */
export async function checkSchema(config) {
  const lib = builderLibrary();
  const { validateConfiguration } = lib('app-builder-lib/out/util/config/config');
  await validateConfiguration(config, new (lib('builder-util').DebugLogger)(false));
}

/** Width and height of a PNG file. */
function pngSize(file) {
  const head = readFileSync(file).subarray(0, 24);
  if (head.length < 24 || head.toString('latin1', 1, 4) !== 'PNG') throw new Error(`${file} is no PNG file.`);
  return [head.readUInt32BE(16), head.readUInt32BE(20)];
}

/** @returns {string[]} one sentence a fault; none where all is well */
export function faultsOf(config) {
  const faults = [];
  for (const [fuse, value] of Object.entries(FUSES))
    if (config.electronFuses?.[fuse] !== value) faults.push(`The fuse ${fuse} must be ${value}.`);
  for (const target of TARGETS) {
    if (!(config[target]?.target?.length > 0)) faults.push(`There is no target for ${target}.`);
    const icon = config[target]?.icon;
    if (icon === undefined || !existsSync(join(ROOT, icon))) faults.push(`The icon of ${target} is missing.`);
  }
  if (config.asar !== true) faults.push('The files must be in an archive (asar).');
  if (!(config.asarUnpack ?? []).some((p) => p.includes('.node')))
    faults.push('Native modules must be unpacked from the archive.');
  if (config.npmRebuild !== false) faults.push('Native modules are prebuilt: npmRebuild must be false.');
  return [...faults, ...iconFaults(config), ...prebuildFaults()];
}

function iconFaults(config) {
  const folder = join(ROOT, config.linux?.icon ?? 'assets/icons');
  const files = existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith('.png')) : [];
  const faults = files
    .filter((f) => {
      const [width, height] = pngSize(join(folder, f));
      return f !== `${width}x${height}.png`;
    })
    .map((f) => `The icon ${f} is not of the size that it is named for.`);
  for (const size of [16, 32, 48, 256, 512])
    if (!files.includes(`${size}x${size}.png`)) faults.push(`The icon of ${size} x ${size} is missing.`);
  return faults;
}

function prebuildFaults() {
  return Object.entries(PREBUILDS).flatMap(([name, platforms]) =>
    platforms
      .filter((p) => !existsSync(join(ROOT, 'node_modules', name, 'prebuilds', p)))
      .map((p) => `${name} has no binary for ${p}.`),
  );
}

/** Files that the package cannot do without, once built. @returns {string[]} those that are missing */
export function missingFiles() {
  const { main } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return [main, 'dist/preload/preload.cjs', 'dist/renderer/index.html', 'assets/tray/tray.png', 'LICENSE'].filter(
    (f) => !existsSync(join(ROOT, f)),
  );
}

/** Patterns of the file list that match nothing. */
export function emptyPatterns(config) {
  return (config.files ?? []).filter((p) => !p.startsWith('!')).filter((pattern) => !matchesSomething(pattern));
}

function matchesSomething(pattern) {
  // Node 20 has no glob: the part before the first wildcard must exist, which is what a renamed folder breaks.
  const fixed = pattern.split('/').slice(0, pattern.split('/').findIndex((part) => /[*{?]/.test(part)) >>> 0).join('/'); // prettier-ignore
  return existsSync(join(ROOT, fixed));
}
