/**
 * The vault: where the store's key is, and every way back to it.
 *
 *   new ──create/unlock──► open ◄──────────── the key in the keychain
 *                           ▲  ▲
 *          passphrase ──────┘  └── retry (the user unlocked the keychain)
 *   keychain-locked, keychain-absent, keychain-emptied, passphrase-needed ──startAfresh──► new
 *
 * A profile is a folder: `vault.json` (vault-file.ts), `store.db`, `lock`. The key is random; it is in the keychain, or
 * under a passphrase in `vault.json`, or both; never in a plain file.
 */

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { SignetError } from '../../src-shared/errors.ts';
import type { VaultState } from '../../src-shared/models.ts';
import { checkPassphrase, openKey, sealKey } from './passphrase.ts';
import { lockProfile } from './profile-lock.ts';
import { openStore, STORE_FILE, type Store } from './store.ts';
import { flushFolder, readVaultFile, writeVaultFile, type VaultFile } from './vault-file.ts';

/** The keychain as the vault needs it (src-main/keychain/keychain.ts is one). */
export interface SecretStore {
  get(name: string): Promise<string | undefined>;
  set(name: string, secret: string): Promise<void>;
  delete(name: string): Promise<void>;
}

export interface VaultOptions {
  /** The profile's folder; made where it is not there. */
  readonly dir: string;
  readonly keychain: SecretStore;
  readonly random: (octets: number) => Uint8Array;
  readonly clock: { now(): number };
}

export interface Vault {
  /** As of the last call. Before the first {@link Vault.open} what the files alone tell. */
  readonly state: VaultState;
  /** The open store, or undefined. */
  readonly store: Store | undefined;
  /**
   * Tries the keychain; at start and for `vault.retry`.
   * @throws SignetError `store-damaged`, `store-newer`, `profile-unwritable`
   */
  open(): Promise<VaultState>;
  /** Makes the store, its key in the keychain. @throws SignetError `keychain-locked`, `keychain-absent` */
  create(): Promise<VaultState>;
  /**
   * Opens the store with the passphrase and puts the key back where the keychain lost it; a profile without a store gets
   * one under this passphrase (and in the keychain, where there is one).
   * @throws SignetError `wrong-passphrase`, `passphrase-weak` (a new store), `store-damaged` …
   */
  unlock(passphrase: string): Promise<VaultState>;
  /** @throws SignetError `vault-locked`, `passphrase-weak` */
  setPassphrase(passphrase: string): Promise<VaultState>;
  /** Refused unless the keychain proves to hold the key. @throws SignetError `vault-locked`, `keychain-…` */
  removePassphrase(): Promise<VaultState>;
  /** Moves what is there into a dated folder beside it, deletes nothing, and is `new` again. */
  startAfresh(): Promise<VaultState>;
  /** The account's password: in the keychain or not kept. */
  readonly password: {
    get(): Promise<string | undefined>;
    set(password: string): Promise<void>;
    delete(): Promise<void>;
  };
  /** Closes the store, forgets the key, lets go of the profile. */
  close(): void;
}

const KEY_OCTETS = 32;

/** Locks the profile. @throws SignetError `profile-in-use`, `profile-unwritable`, and what reading `vault.json` throws */
export function createVault({ dir, keychain, random, clock }: VaultOptions): Vault {
  const path = join(dir, 'vault.json');
  const lock = lockProfile(dir);
  let file: VaultFile | undefined;
  let key: Uint8Array | undefined;
  let store: Store | undefined;
  let state: VaultState;
  let queue: Promise<unknown> = Promise.resolve();

  const read = (): VaultState => {
    file = readVaultFile(path);
    if (file !== undefined) {
      const passphrase = file.passphrase !== undefined;
      return file.keychain ? { kind: 'keychain-locked', passphrase } : { kind: 'passphrase-needed' };
    }
    // A store whose vault.json is gone: its key has no name any more.
    return existsSync(join(dir, STORE_FILE))
      ? { kind: 'keychain-emptied', passphrase: false }
      : { kind: 'new', keychain: 'absent' };
  };
  try {
    state = read();
  } catch (error) {
    lock.release();
    throw error;
  }

  /** One at a time: two calls must not both make a key. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work, work);
    queue = done.catch(() => undefined);
    return done;
  };
  const keyName = (of: VaultFile): string => `${of.profile}:store-key`;
  /** The keychain's answer, with what is not an answer as a word. */
  const ask = async (name: string): Promise<{ value: string | undefined } | 'locked' | 'absent'> => {
    try {
      return { value: await keychain.get(name) };
    } catch (error) {
      if (error instanceof SignetError && error.code === 'keychain-locked') return 'locked';
      if (error instanceof SignetError && error.code === 'keychain-absent') return 'absent';
      throw error;
    }
  };
  const needed = (): VaultFile & { readonly key: Uint8Array } => {
    if (file === undefined || key === undefined || store === undefined) throw new SignetError('vault-locked');
    return { ...file, key };
  };
  const save = (next: VaultFile): void => {
    writeVaultFile(path, next);
    file = next;
  };
  const opened = (): VaultState => ({
    kind: 'open',
    keychain: file?.keychain ?? false,
    passphrase: file?.passphrase !== undefined,
  });
  const openWith = (found: Uint8Array): VaultState => {
    store = openStore({ dir, key: found });
    key = found;
    state = opened();
    return state;
  };
  const encoded = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
  const fresh = (): { file: VaultFile; key: Uint8Array } => ({
    file: { version: 1, profile: Buffer.from(random(16)).toString('hex').toUpperCase(), keychain: true },
    key: random(KEY_OCTETS),
  });
  const closeStore = (): void => {
    store?.close();
    store = undefined;
    key?.fill(0);
    key = undefined;
  };

  const open = async (): Promise<VaultState> => {
    if (store !== undefined) return state;
    state = read();
    if (state.kind === 'new') {
      const answer = await ask('store-key');
      state = { kind: 'new', keychain: typeof answer === 'string' ? answer : 'available' };
      return state;
    }
    if (file === undefined || !file.keychain) return state;
    const passphrase = file.passphrase !== undefined;
    const answer = await ask(keyName(file));
    if (typeof answer === 'string') {
      state = { kind: `keychain-${answer}`, passphrase };
      return state;
    }
    const found = Buffer.from(answer.value ?? '', 'base64');
    // Set before opening: where the key turns out not to fit, the way back is the same as where it is gone.
    state = { kind: 'keychain-emptied', passphrase };
    return found.length === KEY_OCTETS ? openWith(Uint8Array.from(found)) : state;
  };

  const unlockNew = async (passphrase: string): Promise<VaultState> => {
    checkPassphrase(passphrase);
    const made = fresh();
    const slot = await sealKey(made.key, passphrase, made.file.profile, random);
    let inKeychain = true;
    try {
      await keychain.set(keyName(made.file), encoded(made.key));
    } catch (error) {
      if (!(error instanceof SignetError)) throw error;
      inKeychain = false;
    }
    save({ ...made.file, keychain: inKeychain, passphrase: slot });
    return openWith(made.key);
  };

  /** Where the keychain has no answer now, the store is open all the same, and the next unlocking tries again. */
  const putBack = async (name: string, secret: string): Promise<void> => {
    const answer = await ask(name);
    if (typeof answer === 'string' || answer.value === secret) return;
    try {
      await keychain.set(name, secret);
    } catch (error) {
      if (!(error instanceof SignetError)) throw error;
    }
  };

  const unlock = async (passphrase: string): Promise<VaultState> => {
    if (store !== undefined) return state;
    if (read().kind === 'new') return unlockNew(passphrase);
    if (file?.passphrase === undefined) throw new SignetError('wrong-passphrase');
    const found = await openKey(file.passphrase, passphrase, file.profile);
    openWith(found);
    if (file.keychain) await putBack(keyName(file), encoded(found));
    return state;
  };

  const startAfresh = async (): Promise<VaultState> => {
    closeStore();
    const aside = join(dir, `old-${new Date(clock.now()).toISOString().replaceAll(':', '-')}`);
    try {
      mkdirSync(aside, { mode: 0o700 });
      // The log before its database: a database whose log is missing still opens, at its last checkpoint.
      for (const name of [`${STORE_FILE}-wal`, STORE_FILE, `${STORE_FILE}-shm`, 'vault.json']) {
        if (existsSync(join(dir, name))) renameSync(join(dir, name), join(aside, name));
      }
      flushFolder(aside);
      flushFolder(dir);
    } catch (error) {
      throw new SignetError('profile-unwritable', { cause: error });
    }
    return open();
  };

  const passwordName = (): string => {
    if (file === undefined) throw new SignetError('vault-locked');
    return `${file.profile}:password`;
  };

  return {
    get state() {
      return state;
    },
    get store() {
      return store;
    },
    open: () => inTurn(open),
    create: () =>
      inTurn(async () => {
        if (store !== undefined) return state;
        if (read().kind !== 'new') throw new SignetError('vault-locked');
        const made = fresh();
        await keychain.set(keyName(made.file), encoded(made.key));
        save(made.file);
        return openWith(made.key);
      }),
    unlock: (passphrase) => inTurn(() => unlock(passphrase)),
    setPassphrase: (passphrase) =>
      inTurn(async () => {
        const { key: held, ...current } = needed();
        save({ ...current, passphrase: await sealKey(held, passphrase, current.profile, random) });
        state = opened();
        return state;
      }),
    removePassphrase: () =>
      inTurn(async () => {
        const { key: held, passphrase: _removed, ...current } = needed();
        if ((await keychain.get(keyName(current))) !== encoded(held)) throw new SignetError('keychain-emptied');
        save({ ...current, keychain: true });
        state = opened();
        return state;
      }),
    startAfresh: () => inTurn(startAfresh),
    password: {
      get: () => keychain.get(passwordName()),
      set: (password) => keychain.set(passwordName(), password),
      delete: () => keychain.delete(passwordName()),
    },
    close: () => {
      closeStore();
      lock.release();
    },
  };
}
