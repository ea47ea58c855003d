/** Runs a command with a private Secret Service: `node scripts/lib/with-keyring.mjs npx vitest run --project e2e`. */

import { spawn } from 'node:child_process';
import { startKeyring } from './keyring.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('usage: node scripts/lib/with-keyring.mjs COMMAND [ARGUMENT…]');
  process.exit(2);
}
const keyring = await startKeyring();
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...keyring.env } });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
const status = await new Promise((resolve) => {
  child.once('error', (error) => {
    console.error(`${command} cannot be started: ${error.message}`);
    resolve(127);
  });
  child.once('exit', (code) => {
    resolve(code ?? 1);
  });
});
await keyring.stop();
process.exitCode = status;
