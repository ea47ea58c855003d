import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Database, type Statement } from '@signalapp/sqlcipher';
import { SignetError } from '../../src-shared/errors.ts';
import { migrate } from './migrations/migrate.ts';
import { coded, type Value } from './sqlite.ts';

export type Row = Record<string, Value>;

/** One open database. Everything is synchronous but {@link Db.commit}. */
export interface Db {
  /** Runs one statement; answers the number of rows it changed. */
  run(sql: string, ...params: readonly Value[]): number;
  get(sql: string, ...params: readonly Value[]): Row | undefined;
  all(sql: string, ...params: readonly Value[]): Row[];
  /**
   * Runs `fn` in a transaction, durable when this returns; inside another one it is a savepoint. What `fn` throws undoes
   * what `fn` did and is thrown on. `fn` is synchronous: a transaction never stands open over an await.
   */
  readonly transaction: <T>(fn: () => T) => T;
  /**
   * Queues `fn` as one transaction of a group: all that are queued in one turn of the event loop are committed with one
   * flush to the disk, each in its own savepoint, in order. Resolves once durable; rejects with what `fn` threw (the others
   * of the group are kept) or with the coded reason why the commit failed (then none is kept). A plain
   * {@link Db.transaction} meanwhile goes first.
   */
  readonly commit: <T>(fn: () => T) => Promise<T>;
  /** Commits what is queued and closes. */
  readonly close: () => void;
}

interface Queued {
  run(): () => void;
  reject(error: unknown): void;
}

/** How long a statement waits for another process that holds the file (a backup, a virus scanner). */
const BUSY_MS = 5_000;

/**
 * Opens the encrypted database and brings it to this version.
 *
 * WAL with synchronous=FULL: a commit is on the disk when it returns. NORMAL would be enough only for what can be fetched
 * or guessed again (caps, drafts, presence); anything that advances a chain or acknowledges a stanza needs FULL, and since
 * a flush costs half a millisecond and {@link Db.commit} shares it, everything gets it.
 *
 * @param key 32 octets, the raw SQLCipher key
 * @throws SignetError `store-damaged` (wrong key too: they look the same), `store-newer`, `profile-unwritable`, `profile-in-use`
 */
export function openDatabase(path: string, key: Uint8Array): Db {
  if (key.length !== 32) throw new RangeError('a database key is 32 octets');
  const db = openFile(path);
  try {
    attempt(() => {
      db.exec('PRAGMA cipher_log_level = NONE');
      db.exec(`PRAGMA key = "x'${Buffer.from(key).toString('hex')}'"`);
      // The lock file already keeps others out; exclusive mode keeps the WAL's index in memory, not in a shared file.
      db.exec(`PRAGMA locking_mode = EXCLUSIVE; PRAGMA busy_timeout = ${String(BUSY_MS)}`);
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
      db.exec('PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY');
      migrate(db);
    });
  } catch (error) {
    db.close();
    throw error;
  }
  return wrap(db);
}

function openFile(path: string): Database {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return new Database(path);
  } catch (error) {
    throw new SignetError('profile-unwritable', { cause: error });
  }
}

function attempt<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw coded(error);
  }
}

function wrap(db: Database): Db {
  const statements = new Map<string, Statement>();
  let depth = 0;
  let open = true;
  let queue: Queued[] = [];

  const statement = (sql: string): Statement => {
    if (!open) throw new SignetError('vault-locked');
    let found = statements.get(sql);
    if (found === undefined) {
      found = db.prepare(sql);
      statements.set(sql, found);
    }
    return found;
  };
  const bind = (params: readonly Value[]): Value[] & Uint8Array<ArrayBuffer>[] => params as Value[] & Uint8Array<ArrayBuffer>[];
  const exec = (sql: string): void => {
    statement(sql).run([]);
  };

  const transaction = <T>(fn: () => T): T => {
    const [begin, done, undo] =
      depth === 0
        ? ['BEGIN IMMEDIATE', 'COMMIT', ['ROLLBACK']]
        : [
            `SAVEPOINT s${String(depth)}`,
            `RELEASE s${String(depth)}`,
            [`ROLLBACK TO s${String(depth)}`, `RELEASE s${String(depth)}`],
          ];
    attempt(() => {
      exec(begin);
    });
    depth += 1;
    try {
      const result = fn();
      if (result instanceof Promise) throw new TypeError('a transaction is synchronous');
      exec(done);
      return result;
    } catch (error) {
      // Some failures (a full disk) have already rolled everything back: there is nothing left to undo then.
      for (const sql of undo) {
        try {
          exec(sql);
        } catch (failure) {
          if (!/no transaction|no such savepoint/.test(String(failure))) throw coded(failure);
        }
      }
      throw coded(error);
    } finally {
      depth -= 1;
    }
  };

  const flush = (): void => {
    const group = queue;
    queue = [];
    if (group.length === 0) return;
    let settle: (() => void)[] = [];
    try {
      transaction(() => {
        settle = group.map((queued) => queued.run());
      });
    } catch (error) {
      settle = group.map((queued) => () => {
        queued.reject(error);
      });
    }
    for (const done of settle) done();
  };

  const close = (): void => {
    if (!open) return;
    flush();
    open = false;
    process.off('exit', close);
    statements.clear();
    db.close();
  };
  process.once('exit', close);

  return {
    run: (sql, ...params) => attempt(() => statement(sql).run(bind(params)).changes),
    get: (sql, ...params) => attempt(() => statement(sql).get(bind(params))),
    all: (sql, ...params) => attempt(() => statement(sql).all(bind(params))),
    transaction,
    commit: <T>(fn: () => T) =>
      new Promise<T>((resolve, reject) => {
        if (!open) throw new SignetError('vault-locked');
        if (queue.length === 0) setImmediate(flush);
        queue.push({
          reject,
          run: () => {
            try {
              const result = transaction(fn);
              return () => {
                resolve(result);
              };
            } catch (error) {
              return () => {
                reject(error instanceof Error ? error : new Error('thrown in a transaction', { cause: error }));
              };
            }
          },
        });
      }),
    close,
  };
}
