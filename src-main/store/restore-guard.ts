/**
 * Tells whether the store was restored or copied (protocol 6.5): ratchets do not survive copying.
 *
 * The store holds a random instance id and a counter that every advance of a sending chain raises; the same pair lies
 * outside what backups cover. The outside copy is written after the commit and before the stanza leaves:
 *
 *   transaction { CK_(n+1), counter + 1 }  ──►  outside := counter  ──►  stanza
 *        a crash here ─────────────────────┘ leaves the outside copy behind, which is fine;
 *   it is never ahead of the store, unless the store went back.
 */

import { SignetError } from '../../src-shared/errors.ts';
import type { Store } from './store.ts';

export interface Instance {
  /** 32 upper-case hex digits. */
  readonly id: string;
  readonly counter: number;
}

/** The copy outside what backups cover. `write` returns (or resolves) once durable. */
export interface OutsideCopy {
  /** Undefined where it is missing or no pair of ours. */
  read(): Instance | undefined | Promise<Instance | undefined>;
  write(instance: Instance): void | Promise<void>;
}

export interface RestoreGuard {
  /**
   * `fresh`: a new store, now marked. `same`: go on. `restored`: every SA must turn decrypt-only and the device take a new
   * id, inside {@link RestoreGuard.renew}; until then nothing can be raised.
   */
  checkAtStart(): Promise<'fresh' | 'same' | 'restored'>;
  /** Inside the transaction that advances a sending chain. @throws SignetError `store-restored` before a good check */
  raise(): void;
  /**
   * After that commit, before the stanza leaves. Cheap where nothing was raised since; one call covers all raises before it.
   * @throws SignetError `store-restored`: the stanza must not leave; do as after `restored`
   */
  settle(): Promise<void>;
  /** A new instance; `also` runs in the same transaction (decrypt-only, the new device id). */
  renew(also: () => void): Promise<void>;
}

const ID = 'instance-id';
const COUNTER = 'instance-counter';

export function createRestoreGuard(ports: {
  readonly store: Pick<Store, 'meta' | 'transaction'>;
  readonly outside: OutsideCopy;
  readonly random: (octets: number) => Uint8Array;
}): RestoreGuard {
  const { store, outside, random } = ports;
  /** What the outside copy holds as far as we know: undefined before a good check and after a bad one. */
  let known: Instance | undefined;
  let running: Promise<void> = Promise.resolve();

  const inside = (): Instance | undefined => {
    const id = store.meta.text(ID);
    return id === undefined ? undefined : { id, counter: store.meta.number(COUNTER) ?? 0 };
  };
  const write = async (instance: Instance): Promise<void> => {
    await outside.write(instance);
    known = instance;
  };
  const renew = async (also: () => void): Promise<void> => {
    const instance: Instance = { id: Buffer.from(random(16)).toString('hex').toUpperCase(), counter: 0 };
    store.transaction(() => {
      store.meta.set(ID, instance.id);
      store.meta.set(COUNTER, instance.counter);
      also();
    });
    await write(instance);
  };
  const settle = async (): Promise<void> => {
    const now = inside();
    if (now === undefined || known === undefined) throw new SignetError('store-restored');
    if (now.id === known.id && now.counter === known.counter) return;
    const found = await outside.read();
    // Ahead of what we last wrote: another process went on from a copy of this store.
    if (found === undefined || found.id !== now.id || found.counter > known.counter) {
      known = undefined;
      throw new SignetError('store-restored');
    }
    await write(now);
  };

  return {
    checkAtStart: async () => {
      const instance = inside();
      if (instance === undefined) {
        await renew(() => undefined);
        return 'fresh';
      }
      const found = await outside.read();
      if (found === undefined || found.id !== instance.id || found.counter > instance.counter) return 'restored';
      await write(instance);
      return 'same';
    },
    raise: () => {
      if (known === undefined) throw new SignetError('store-restored');
      store.meta.increment(COUNTER);
    },
    settle: () => {
      // One after another, so that an older value never lands on a newer one.
      const done = running.then(settle, settle);
      running = done.catch(() => undefined);
      return done;
    },
    renew,
  };
}
