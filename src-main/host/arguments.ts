/** What every host takes on its command line. */

import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface HostArguments {
  /** Absolute. */
  readonly profile: string;
  /** PEM certificates trusted beside the system's. */
  readonly ca: readonly string[];
}

/** The XDG data directory's `signet`, or the platform's like. */
export function defaultProfile(env: NodeJS.ProcessEnv = process.env, platform: NodeJS.Platform = process.platform): string {
  if (platform === 'win32') return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Signet');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Signet');
  const data = env['XDG_DATA_HOME'];
  return join(data !== undefined && data.startsWith('/') ? data : join(homedir(), '.local', 'share'), 'signet');
}

/**
 * `--profile DIR`, `--ca FILE` (may be repeated).
 *
 * @param lenient passes over what is not ours: Electron is started with switches of Chromium's
 * @throws an Error whose message is a sentence for people
 */
export function hostArguments(argv: readonly string[], { lenient = false } = {}): HostArguments {
  const { values } = parseArgs({
    args: [...argv],
    options: { profile: { type: 'string' }, ca: { type: 'string', multiple: true } },
    strict: !lenient,
  });
  return {
    profile: resolve(typeof values.profile === 'string' ? values.profile : defaultProfile()),
    ca: (values.ca ?? []).map((file) => {
      if (typeof file !== 'string') throw new Error('--ca wants a file.');
      const pem = readFileSync(file, 'utf8');
      if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error(`${file} holds no PEM certificate.`);
      return pem;
    }),
  };
}
