/** `npm test`: prepares the machine, runs every ring one after another, adds them up. The last line is the verdict. */

import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from './lib/bootstrap.mjs';
import { ROOT } from './lib/paths.mjs';

const PROGRAMS = [
  'chromium',
  'prosody',
  'ejabberdctl',
  'openssl',
  'dbus-daemon',
  'gdbus',
  'gnome-keyring-daemon',
  'xmlsec1',
  'certtool',
  'slixmpp',
  'Xvfb',
];
/** Pure rings together; those with servers, keychains and browsers by themselves, since they share the machine. */
const RINGS = [['unit', 'renderer', 'vectors'], ['integration'], ['e2e']];

await prepare({ programs: PROGRAMS });
const { build } = await import('./lib/build.mjs');
const { startKeyring } = await import('./lib/keyring.mjs');
const { startDisplay } = await import('./lib/display.mjs');

// Everything that a test leaves behind lies in here.
const temp = await mkdtemp(join(tmpdir(), 'signet-test-'));
// ejabberd runs as a user of its own and has to get at its folder in here.
await chmod(temp, 0o711);
const undo = [() => rm(temp, { recursive: true, force: true, maxRetries: 5 })];
let running;
const cleanUp = async () => {
  running?.kill('SIGTERM');
  for (const step of undo.splice(0).reverse())
    await step().catch((error) => console.error(`While cleaning up: ${error.message}`));
};
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

/** @returns {Promise<{ passed: number, failed: number, skipped: number }>} */
async function ring(projects, env) {
  const report = join(temp, `${projects.join('-')}.json`);
  const args = ['run', '--passWithNoTests', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  running = spawn(
    process.execPath,
    [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), ...args, ...projects.flatMap((p) => ['--project', p])],
    {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, TMPDIR: temp, NO_COLOR: '1' },
    },
  );
  const code = await new Promise((resolve) => running.once('exit', (c) => resolve(c ?? 1)));
  running = undefined;
  const result = await readFile(report, 'utf8').then(JSON.parse, () => undefined);
  if (result === undefined) return { passed: 0, failed: 1, skipped: 0 };
  // A file that does not load has no tests to count; an error outside every test shows in the exit code only.
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((a) => a.status === 'failed'),
  ).length;
  const failed = result.numFailedTests + broken;
  return {
    passed: result.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: result.numPendingTests + (result.numTodoTests ?? 0),
  };
}

const total = { passed: 0, failed: 0, skipped: 0 };
try {
  await build();
  const keyring = await startKeyring();
  undo.push(() => keyring.stop());
  const display = await startDisplay();
  undo.push(() => display.stop());
  for (const projects of RINGS) {
    const counted = await ring(projects, { ...keyring.env, ...display.env });
    for (const key of Object.keys(total)) total[key] += counted[key];
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  total.failed += 1;
} finally {
  await cleanUp();
}
console.log(`${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 ? 0 : 1);
