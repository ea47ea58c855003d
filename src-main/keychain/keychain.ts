/** The operating system's secret store, through keytar: Secret Service, macOS Keychain, Windows Credential Manager. */

import { randomUUID } from 'node:crypto';
import { SignetError } from '../../src-shared/errors.ts';

/** Secrets by name. Every call tells three cases apart: it worked, the keychain is locked, there is none. */
export interface Keychain {
  /**
   * The secret, or undefined where the keychain is open and holds none of this name.
   * @throws SignetError `keychain-locked`, `keychain-absent`
   */
  get(name: string): Promise<string | undefined>;
  /** @throws SignetError `keychain-locked`, `keychain-absent` */
  set(name: string, secret: string): Promise<void>;
  /** Removes it; removing what is not there is done already. @throws SignetError `keychain-locked`, `keychain-absent` */
  delete(name: string): Promise<void>;
}

/** The part of keytar that is used. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

const SERVICE = 'Signet';
/** A system's prompt may wait for its user for ever; we do not. */
const TIMEOUT_MS = 10_000;
/** What the probe writes; it is removed at once and is no secret. */
const PROBE = 'probe';

/**
 * What each platform's messages mean. Only these words are looked for, and nothing of a message goes further.
 * A Secret Service without a collection and one whose prompt was closed count as locked: unlocking or making it is the way on.
 */
const LOCKED = /locked|\/collection\/|dismissed|prompt|cancel|interaction is not allowed|user name or passphrase/i;

function meaning(error: unknown): SignetError {
  const locked = error instanceof Error && LOCKED.test(error.message);
  return new SignetError(locked ? 'keychain-locked' : 'keychain-absent', { cause: error });
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new SignetError('keychain-locked'));
    }, TIMEOUT_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function platformKeytar(): Promise<Keytar> {
  const module = await import('keytar');
  return 'default' in module ? module.default : module;
}

/** libsecret's first connection is not safe against a second one at the same time: one call of this process after another. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = last.then(work).catch((error: unknown) => {
    throw error instanceof SignetError ? error : meaning(error);
  });
  last = done.catch(() => undefined);
  return done;
}

/**
 * The keychain of the user who runs us. The library is loaded at the first call, so that a system without it (no
 * libsecret) is one more keychain that is absent, not a program that does not start.
 * @param load another implementation, for tests of the mapping
 */
export function createKeychain(load: () => Promise<Keytar> = platformKeytar): Keychain {
  let loaded: Promise<Keytar> | undefined;
  const call = <T>(fn: (keytar: Keytar) => Promise<T>): Promise<T> => inTurn(() => within((loaded ??= load()).then(fn)));

  const get = async (name: string): Promise<string | undefined> => {
    const secret = await call((keytar) => keytar.getPassword(SERVICE, name));
    if (secret !== null) return secret;
    // libsecret finds nothing in a locked collection, without an error. Only a write tells it from an open one.
    // A name of its own: another profile may be asking the same at this moment.
    const probe = `${name}:${PROBE}-${randomUUID()}`;
    await call((keytar) => keytar.setPassword(SERVICE, probe, PROBE));
    await call((keytar) => keytar.deletePassword(SERVICE, probe));
    return undefined;
  };

  return {
    get,
    set: (name, secret) => call((keytar) => keytar.setPassword(SERVICE, name, secret)),
    delete: async (name) => {
      // A locked collection would say "not there"; the look-up that may prompt, or probe, tells.
      if ((await get(name)) !== undefined) await call((keytar) => keytar.deletePassword(SERVICE, name));
    },
  };
}
