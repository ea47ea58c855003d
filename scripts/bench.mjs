/** `npm run bench`: every bench of test/bench against its bar. `-- --json`: one JSON object last. `-- parser`: that file only. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './lib/bootstrap.mjs';

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
await prepare({ programs: ['chromium', 'prosody', 'openssl', 'dbus-daemon', 'gdbus', 'gnome-keyring-daemon'] });
const { build } = await import('./lib/build.mjs');
await build();
const { startKeyring } = await import('./lib/keyring.mjs');
const { startDisplay } = await import('./lib/display.mjs');
const { runTypeScript } = await import('./lib/run-typescript.mjs');

const say = values.json ? console.error : console.log;
const line = ({ name, value, bar, unit, atLeast, ok, detail }) =>
  `${ok ? 'ok    ' : 'MISSED'}  ${name.padEnd(52)} ${String(value).padStart(9)} ${unit.padEnd(5)} ${atLeast ? '>=' : '<='} ${String(bar).padEnd(6)} ${detail}`;

// Everything that a bench leaves behind lies in here, also where it is interrupted.
const temp = await mkdtemp(join(tmpdir(), 'signet-benches-'));
process.env.TMPDIR = temp;
const undo = [() => rm(temp, { recursive: true, force: true, maxRetries: 5 })];
const cleanUp = async () => {
  for (const step of undo.splice(0).reverse())
    await step().catch((error) => console.error(`While cleaning up: ${error.message}`));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
let rows;
try {
  const keyring = await startKeyring();
  undo.push(() => keyring.stop());
  const display = await startDisplay();
  undo.push(() => display.stop());
  Object.assign(process.env, keyring.env, display.env);
  const { runBenches } = await runTypeScript('test/bench/index.ts');
  rows = await runBenches(positionals[0], (row) => say(line(row)));
} finally {
  await cleanUp();
}
const missed = rows.filter((r) => !r.ok).length;
say(`${rows.length - missed} of ${rows.length} bars held.`);
if (values.json) console.log(JSON.stringify({ node: process.version, rows }));
process.exit(missed === 0 ? 0 : 1);
