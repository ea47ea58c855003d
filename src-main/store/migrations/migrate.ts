import type { Database } from '@signalapp/sqlcipher';
import { SignetError } from '../../../src-shared/errors.ts';
import { initial } from './001-initial.ts';
import { signIn } from './002-sign-in.ts';

/** What brings the database from version n to n + 1, in order. Forward only; a released one never changes again. */
export const migrations: readonly string[] = [initial, signIn];

/**
 * Brings a database to the newest version, each step in its own transaction. `user_version` is the version.
 * @param upTo stops early, for the tests that start from every earlier version
 * @throws SignetError `store-newer`
 */
export function migrate(db: Database, upTo = migrations.length): void {
  const version = Number(db.pragma('user_version', { simple: true }));
  if (version > migrations.length) throw new SignetError('store-newer');
  for (const [index, sql] of migrations.entries()) {
    if (index < version || index >= upTo) continue;
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(sql);
      db.exec(`PRAGMA user_version = ${String(index + 1)}; COMMIT`);
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}
