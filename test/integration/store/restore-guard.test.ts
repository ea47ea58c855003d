import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cacheCopy, keychainCopy } from '../../../src-main/store/outside-copy.ts';
import { createRestoreGuard, type Instance, type OutsideCopy, type RestoreGuard } from '../../../src-main/store/restore-guard.ts';
import { openStore, type Store } from '../../../src-main/store/store.ts';
import { random, tempDir } from '../../support/store.ts';

const code = (value: string) => expect.objectContaining({ code: value }) as Error;
const key = random(32);
let root: string;
let remove: () => void;
let profile: string;
let store: Store;
let guard: RestoreGuard;

const environment = () => ({ XDG_CACHE_HOME: join(root, 'cache') });
const copyFile = () => {
  const folder = join(root, 'cache', 'signet');
  const name = readdirSync(folder).find((entry) => entry.startsWith('instance-'));
  return join(folder, name ?? 'none');
};
const openAt = (dir: string, outside = cacheCopy(dir, environment())) => {
  store = openStore({ dir, key });
  guard = createRestoreGuard({ store, outside, random });
};
const restart = (dir = profile) => {
  store.close();
  openAt(dir);
  return guard.checkAtStart();
};
const send = async (guarded = guard, on = store) => {
  await on.commit(() => {
    guarded.raise();
  });
  await guarded.settle();
};

beforeEach(() => {
  ({ dir: root, remove } = tempDir());
  profile = join(root, 'profile');
  rmSync(profile, { recursive: true, force: true });
  openStore({ dir: profile, key }).close();
  openAt(profile);
});
afterEach(() => {
  store.close();
  remove();
});

describe('a store that stays where it is', () => {
  it('is fresh once, then the same, however much was sent', async () => {
    expect(await guard.checkAtStart()).toBe('fresh');
    expect(await restart()).toBe('same');
    for (let i = 0; i < 5; i++) await send();
    expect(await restart()).toBe('same');
  });

  it('keeps its mark in a folder that backups leave out', async () => {
    await guard.checkAtStart();
    expect(readFileSync(join(root, 'cache', 'signet', 'CACHEDIR.TAG'), 'latin1')).toMatch(
      /^Signature: 8a477f597d28d172789f06886806bc55\n/,
    );
  });

  it('is the same after a crash between the commit and the outside copy', async () => {
    await guard.checkAtStart();
    await send();
    await store.commit(() => {
      guard.raise();
    });
    expect(await restart()).toBe('same');
    expect(await restart()).toBe('same');
  });

  it('writes outside once for all that one commit raised, after it, never ahead', async () => {
    const log: string[] = [];
    let held: Instance | undefined;
    const outside: OutsideCopy = {
      read: () => held,
      write: (instance) => {
        log.push(`outside ${String(instance.counter)} inside ${String(store.meta.number('instance-counter'))}`);
        held = instance;
      },
    };
    store.close();
    openAt(profile, outside);
    await guard.checkAtStart();
    await Promise.all([1, 2, 3].map(() => store.commit(() => { guard.raise(); }).then(() => guard.settle()))); // prettier-ignore
    await guard.settle();
    expect(log).toEqual(['outside 0 inside 0', 'outside 3 inside 3']);
  });

  it('does not raise what is rolled back', async () => {
    await guard.checkAtStart();
    await expect(
      store.commit(() => {
        guard.raise();
        throw new Error('stop');
      }),
    ).rejects.toThrow('stop');
    expect(store.meta.number('instance-counter')).toBe(0);
  });
});

describe('a store that was restored or copied', () => {
  it('is found at start: put back from a backup', async () => {
    await guard.checkAtStart();
    await send();
    store.close();
    cpSync(profile, join(root, 'backup'), { recursive: true });
    openAt(profile);
    await guard.checkAtStart();
    await send();
    store.close();
    rmSync(profile, { recursive: true });
    cpSync(join(root, 'backup'), profile, { recursive: true });
    openAt(profile);
    expect(await guard.checkAtStart()).toBe('restored');
  });

  it('is found at start: copied to another folder, moved to a machine without the outside copy', async () => {
    await guard.checkAtStart();
    store.close();
    cpSync(profile, join(root, 'copy'), { recursive: true });
    openAt(join(root, 'copy'));
    expect(await guard.checkAtStart()).toBe('restored');
    store.close();
    rmSync(join(root, 'cache'), { recursive: true });
    openAt(profile);
    expect(await guard.checkAtStart()).toBe('restored');
  });

  it.each([
    ['of another instance', () => `${'F'.repeat(32)} 0000000000000000\n`],
    ['torn', () => 'ABC'],
    ['empty', () => ''],
  ])('is found at start: an outside copy that is %s', async (_what, content) => {
    await guard.checkAtStart();
    writeFileSync(copyFile(), content());
    expect(await restart()).toBe('restored');
  });

  it('is found at a raise, before the stanza leaves', async () => {
    await guard.checkAtStart();
    await send();
    // The other copy of this store, in the same place, has gone on meanwhile.
    const [id = ''] = readFileSync(copyFile(), 'latin1').split(' ');
    writeFileSync(copyFile(), `${id} 0000000000000007\n`);
    await expect(send()).rejects.toThrow(code('store-restored'));
    await expect(send()).rejects.toThrow(code('store-restored'));
    await expect(guard.settle()).rejects.toThrow(code('store-restored'));
    expect(await restart()).toBe('restored');
  });

  it('is found at a raise: the outside copy is gone', async () => {
    await guard.checkAtStart();
    rmSync(copyFile());
    await expect(send()).rejects.toThrow(code('store-restored'));
    expect(existsSync(join(root, 'cache', 'signet', 'CACHEDIR.TAG'))).toBe(true);
  });

  it('sends nothing until it is a new instance, whose other changes are in the same transaction', async () => {
    await guard.checkAtStart();
    const before = store.meta.text('instance-id');
    rmSync(copyFile());
    expect(await restart()).toBe('restored');
    expect(() => store.transaction(guard.raise)).toThrow(code('store-restored'));
    await expect(
      guard.renew(() => {
        throw new Error('crash');
      }),
    ).rejects.toThrow('crash');
    expect(store.meta.text('instance-id')).toBe(before);
    await guard.renew(() => {
      store.meta.set('also', 1);
    });
    expect(store.meta.text('instance-id')).not.toBe(before);
    expect(store.meta.number('also')).toBe(1);
    await send();
    expect(await restart()).toBe('same');
  });
});

describe('the outside copy in a key store', () => {
  it('works alike', async () => {
    const secrets = new Map<string, string>();
    const keychain = {
      get: (name: string) => Promise.resolve(secrets.get(name)),
      set: (name: string, secret: string) => Promise.resolve(void secrets.set(name, secret)),
      delete: (name: string) => Promise.resolve(void secrets.delete(name)),
    };
    store.close();
    openAt(profile, keychainCopy(keychain, profile));
    expect(await guard.checkAtStart()).toBe('fresh');
    await send();
    store.close();
    openAt(profile, keychainCopy(keychain, profile));
    expect(await guard.checkAtStart()).toBe('same');
    secrets.clear();
    await expect(send()).rejects.toThrow(code('store-restored'));
  });
});
