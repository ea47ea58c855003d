/**
 * What a change of the roster means for both trees (protocol 8, "A Charter does, in order", steps 1, 2 and 4), before any
 * key: author and members compute the same from the roster alone, so a Charter that says anything else is void.
 */

import { RoomError } from './errors.ts';
import {
  MAX_DEVICES,
  adminsOf,
  devicesOf,
  memberAt,
  memberWith,
  membersOf,
  nodeExists,
  withHeight,
  withMember,
  withoutSlot,
  type Member,
  type Roster,
} from './roster.ts';
import { MAX_HEIGHT, byNode, wayUp, type NodeId } from './tree.ts';

/** Changes in a Charter at most (protocol 10). */
export const MAX_CHANGES = 100;

export interface Change {
  readonly height: number;
  /** A take-over, or the first: all keys fresh, no EncryptedKey. */
  readonly newTree: boolean;
  /** Slots, ascending. */
  readonly removes: readonly number[];
  /** By slot, ascending. */
  readonly adds: readonly Member[];
}

/** A node that gets a fresh key in step 2, with its existing children, left then right: a wrap for each. */
export interface Replaced {
  readonly node: NodeId;
  readonly children: readonly NodeId[];
}

export interface Plan extends Change {
  readonly before: Roster;
  /** After step 1: the removed slots emptied, the height the new one. */
  readonly remaining: Roster;
  readonly after: Roster;
  /** Step 2, ascending h, then i; nothing with a new tree. */
  readonly replaced: readonly Replaced[];
}

/**
 * @param before the roster of the epoch before, empty at epoch 0
 * @throws RoomError `limit`, `slot`, `height`, `empty-slot`, `taken-slot`, `device-twice`, `no-admin`
 */
export function plan(before: Roster, change: Change): Plan {
  const { height, newTree, removes, adds } = change;
  if (removes.length + adds.length > MAX_CHANGES || height > MAX_HEIGHT) throw new RoomError('limit');
  if (!ascending(removes) || !ascending(adds.map((member) => member.slot))) throw new RoomError('slot');
  if (!newTree && height < before.height) throw new RoomError('height');

  // 1. Removed slots are emptied; nodes with nothing below vanish.
  let emptied = before;
  for (const slot of removes) {
    if (memberAt(emptied, slot) === undefined) throw new RoomError('empty-slot');
    emptied = withoutSlot(emptied, slot);
  }
  const remaining = withHeight(emptied, height);
  if (remaining === undefined) throw new RoomError('slot');

  const replaced = newTree ? [] : replacedNodes(before.height, remaining, removes);

  // 4. Added slots
  let after = remaining;
  for (const member of adds) {
    if (member.slot >= 2 ** height) throw new RoomError('slot');
    if (memberAt(after, member.slot) !== undefined) throw new RoomError('taken-slot');
    if (memberWith(after, member.device) !== undefined) throw new RoomError('device-twice');
    after = withMember(after, member);
  }
  if (devicesOf(after) > MAX_DEVICES) throw new RoomError('limit');
  if (adminsOf(after) === 0) throw new RoomError('no-admin');
  return { ...change, before, remaining, after, replaced };
}

/** 2. Every remaining ancestor of a removed slot, and every new node above an old root that remains. */
function replacedNodes(oldHeight: number, remaining: Roster, removes: readonly number[]): Replaced[] {
  const { height } = remaining;
  const nodes = new Map<number, NodeId>();
  const put = (node: NodeId): void => {
    if (nodeExists(remaining, node)) nodes.set(node.h * 2 ** MAX_HEIGHT + node.i, node);
  };
  for (const slot of removes) for (const node of wayUp(slot, height).slice(1)) put(node);
  for (let h = oldHeight + 1; h <= height; h++) put({ h, i: 0 });
  return [...nodes.values()].sort(byNode).map((node) => ({
    node,
    children: [
      { h: node.h - 1, i: 2 * node.i },
      { h: node.h - 1, i: 2 * node.i + 1 },
    ].filter((child) => nodeExists(remaining, child)),
  }));
}

/** Whose slot a change fills: who needs a KeyTransport. With a new tree that is everybody. */
export function needsTransport({ newTree, adds, after }: Plan): readonly Member[] {
  return newTree ? [...membersOf(after)] : adds;
}

function ascending(slots: readonly number[]): boolean {
  return slots.every((slot, i) => i === 0 || slot > (slots[i - 1] ?? slot));
}
