/**
 * The charter chain (protocol 8): which Charter counts, and the roster and holder after it. No key is needed to follow it,
 * so every device can, also one that has lost its keys.
 *
 *   nothing ──epoch 0──► epoch 0 ──first that counts──► epoch 1 ──► …        what does not count changes nothing
 */

import type { DeviceId } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { NO_PREVIOUS, type SignedCharter, type WrappedKey } from './charter.ts';
import { RoomError } from './errors.ts';
import { plan, type Plan, type Replaced } from './plan.ts';
import { emptyRoster, memberWith, rosterHash, type Member, type Roster } from './roster.ts';
import { sameNode, type TreeId } from './tree.ts';

export interface Chain {
  readonly room: BareJid;
  readonly epoch: number;
  /** C_e, in hex. */
  readonly c: string;
  readonly tree: TreeId;
  readonly roster: Roster;
  /** The admin device that made the tree, and alone may use it. */
  readonly holder: DeviceId;
}

export interface Followed {
  readonly chain: Chain;
  readonly plan: Plan;
  /** Who made the change, as the roster had them when it was made. */
  readonly author: Member;
}

/**
 * The chain after a Charter that counts.
 * @param before undefined before epoch 0
 * @throws RoomError a {@link VoidReason}
 */
export function follow(before: Chain | undefined, room: BareJid, charter: SignedCharter): Followed {
  if (charter.room !== room) throw new RoomError('room');
  if (charter.epoch !== (before === undefined ? 0 : before.epoch + 1)) throw new RoomError('epoch');
  if (charter.previous !== (before?.c ?? NO_PREVIOUS)) throw new RoomError('previous');
  const newTree = charter.tree !== before?.tree;
  // "its signer (KeyName, `device`) is an admin of the roster before it (at epoch 0: of its own), whatever it changes there"
  if (before !== undefined) adminOf(before.roster, charter);
  if (!newTree && charter.device !== before.holder) throw new RoomError('holder');
  const { height, removes, adds } = charter;
  const planned = plan(before?.roster ?? emptyRoster(0), { height, newTree, removes, adds });
  const author = adminOf(before?.roster ?? planned.after, charter);
  if (memberWith(planned.after, charter.device) === undefined) throw new RoomError('author-gone');
  if (!wrapsAre(planned.replaced, charter.keys)) throw new RoomError('keys');
  if (rosterHash(planned.after) !== charter.roster) throw new RoomError('roster');
  const chain = { room, epoch: charter.epoch, c: charter.c, tree: charter.tree, roster: planned.after, holder: charter.device };
  return { chain, plan: planned, author };
}

/** The admin of a roster that signs so. @throws RoomError `signer` */
export function adminOf(roster: Roster, { signer, device }: Pick<SignedCharter, 'signer' | 'device'>): Member {
  const author = memberWith(roster, device);
  if (author?.fp !== signer || author.role !== 'admin') throw new RoomError('signer');
  return author;
}

/** "the EncryptedKeys are … exactly those of step 2 in order": a wrap under each existing child, left then right. */
function wrapsAre(replaced: readonly Replaced[], keys: readonly WrappedKey[]): boolean {
  let at = 0;
  for (const { node, children } of replaced) {
    for (const child of children) {
      const key = keys[at++];
      if (key === undefined || !sameNode(key.node, node) || !sameNode(key.child, child)) return false;
    }
  }
  return at === keys.length;
}
