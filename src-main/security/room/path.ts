/**
 * A device's own keys: those of its leaf and of the nodes above it (protocol 8, steps 2, 3 and 5). A step is pure: the
 * old keys stay as they are until the new ones are stored, and are erased then.
 */

import { unwrap } from '../crypto/key-wrap.ts';
import type { Charter } from './charter.ts';
import { RoomError } from './errors.ts';
import { adv, confirmOf, kek } from './keys.ts';
import { sameNode, wayUp } from './tree.ts';

/** K of 0.s and its ancestors, keys[h] of level h, 32 octets each. */
export interface PathKeys {
  readonly slot: number;
  readonly keys: readonly Uint8Array[];
}

export interface Stepped {
  /** After step 5. */
  readonly path: PathKeys;
  /** The root's key: makes the epoch, and is erased. */
  readonly rk: Uint8Array;
}

/** What a device's keys need of a Charter that counts. */
export type Rekeying = Pick<Charter, 'height' | 'keys' | 'confirm'>;

/**
 * Steps 2 to 5 of a Charter that counts, for a device that held its keys before and whose slot and tree it left alone.
 * Since it counts, its EncryptedKeys are those of step 2 and no others: one on our way up names a node that was replaced.
 * @throws RoomError `no-keys` where a key does not unwrap or `confirm` fails
 */
export function applyToPath(path: PathKeys, { height, keys: wraps, confirm }: Rekeying): Stepped {
  const keys = [...path.keys];
  const used: number[] = [];
  // 2. bottom up: a replaced key comes under kek of the child's, the child's new key if it was replaced too
  let below: Uint8Array | undefined;
  for (const [h, node] of wayUp(path.slot, height).entries()) {
    const child = { h: h - 1, i: path.slot >> (h - 1) };
    const wrapped = h === 0 ? undefined : wraps.find((w) => sameNode(w.node, node) && sameNode(w.child, child))?.wrapped;
    if (wrapped !== undefined) {
      keys[h] = unwrapUnder(below, wrapped);
      used.push(h - 1);
    }
    below = keys[h];
  }
  // 3. Every key that served as a child's in step 2 is replaced by adv(key).
  for (const h of used) keys[h] = adv(keys[h] ?? new Uint8Array(0));
  return lastStep({ slot: path.slot, keys }, { height, confirm });
}

function unwrapUnder(childKey: Uint8Array | undefined, wrapped: Uint8Array): Uint8Array {
  if (childKey === undefined) throw new RoomError('no-keys');
  const under = kek(childKey);
  try {
    return unwrap(under, wrapped);
  } catch (cause) {
    throw new RoomError('no-keys', { cause });
  } finally {
    under.fill(0);
  }
}

/**
 * 5. RK = the root's key, which becomes adv(RK). For keys that came by KeyTransport this is the first step: they are the
 * state after step 4.
 * @throws RoomError `no-keys` where one is missing or `confirm` fails
 */
export function lastStep({ slot, keys }: PathKeys, { height, confirm }: Pick<Rekeying, 'height' | 'confirm'>): Stepped {
  const rk = keys[height];
  if (rk === undefined || keys.length !== height + 1 || confirmOf(rk) !== confirm) throw new RoomError('no-keys');
  return { path: { slot, keys: [...keys.slice(0, -1), adv(rk)] }, rk };
}
