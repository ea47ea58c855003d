import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Database } from '@signalapp/sqlcipher';
import { openDatabase, type Db } from '../../../src-main/store/database.ts';
import { migrate, migrations } from '../../../src-main/store/migrations/migrate.ts';
import { lockProfile } from '../../../src-main/store/profile-lock.ts';
import { random, tempDir } from '../../support/store.ts';

let dir: string;
let remove: () => void;
let db: Db;
const key = random(32);
const file = () => join(dir, 'store.db');

beforeEach(() => {
  ({ dir, remove } = tempDir());
  db = openDatabase(file(), key);
});
afterEach(() => {
  db.close();
  remove();
});

const put = (name: string) => db.run('INSERT INTO meta (name, value) VALUES (?, 1)', name);
const names = () => db.all('SELECT name FROM meta ORDER BY name').map((row) => row['name']);
const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('an encrypted database', () => {
  it('holds nothing readable on the disk', () => {
    db.run('INSERT INTO meta (name, value) VALUES (?, ?)', 'secret-name', 'secret-value');
    db.close();
    for (const name of readdirSync(dir)) {
      const octets = readFileSync(join(dir, name));
      expect(octets.includes('secret')).toBe(false);
      expect(octets.includes('SQLite format')).toBe(false);
    }
  });

  it('commits with synchronous=FULL, WAL, foreign keys and secure delete', () => {
    const pragma = (name: string) => Object.values(db.get(`PRAGMA ${name}`) ?? {})[0];
    expect([pragma('journal_mode'), pragma('synchronous'), pragma('foreign_keys'), pragma('secure_delete')]).toEqual([
      'wal',
      2,
      1,
      1,
    ]);
  });

  it('tells a wrong key, a damaged file and a newer version', () => {
    put('a');
    db.run(`PRAGMA user_version = ${String(migrations.length)}`);
    db.close();
    expect(() => openDatabase(file(), random(32))).toThrow(code('store-damaged'));

    const newer = openDatabase(file(), key);
    newer.run(`PRAGMA user_version = ${String(migrations.length + 1)}`);
    newer.close();
    expect(() => openDatabase(file(), key)).toThrow(code('store-newer'));

    const octets = readFileSync(file());
    octets.fill(0x55, 100, 200);
    writeFileSync(file(), octets);
    expect(() => openDatabase(file(), key)).toThrow(code('store-damaged'));
  });

  it('tells a folder that cannot be written', () => {
    expect(() => openDatabase(join(file(), 'below-a-file'), key)).toThrow(code('profile-unwritable'));
  });
});

describe('transactions', () => {
  it('undo what a throwing one did, and only that', () => {
    expect(() =>
      db.transaction(() => {
        put('lost');
        throw new Error('stop');
      }),
    ).toThrow('stop');
    db.transaction(() => {
      put('a');
      expect(() =>
        db.transaction(() => {
          put('b');
          throw new Error('inner');
        }),
      ).toThrow('inner');
      db.transaction(() => put('c'));
    });
    expect(names()).toEqual(['a', 'c']);
  });

  it('refuse to stay open over an await', () => {
    expect(() => db.transaction(() => Promise.resolve(put('a')))).toThrow('synchronous');
    expect(names()).toEqual([]);
  });

  it('are committed as a group, each undone alone', async () => {
    const results = await Promise.allSettled([
      db.commit(() => put('a')),
      db.commit(() => {
        put('b');
        throw new Error('mine');
      }),
      db.commit(() => put('c')),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(names()).toEqual(['a', 'c']);
  });

  it('of a group are refused together where the commit fails', async () => {
    db.run('CREATE TABLE child (parent TEXT REFERENCES meta (name) DEFERRABLE INITIALLY DEFERRED)');
    const results = await Promise.allSettled([
      db.commit(() => put('a')),
      db.commit(() => db.run("INSERT INTO child VALUES ('nobody')")),
    ]);
    expect(results.map((r) => r.status)).toEqual(['rejected', 'rejected']);
    expect(names()).toEqual([]);
    await db.commit(() => put('later'));
    expect(names()).toEqual(['later']);
  });

  it('that are queued are committed on closing, and refused after it', async () => {
    const queued = db.commit(() => put('a'));
    db.close();
    await queued;
    await expect(db.commit(() => put('b'))).rejects.toThrow(code('vault-locked'));
    db = openDatabase(file(), key);
    expect(names()).toEqual(['a']);
  });

  it('say so where the disk is full, and go on once it is not', () => {
    db.run('PRAGMA max_page_count = 60');
    expect(() =>
      db.transaction(() => {
        for (let i = 0; i < 2_000; i++) db.run('INSERT INTO meta (name, value) VALUES (?, ?)', String(i), 'x'.repeat(500));
      }),
    ).toThrow(code('profile-unwritable'));
    expect(names()).toEqual([]);
    db.run('PRAGMA max_page_count = 100000');
    put('again');
    expect(names()).toEqual(['again']);
  });
});

describe('migrations', () => {
  const schema = (path: string) => {
    const at = openDatabase(path, key);
    const rows = at.all('SELECT type, name, sql FROM sqlite_master ORDER BY type, name');
    at.close();
    return rows;
  };

  it.each(migrations.map((_, version) => version))('bring version %i to the newest', (version) => {
    const path = join(dir, 'old.db');
    const old = new Database(path);
    old.exec(`PRAGMA key = "x'${Buffer.from(key).toString('hex')}'"`);
    migrate(old, version);
    old.close();
    expect(schema(path)).toEqual(schema(join(dir, 'new.db')));
  });
});

/** Runs a script in a process of its own, with this folder and key; answers its first line of output. */
function child(script: string): Promise<{ line: string; kill(): Promise<void> }> {
  const source = (name: string) => new URL(`../../../src-main/store/${name}`, import.meta.url).href;
  const code = `import { openDatabase } from '${source('database.ts')}'; import { lockProfile } from '${source('profile-lock.ts')}';
    const dir = ${JSON.stringify(dir)}; const key = Buffer.from('${Buffer.from(key).toString('hex')}', 'hex'); ${script}`;
  const process_ = spawn(process.execPath, ['--import', new URL('../../support/strip-types.mjs', import.meta.url).href, '--input-type=module', '-e', code]); // prettier-ignore
  return new Promise((resolve, reject) => {
    let out = '';
    let err = '';
    process_.stderr.on('data', (data) => (err += String(data)));
    process_.stdout.on('data', (data) => {
      out += String(data);
      if (!out.includes('\n')) return;
      resolve({
        line: out.slice(0, out.indexOf('\n')),
        kill: () =>
          new Promise((gone) => {
            process_.once('exit', () => {
              gone();
            });
            process_.kill('SIGKILL');
          }),
      });
    });
    process_.once('exit', (status) => {
      reject(new Error(`ended with ${String(status)}: ${err}`));
    });
  });
}

const WAIT = 'setInterval(() => {}, 1000);';

describe('the profile’s lock', () => {
  it('refuses a second taker, in this process and in another', async () => {
    const lock = lockProfile(dir);
    expect(() => lockProfile(dir)).toThrow(code('profile-in-use'));
    const other = await child(`try { lockProfile(dir); console.log('taken') } catch (e) { console.log(e.code) } ${WAIT}`);
    expect(other.line).toBe('profile-in-use');
    await other.kill();
    lock.release();
    lockProfile(dir).release();
  });

  it('is gone with a process that was killed', async () => {
    const other = await child(`lockProfile(dir); console.log('taken'); ${WAIT}`);
    expect(other.line).toBe('taken');
    expect(() => lockProfile(dir)).toThrow(code('profile-in-use'));
    await other.kill();
    lockProfile(dir).release();
  });
});

describe('kill -9', () => {
  it('loses nothing whose commit had returned, and keeps nothing of an open transaction', async () => {
    db.close();
    const other = await child(`
      const db = openDatabase(dir + '/store.db', key);
      const put = (name) => db.run('INSERT INTO meta (name, value) VALUES (?, 1)', name);
      db.transaction(() => put('a'));
      await Promise.all([db.commit(() => put('b')), db.commit(() => put('c'))]);
      db.transaction(() => { put('half'); console.log('in the middle'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); });`);
    expect(other.line).toBe('in the middle');
    await other.kill();
    db = openDatabase(file(), key);
    expect(names()).toEqual(['a', 'b', 'c']);
  });
});
