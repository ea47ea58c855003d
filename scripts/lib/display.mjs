/** A display of our own where there is none: Xvfb, local socket only. */

import { spawn } from 'node:child_process';
import { has } from './bootstrap.mjs';

export const hasDisplay = () => (process.env.DISPLAY ?? '') !== '' || (process.env.WAYLAND_DISPLAY ?? '') !== '';

/** @returns {Promise<{ env: Record<string, string>, stop: () => Promise<void> }>} @throws Error with one sentence */
export async function startDisplay() {
  if (hasDisplay()) return { env: {}, stop: async () => {} };
  if (!has('Xvfb'))
    throw new Error('There is no display: start this in a desktop session, or install Xvfb (Debian: apt-get install xvfb).');
  // -displayfd: the server chooses a free number and tells it.
  const child = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const number = await new Promise((resolve, reject) => {
    let text = '';
    child.stdio[3].on('data', (chunk) => {
      text += chunk;
      if (text.includes('\n')) resolve(text.trim());
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error('Xvfb did not start.')));
  });
  child.stdio[3].destroy();
  child.unref();
  return {
    env: { DISPLAY: `:${number}` },
    stop: async () => {
      process.off('exit', killWithUs);
      child.ref();
      child.kill();
      await gone;
    },
  };
}
