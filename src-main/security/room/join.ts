/**
 * How a newcomer gets the chain (protocol 8): from its own Charter, which a KeyTransport names, backwards by `previous` to
 * the last posted roster that fits, and forward again. What is off that chain is ignored.
 */

import type { BareJid } from '../../../src-shared/jid.ts';
import { follow, type Chain } from './chain.ts';
import type { SignedCharter } from './charter.ts';
import { RoomError } from './errors.ts';
import { rosterHash, type Roster } from './roster.ts';

export interface Past {
  /** A Charter of the room's archive by its C_e; two can have one epoch, not one hash. */
  charter(c: string): SignedCharter | undefined;
  /** The posted roster of an epoch whose hash is this; undefined where none was posted, or none fits. */
  roster(epoch: number, height: number, hash: string): Roster | undefined;
}

export type Joined =
  | { readonly kind: 'chain'; readonly chain: Chain; readonly before?: Chain; readonly charter: SignedCharter }
  /** More of the archive is needed: this Charter, or the roster of one before it. */
  | { readonly kind: 'more'; readonly missing: string }
  /** What is there does not fit together. */
  | { readonly kind: 'broken' };

/** Charters on the way back; a roster is posted each 64 epochs, so many more than that say that none fits. */
const MAX_BACK = 4096;

export function joinAt(room: BareJid, c: string, past: Past): Joined {
  const way: SignedCharter[] = [];
  for (let at = c; ;) {
    const charter = past.charter(at);
    if (charter === undefined || charter.room !== room) return { kind: 'more', missing: at };
    if (way.length >= MAX_BACK) return { kind: 'broken' };
    way.unshift(charter);
    if (charter.epoch === 0) return forward(room, undefined, way);
    const roster = past.roster(charter.epoch, charter.height, charter.roster);
    // The author of a Charter under a tree is its holder: nobody else's would have counted.
    if (roster !== undefined) return forward(room, chainOf(charter, roster), way.slice(1), charter);
    at = charter.previous;
  }
}

const chainOf = (charter: SignedCharter, roster: Roster): Chain => ({
  ...{ room: charter.room, epoch: charter.epoch, c: charter.c, tree: charter.tree, roster, holder: charter.device },
});

function forward(room: BareJid, start: Chain | undefined, way: readonly SignedCharter[], first?: SignedCharter): Joined {
  let chain = start;
  let before: Chain | undefined;
  let last = first;
  try {
    for (const charter of way) {
      before = chain;
      ({ chain } = follow(chain, room, charter));
      last = charter;
    }
  } catch (error) {
    if (error instanceof RoomError) return { kind: 'broken' };
    throw error;
  }
  if (chain === undefined || last === undefined || rosterHash(chain.roster) !== last.roster) return { kind: 'broken' };
  return { kind: 'chain', chain, charter: last, ...(before !== undefined && { before }) };
}
