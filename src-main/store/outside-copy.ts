/** Where the outside copy of protocol 6.5 lies. */

import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  existsSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { SignetError } from '../../src-shared/errors.ts';
import type { Instance, OutsideCopy } from './restore-guard.ts';
import type { SecretStore } from './vault.ts';
import { flushFolder } from './vault-file.ts';

/** https://bford.info/cachedir/: backup programs leave such a folder out. */
const TAG =
  'Signature: 8a477f597d28d172789f06886806bc55\n# Signet: what must not be in a backup. See https://bford.info/cachedir/\n';

const encode = ({ id, counter }: Instance): string => `${id} ${String(counter).padStart(16, '0')}\n`;

/** A pair as written, or undefined: a torn or foreign value counts as missing. */
function decode(value: string): Instance | undefined {
  const [, id, counter] = /^([0-9A-F]{32}) ([0-9]{16})\n?$/.exec(value) ?? [];
  return id === undefined || counter === undefined ? undefined : { id, counter: Number(counter) };
}

/**
 * A file under XDG_CACHE_HOME, in a folder with CACHEDIR.TAG. Its name comes from the profile's real path, so that a copied
 * profile finds none. Its length never changes: it is overwritten in place and flushed, 0.2 ms.
 * @param environment for XDG_CACHE_HOME; a relative one is ignored, as its specification says
 */
export function cacheCopy(profile: string, environment: Readonly<Record<string, string | undefined>> = process.env): OutsideCopy {
  const home = environment['XDG_CACHE_HOME'];
  const base = home !== undefined && isAbsolute(home) ? home : join(environment['HOME'] ?? homedir(), '.cache');
  const folder = join(base, 'signet');
  const path = join(folder, `instance-${createHash('sha256').update(realpathSync(profile)).digest('hex').slice(0, 32)}`);
  return {
    read: () => {
      try {
        return decode(readFileSync(path, 'latin1'));
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
        throw new SignetError('profile-unwritable', { cause: error });
      }
    },
    write: (instance) => {
      try {
        const isNew = !existsSync(path);
        if (isNew) {
          mkdirSync(folder, { recursive: true, mode: 0o700 });
          writeFileSync(join(folder, 'CACHEDIR.TAG'), TAG);
        }
        const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
        try {
          writeSync(descriptor, encode(instance), 0, 'latin1');
          fdatasyncSync(descriptor);
        } finally {
          closeSync(descriptor);
        }
        if (isNew) flushFolder(folder);
      } catch (error) {
        throw new SignetError('profile-unwritable', { cause: error });
      }
    },
  };
}

/** The platform's key store, where that is not a file (macOS, Windows). */
export function keychainCopy(keychain: SecretStore, profile: string): OutsideCopy {
  const name = `instance:${createHash('sha256').update(realpathSync(profile)).digest('hex').slice(0, 32)}`;
  return {
    read: async () => {
      const value = await keychain.get(name);
      return value === undefined ? undefined : decode(value);
    },
    write: (instance) => keychain.set(name, encode(instance)),
  };
}

/** The right one for this platform. */
export const outsideCopy = (profile: string, keychain: SecretStore, platform: NodeJS.Platform = process.platform): OutsideCopy =>
  platform === 'darwin' || platform === 'win32' ? keychainCopy(keychain, profile) : cacheCopy(profile);
