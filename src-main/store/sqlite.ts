import { setLogger } from '@signalapp/sqlcipher';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';

/** What SQLite takes and gives here. */
export type Value = string | number | null | Uint8Array;

// Without a logger the library prints its complaints to stderr, SQL and all. Errors reach us as exceptions anyway.
setLogger(() => undefined);

const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['SQLITE_NOTADB', 'store-damaged'],
  ['SQLITE_CORRUPT', 'store-damaged'],
  ['SQLITE_BUSY', 'profile-in-use'],
  ['SQLITE_LOCKED', 'profile-in-use'],
  ['SQLITE_CANTOPEN', 'profile-unwritable'],
  ['SQLITE_READONLY', 'profile-unwritable'],
  ['SQLITE_PERM', 'profile-unwritable'],
  ['SQLITE_FULL', 'profile-unwritable'],
  ['SQLITE_IOERR', 'profile-unwritable'],
];

const sqliteCode = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** True where a UNIQUE or PRIMARY KEY constraint refused a row. */
export function isDuplicate(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === 'SQLITE_CONSTRAINT_UNIQUE' || code === 'SQLITE_CONSTRAINT_PRIMARYKEY';
}

/** The coded form of an error of SQLite; any other error as it is. */
export function coded(error: unknown): unknown {
  const found = CODES.find(([prefix]) => sqliteCode(error).startsWith(prefix));
  return found === undefined ? error : new SignetError(found[1], { cause: error });
}
