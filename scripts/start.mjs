/** `npm start`: the app. `-- --demo`: with a server and somebody to talk to. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { isRoot, prepare, stop } from './lib/bootstrap.mjs';
import { hasDisplay } from './lib/display.mjs';
import { DIST, ROOT } from './lib/paths.mjs';

const { values } = parseArgs({
  options: {
    demo: { type: 'boolean', default: false },
    once: { type: 'boolean', default: false },
    profile: { type: 'string' },
    ca: { type: 'string', multiple: true, default: [] },
  },
});

if (values.demo) {
  const { demo } = await import('./demo.mjs');
  await demo({ once: values.once });
} else {
  await start();
}

/** Electron's own program, where its download was made; its package is never loaded (it would try to download). */
function electronBinary() {
  const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform] ?? 'electron';
  const dirs = [process.env.ELECTRON_OVERRIDE_DIST_PATH, join(ROOT, 'node_modules', 'electron', 'dist')];
  return dirs.filter((d) => d !== undefined && d !== '').map((d) => join(d, name)).find(existsSync); // prettier-ignore
}

async function start() {
  if (process.platform === 'linux' && !hasDisplay())
    stop('There is no display: start Signet in a desktop session, or try npm start -- --demo --once, which needs none.');
  await prepare();
  const electron = electronBinary();
  if (electron === undefined) await prepare({ programs: ['chromium'] });
  const { build } = await import('./lib/build.mjs');
  await build();
  const args = [
    ...(values.profile === undefined ? [] : ['--profile', values.profile]),
    ...values.ca.flatMap((file) => ['--ca', file]),
  ];
  if (electron === undefined) {
    console.error('Electron’s program is not here, so Signet opens in Chromium.');
    process.argv.splice(2, Infinity, ...args);
    await import(pathToFileURL(join(DIST, 'main', 'chromium.js')).href);
    return;
  }
  // Chromium's sandbox refuses to run for root; every other user keeps it.
  const child = spawn(electron, [ROOT, ...(isRoot ? ['--no-sandbox'] : []), ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  child.once('error', () => stop('Electron’s program does not start here: delete node_modules/electron/dist to use Chromium.'));
  child.once('exit', (code) => process.exit(code ?? 1));
}
