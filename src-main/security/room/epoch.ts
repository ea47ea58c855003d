/**
 * An epoch's secret tree and sender chains (protocol 8). Secrets are computed as senders speak; a node's secret is gone
 * once both children's are there, a slot's once its chain has begun. Everything is a value: nothing is erased before what
 * came out is stored.
 *
 *   secret of height.0 ──► … ──► SCK_slot = CK_0 ──► CK_1 ──► …
 */

import { fromHex } from '../crypto/encoding.ts';
import type { ChainState } from '../association/association.ts';
import { RoomError } from './errors.ts';
import { epochSecret, leftOf, rightOf } from './keys.ts';
import { branch, branchAt, changeAt, leaf, type NodeId, type Tree } from './tree.ts';

/** n of a sender chain at most. */
export const LAST_N = 99_999;
/** Groupchat messages with EncryptedData after a Charter, for which the epoch before serves on. */
export const SERVES_ON = 100;

/** A node's secret, or a leaf's chain; neither where it was used up. */
export type EpochNode = { readonly secret: Uint8Array } | { readonly chain: ChainState } | undefined;

export interface Epoch {
  /** C_e in hex. */
  readonly c: string;
  readonly epoch: number;
  readonly height: number;
  readonly nodes: Tree<EpochNode>;
}

/** C16 = the first 16 hex digits of C_e. */
export const c16Of = ({ c }: Pick<Epoch, 'c'>): string => c.slice(0, 16);

/** The epoch of RK, which the caller erases. */
export function beginEpoch(rk: Uint8Array, { c, epoch, height }: Omit<Epoch, 'nodes'>): Epoch {
  return { c, epoch, height, nodes: branch<EpochNode>({ secret: epochSecret(rk, fromHex(c, 32)) }, undefined, undefined) };
}

/** A slot's chain where it stands, begun where it had not. @throws RoomError `no-keys` where it is used up */
export function chainOf(epoch: Epoch, slot: number): { readonly chain: ChainState; readonly epoch: Epoch } {
  const opened = open(epoch, slot);
  const node = branchAt(opened.nodes, opened.height, leaf(slot))?.value;
  if (node === undefined || !('chain' in node)) throw new RoomError('no-keys');
  return { chain: node.chain, epoch: opened };
}

/** The epoch, as {@link chainOf} gave it, with that slot's chain advanced. */
export function withChain(epoch: Epoch, slot: number, chain: ChainState): Epoch {
  return { ...epoch, nodes: setAt(epoch.nodes, epoch.height, leaf(slot), { chain }) };
}

/** The epoch with the way down to a slot computed. */
function open(epoch: Epoch, slot: number): Epoch {
  if (slot >= 2 ** epoch.height) throw new RoomError('no-keys');
  return { ...epoch, nodes: descend(epoch.nodes, epoch.height, slot) };
}

function descend(tree: Tree<EpochNode>, level: number, slot: number): Tree<EpochNode> {
  if (tree === undefined) return undefined;
  const { value } = tree;
  if (level === 0) {
    // CK_0 = SCK_slot
    return value !== undefined && 'secret' in value
      ? branch<EpochNode>({ chain: { ck: value.secret, n: 0 } }, undefined, undefined)
      : tree;
  }
  let { left, right } = tree;
  if (value !== undefined && 'secret' in value) {
    left = branch<EpochNode>({ secret: leftOf(value.secret) }, undefined, undefined);
    right = branch<EpochNode>({ secret: rightOf(value.secret) }, undefined, undefined);
  }
  const goesLeft = ((slot >> (level - 1)) & 1) === 0;
  const nextLeft = goesLeft ? descend(left, level - 1, slot) : left;
  const nextRight = goesLeft ? right : descend(right, level - 1, slot);
  return nextLeft === tree.left && nextRight === tree.right ? tree : branch<EpochNode>(undefined, nextLeft, nextRight);
}

/** The epoch without anything of these slots: "for slots the Charter left alone". */
export function withoutSlots(epoch: Epoch, slots: readonly number[]): Epoch {
  return slots.reduce((at, slot) => {
    if (slot >= 2 ** at.height) return at;
    const opened = open(at, slot);
    return { ...opened, nodes: setAt(opened.nodes, opened.height, leaf(slot), undefined) };
  }, epoch);
}

function setAt(tree: Tree<EpochNode>, height: number, node: NodeId, value: EpochNode): Tree<EpochNode> {
  return changeAt(
    tree,
    height,
    node,
    (was) => branch(value, was?.left, was?.right),
    (was, left, right) => branch(was?.value, left, right),
  );
}
