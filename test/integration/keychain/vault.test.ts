import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeychain } from '../../../src-main/keychain/keychain.ts';
import { createVault, type SecretStore, type Vault } from '../../../src-main/store/vault.ts';
import { useKeyring, type Keyring } from '../../support/keyring.ts';
import { random, tempDir } from '../../support/store.ts';

const code = (value: string) => expect.objectContaining({ code: value }) as Error;
const PASSPHRASE = 'correct horse battery';

let keyring: Keyring;
const keychain = createKeychain();
let dir: string;
let remove: () => void;
let vault: Vault;

beforeAll(async () => {
  keyring = await useKeyring();
});
afterAll(async () => {
  await keyring.stop();
});
beforeEach(() => {
  ({ dir, remove } = tempDir());
  vault = createVault({ dir, keychain, random, clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) } });
});
afterEach(() => {
  vault.close();
  remove();
});

function restart(other: SecretStore = keychain): Vault {
  vault.close();
  vault = createVault({ dir, keychain: other, random, clock: { now: () => Date.UTC(2026, 0, 2, 3, 4, 5) } });
  return vault;
}
const mark = () => {
  vault.store?.meta.set('mark', 'kept');
};
const marked = () => vault.store?.meta.text('mark');
const file = () =>
  JSON.parse(readFileSync(join(dir, 'vault.json'), 'utf8')) as { profile: string; passphrase: Record<string, unknown> };
/** What a user does who clears the keychain. */
const empty = () => keychain.delete(`${file().profile}:store-key`);

describe('the keychain', () => {
  it('keeps, gives and forgets', async () => {
    expect(await keychain.get('test')).toBeUndefined();
    await keychain.set('test', 'ünï');
    expect(await keychain.get('test')).toBe('ünï');
    await keychain.set('test', 'two');
    expect(await keychain.get('test')).toBe('two');
    await keychain.delete('test');
    await keychain.delete('test');
    expect(await keychain.get('test')).toBeUndefined();
  });

  it('says that it is locked, and works again once it is not', async () => {
    await keychain.set('test', 'one');
    await keyring.lock();
    await expect(keychain.get('test')).rejects.toThrow(code('keychain-locked'));
    await expect(keychain.get('other')).rejects.toThrow(code('keychain-locked'));
    await expect(keychain.set('test', 'two')).rejects.toThrow(code('keychain-locked'));
    await expect(keychain.delete('test')).rejects.toThrow(code('keychain-locked'));
    await keyring.unlock();
    expect(await keychain.get('test')).toBe('one');
    await keychain.delete('test');
  });
});

describe('a vault with a keychain', () => {
  it('is new, then open by itself ever after', async () => {
    expect(await vault.open()).toEqual({ kind: 'new', keychain: 'available' });
    expect(await vault.create()).toEqual({ kind: 'open', keychain: true, passphrase: false });
    mark();
    expect(await restart().open()).toEqual({ kind: 'open', keychain: true, passphrase: false });
    expect(marked()).toBe('kept');
  });

  it('keeps the key out of every file', async () => {
    await vault.create();
    await vault.setPassphrase(PASSPHRASE);
    const key = (await keychain.get(`${file().profile}:store-key`)) ?? '';
    const raw = Buffer.from(key, 'base64');
    expect(raw).toHaveLength(32);
    for (const name of readdirSync(dir)) {
      const octets = readFileSync(join(dir, name));
      for (const form of [raw, key, raw.toString('hex'), raw.toString('hex').toUpperCase(), PASSPHRASE])
        expect(octets.includes(form)).toBe(false);
    }
  });

  it('locked: the user unlocks it, or uses the passphrase', async () => {
    await vault.create();
    mark();
    await keyring.lock();
    expect(await restart().open()).toEqual({ kind: 'keychain-locked', passphrase: false });
    expect(vault.store).toBeUndefined();
    await expect(vault.unlock(PASSPHRASE)).rejects.toThrow(code('wrong-passphrase'));
    await keyring.unlock();
    expect(await vault.open()).toEqual({ kind: 'open', keychain: true, passphrase: false });
    expect(marked()).toBe('kept');

    await vault.setPassphrase(PASSPHRASE);
    await keyring.lock();
    expect(await restart().open()).toEqual({ kind: 'keychain-locked', passphrase: true });
    await expect(vault.unlock('not the passphrase')).rejects.toThrow(code('wrong-passphrase'));
    expect(await vault.unlock(PASSPHRASE)).toEqual({ kind: 'open', keychain: true, passphrase: true });
    expect(marked()).toBe('kept');
    await keyring.unlock();
  });

  it('emptied: the passphrase opens it and puts the key back', async () => {
    await vault.create();
    await vault.setPassphrase(PASSPHRASE);
    mark();
    await empty();
    expect(await restart().open()).toEqual({ kind: 'keychain-emptied', passphrase: true });
    expect(await vault.unlock(PASSPHRASE)).toEqual({ kind: 'open', keychain: true, passphrase: true });
    expect(await restart().open()).toEqual({ kind: 'open', keychain: true, passphrase: true });
    expect(marked()).toBe('kept');
  });

  it('emptied without a passphrase: the old store is set aside whole, never deleted', async () => {
    await vault.create();
    mark();
    const key = (await keychain.get(`${file().profile}:store-key`)) ?? '';
    const profile = file().profile;
    await empty();
    expect(await restart().open()).toEqual({ kind: 'keychain-emptied', passphrase: false });
    expect(await vault.startAfresh()).toEqual({ kind: 'new', keychain: 'available' });
    expect(await vault.create()).toEqual({ kind: 'open', keychain: true, passphrase: false });
    expect(marked()).toBeUndefined();
    expect(file().profile).not.toBe(profile);

    const aside = join(dir, 'old-2026-01-02T03-04-05.000Z');
    expect(readdirSync(aside).sort()).toEqual(['store.db', 'vault.json']);
    // Whoever finds the key again has everything again.
    await keychain.set(`${profile}:store-key`, key);
    vault.close();
    vault = createVault({ dir: aside, keychain, random, clock: { now: () => 0 } });
    await vault.open();
    expect(marked()).toBe('kept');
  });

  it('with another key than the store’s: says so, and the passphrase repairs it', async () => {
    await vault.create();
    await vault.setPassphrase(PASSPHRASE);
    mark();
    await keychain.set(`${file().profile}:store-key`, Buffer.from(random(32)).toString('base64'));
    await expect(restart().open()).rejects.toThrow(code('store-damaged'));
    expect(vault.state).toEqual({ kind: 'keychain-emptied', passphrase: true });
    await vault.unlock(PASSPHRASE);
    await restart().open();
    expect(marked()).toBe('kept');
  });

  it('gives up its passphrase only while the keychain holds the key', async () => {
    await vault.create();
    await vault.setPassphrase(PASSPHRASE);
    await keyring.lock();
    await expect(vault.removePassphrase()).rejects.toThrow(code('keychain-locked'));
    await keyring.unlock();
    await empty();
    await expect(vault.removePassphrase()).rejects.toThrow(code('keychain-emptied'));
    expect(vault.state).toEqual({ kind: 'open', keychain: true, passphrase: true });
    await restart().open();
    await vault.unlock(PASSPHRASE);
    expect(await vault.removePassphrase()).toEqual({ kind: 'open', keychain: true, passphrase: false });
    await empty();
    await restart().open();
    await expect(vault.unlock(PASSPHRASE)).rejects.toThrow(code('wrong-passphrase'));
  });

  it('keeps the account’s password, under the profile’s name', async () => {
    await vault.create();
    expect(await vault.password.get()).toBeUndefined();
    await vault.password.set('pencil');
    expect(await restart().password.get()).toBe('pencil');
    await vault.password.delete();
    expect(await vault.password.get()).toBeUndefined();
  });

  it('is made once, however often it is asked for', async () => {
    await Promise.all([vault.open(), vault.create(), vault.create(), vault.open()]);
    mark();
    expect(await restart().open()).toMatchObject({ kind: 'open' });
    expect(marked()).toBe('kept');
  });

  it('is one process’s at a time', () => {
    expect(() => createVault({ dir, keychain, random, clock: { now: () => 0 } })).toThrow(code('profile-in-use'));
  });

  it('refuses a vault.json that is damaged, from later, or weakened', async () => {
    await vault.create();
    await vault.setPassphrase(PASSPHRASE);
    const good = file();
    vault.close();
    const reading = (value: unknown) => () => {
      writeFileSync(join(dir, 'vault.json'), typeof value === 'string' ? value : JSON.stringify(value));
      return restart();
    };
    expect(reading('{')).toThrow(code('store-damaged'));
    expect(reading({ ...good, version: 2 })).toThrow(code('store-newer'));
    for (const changes of [
      { memoryKiB: 8 },
      { memoryKiB: 2 ** 31 },
      { iterations: 0 },
      { parallelism: 99 },
      { kdf: 'scrypt' },
      { salt: '' },
    ]) {
      expect(reading({ ...good, passphrase: { ...good.passphrase, ...changes } })).toThrow(code('store-damaged'));
    }
    // Within the bounds, but not what the slot was made with.
    reading({ ...good, passphrase: { ...good.passphrase, memoryKiB: 19_456 } })();
    await expect(vault.unlock(PASSPHRASE)).rejects.toThrow(code('wrong-passphrase'));
    reading({ ...good, profile: '0'.repeat(32) })();
    await expect(vault.unlock(PASSPHRASE)).rejects.toThrow(code('wrong-passphrase'));
    reading(good)();
    expect(await vault.unlock(PASSPHRASE)).toMatchObject({ kind: 'open' });
  });
});

// Last: a process whose Secret Service went away does not get it back (libsecret keeps the session of the first).
describe('a vault without a keychain', () => {
  beforeAll(() => keyring.stopService());

  it('is new under a passphrase, and needs it ever after', async () => {
    expect(await vault.open()).toEqual({ kind: 'new', keychain: 'absent' });
    await expect(vault.create()).rejects.toThrow(code('keychain-absent'));
    await expect(vault.unlock('too short')).rejects.toThrow(code('passphrase-weak'));
    expect(readdirSync(dir)).toEqual(['lock']);
    expect(await vault.unlock(PASSPHRASE)).toEqual({ kind: 'open', keychain: false, passphrase: true });
    mark();
    expect(await restart().open()).toEqual({ kind: 'passphrase-needed' });
    await expect(vault.unlock('another passphrase')).rejects.toThrow(code('wrong-passphrase'));
    await vault.unlock(PASSPHRASE);
    expect(marked()).toBe('kept');
    await expect(vault.removePassphrase()).rejects.toThrow(code('keychain-absent'));
  });

  it('that had one: says that it is absent; the passphrase opens it', async () => {
    await vault.unlock(PASSPHRASE);
    const made = file();
    vault.close();
    writeFileSync(join(dir, 'vault.json'), JSON.stringify({ ...made, keychain: true }));
    expect(await restart().open()).toEqual({ kind: 'keychain-absent', passphrase: true });
    expect(await vault.unlock(PASSPHRASE)).toEqual({ kind: 'open', keychain: true, passphrase: true });
  });

  it('can start afresh', async () => {
    await vault.unlock(PASSPHRASE);
    expect(await vault.startAfresh()).toEqual({ kind: 'new', keychain: 'absent' });
    expect(await vault.unlock('another passphrase')).toMatchObject({ kind: 'open' });
  });

  it('whose vault.json is lost keeps the store for who finds the key', async () => {
    await vault.unlock(PASSPHRASE);
    vault.close();
    const { renameSync } = await import('node:fs');
    renameSync(join(dir, 'vault.json'), join(dir, 'elsewhere'));
    expect(await restart().open()).toEqual({ kind: 'keychain-emptied', passphrase: false });
    await expect(vault.create()).rejects.toThrow(code('vault-locked'));
    await expect(vault.unlock(PASSPHRASE)).rejects.toThrow(code('wrong-passphrase'));
  });
});
