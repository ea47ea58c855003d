import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Database } from '@signalapp/sqlcipher';
import { SignetError } from '../../src-shared/errors.ts';
import { coded } from './sqlite.ts';

export interface ProfileLock {
  release(): void;
}

/**
 * Takes the profile for this process (protocol 6.5: a second one refuses). The lock is SQLite's own exclusive file lock on
 * an empty file of its own: the system drops it with the process, however it ends, so no stale lock can be left; it is
 * held before the vault is read and also while the store is closed.
 *
 * @throws SignetError `profile-in-use`, `profile-unwritable`
 */
export function lockProfile(dir: string): ProfileLock {
  let db: Database | undefined;
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    db = new Database(join(dir, 'lock'));
    db.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const problem = coded(error);
    throw problem instanceof SignetError ? problem : new SignetError('profile-unwritable', { cause: error });
  }
  let held: Database | undefined = db;
  const release = (): void => {
    process.off('exit', release);
    held?.exec('ROLLBACK');
    held?.close();
    held = undefined;
  };
  process.once('exit', release); // an open handle at exit would have the library call into a runtime that is gone
  return { release };
}
