/**
 * A device's own keys: those of its leaf and of the nodes above it (protocol 8, steps 2, 3 and 5). A step is pure: the
 * old keys stay as they are until the new ones are stored, and are erased then.
 */

import { unwrap } from '../crypto/key-wrap.ts';
import type { WrappedKey } from './charter.ts';
import { RoomError } from './errors.ts';
import { adv, confirmOf, kek } from './keys.ts';
import type { Plan } from './plan.ts';
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

/**
 * Steps 2 to 5 of a Charter for a device that held its keys before, and that it left in its slot.
 * @throws RoomError `no-keys` where a key does not unwrap or `confirm` fails
 */
export function applyToPath(path: PathKeys, { replaced, height }: Plan, wraps: readonly WrappedKey[], confirm: string): Stepped {
  const way = wayUp(path.slot, height);
  // 2. bottom up: a replaced key comes under kek of the child's, the child's new key if it was replaced too
  const keys: Uint8Array[] = way.map((_, h) => path.keys[h] ?? new Uint8Array(0));
  const used = new Set<number>();
  for (const { node } of replaced) {
    if (way[node.h]?.i !== node.i) continue;
    const child = node.h - 1;
    keys[node.h] = unwrapFor(node.h, keys[child], wraps);
    used.add(child);
  }
  // 3. Every key that served as a child's in step 2 is replaced by adv(key).
  for (const h of used) keys[h] = adv(keys[h] ?? new Uint8Array(0));
  return lastStep({ slot: path.slot, keys }, confirm);

  function unwrapFor(h: number, childKey: Uint8Array | undefined, from: readonly WrappedKey[]): Uint8Array {
    const [node, child] = [way[h], way[h - 1]];
    const key = from.find((w) => node !== undefined && child !== undefined && sameNode(w.node, node) && sameNode(w.child, child));
    if (key === undefined || childKey === undefined) throw new RoomError('no-keys');
    const under = kek(childKey);
    try {
      return unwrap(under, key.wrapped);
    } catch (cause) {
      throw new RoomError('no-keys', { cause });
    } finally {
      under.fill(0);
    }
  }
}

/**
 * 5. RK = the root's key, which becomes adv(RK). For a device whose keys came by KeyTransport, the state after step 4.
 * @throws RoomError `no-keys` where `confirm` fails
 */
export function lastStep({ slot, keys }: PathKeys, confirm: string): Stepped {
  const rk = keys.at(-1);
  if (rk?.length !== 32 || confirmOf(rk) !== confirm) throw new RoomError('no-keys');
  return { path: { slot, keys: [...keys.slice(0, -1), adv(rk)] }, rk };
}
