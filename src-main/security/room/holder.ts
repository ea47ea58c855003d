/**
 * The holder's side (protocol 8): the admin device that made a key tree knows all of it, and writes the Charters that use
 * it. What it writes it applies only on seeing it reflected by the room; until then both states stand side by side.
 */

import type { BareJid } from '../../../src-shared/jid.ts';
import type { DeviceId } from '../../../src-shared/ids.ts';
import type { Element } from '../../xml/element.ts';
import { hexUpper } from '../crypto/encoding.ts';
import { wrap } from '../crypto/key-wrap.ts';
import type { Random } from '../ports.ts';
import type { SigningCredential } from '../xmlsec/signature.ts';
import { adminOf, type Chain } from './chain.ts';
import { NO_PREVIOUS, writeCharter, type WrappedKey } from './charter.ts';
import { RoomError } from './errors.ts';
import { adv, confirmOf, kek } from './keys.ts';
import type { PathKeys } from './path.ts';
import { needsTransport, plan, type Change, type Plan } from './plan.ts';
import { emptyRoster, memberWith, rosterHash, type Member } from './roster.ts';
import { branch, branchAt, changeAt, leaf, wayUp, type NodeId, type Tree, type TreeId } from './tree.ts';

/** The K of every node. */
export type KeyTree = Tree<Uint8Array>;

/** A Charter that was written, with the keys it makes. */
export interface Written {
  readonly element: Element;
  readonly tree: TreeId;
  /** After step 5. */
  readonly keys: KeyTree;
  readonly rk: Uint8Array;
  /** Whom to send a KeyTransport once the Charter is reflected, with their keys after step 4. The author's own is among them. */
  readonly transports: readonly { readonly to: Member; readonly path: PathKeys }[];
}

export interface Author {
  readonly device: DeviceId;
  readonly credential: SigningCredential;
}

/**
 * Writes the Charter of the next epoch under the tree that the author holds; `keys` undefined: under a new tree, which is
 * the first Charter or a take-over.
 * @throws RoomError what {@link plan} does, `signer` or `author-gone` where it would not count
 */
export function write(
  chain: Chain | undefined,
  held: KeyTree,
  room: BareJid,
  change: Omit<Change, 'newTree'>,
  author: Author,
  random: Random,
): Written {
  const newTree = held === undefined || chain === undefined;
  const planned = plan(chain?.roster ?? emptyRoster(0), { ...change, newTree });
  // What would not count is not written.
  adminOf(chain?.roster ?? planned.after, { signer: author.credential.fp, device: author.device });
  if (memberWith(planned.after, author.device) === undefined) throw new RoomError('author-gone');
  const { keys, wraps } = newTree ? { keys: undefined, wraps: [] } : rekey(held, planned, random);
  // 4. Added slots and missing ancestors get fresh keys.
  const filled = needsTransport(planned).reduce((tree, { slot }) => fill(tree, change.height, slot, random), keys);
  // 5. RK = the root's key. The root's key becomes adv(RK).
  const rk = filled?.value;
  if (filled === undefined || rk === undefined) throw new RoomError('no-admin');
  const tree = newTree ? hexUpper(random(8)) : chain.tree;
  const element = writeCharter(
    {
      ...{ room, tree, height: change.height, device: author.device, removes: change.removes, adds: change.adds, keys: wraps },
      epoch: chain === undefined ? 0 : chain.epoch + 1,
      previous: chain?.c ?? NO_PREVIOUS,
      roster: rosterHash(planned.after),
      confirm: confirmOf(rk),
    },
    author.credential,
  );
  const transports = needsTransport(planned).map((to) => ({ to, path: pathOf(filled, change.height, to.slot) }));
  return { element, tree, keys: branch(adv(rk), filled.left, filled.right), rk, transports };
}

/** Steps 1 to 3 under a tree that stays. */
function rekey(held: KeyTree, planned: Plan, random: Random): { readonly keys: KeyTree; readonly wraps: readonly WrappedKey[] } {
  const { before, height, replaced } = planned;
  // 1. nodes with nothing below vanish; new ones stand above the old root
  let keys = prune(held, before.height, planned);
  for (let h = before.height; h < height && keys !== undefined; h++) keys = branch(keys.value, keys, undefined);
  const wraps: WrappedKey[] = [];
  for (const { node, children } of replaced) {
    const key = random(32);
    // 2. a wrap under kek of each existing child's key, left then right
    for (const child of children) {
      const under = kek(keyAt(keys, height, child));
      wraps.push({ child, node, wrapped: wrap(under, key) });
      under.fill(0);
    }
    keys = withKey(keys, height, node, key);
  }
  // 3. Every key that served as a child's in step 2 is replaced by adv(key).
  for (const { children } of replaced)
    for (const child of children) keys = withKey(keys, height, child, adv(keyAt(keys, height, child)));
  return { keys, wraps };
}

function prune(keys: KeyTree, height: number, { removes, before }: Plan): KeyTree {
  const gone = (tree: KeyTree): KeyTree => (tree?.left === undefined && tree?.right === undefined ? undefined : tree);
  return removes.reduce(
    (tree, slot) =>
      changeAt(
        tree,
        height,
        leaf(slot),
        () => undefined,
        (was, left, right) => (was === undefined ? undefined : gone(branch(was.value, left, right))),
      ),
    before.root === undefined ? undefined : keys,
  );
}

function keyAt(keys: KeyTree, height: number, node: NodeId): Uint8Array {
  const key = branchAt(keys, height, node)?.value;
  if (key === undefined) throw new RoomError('no-keys');
  return key;
}

function withKey(keys: KeyTree, height: number, node: NodeId, key: Uint8Array): KeyTree {
  return changeAt(
    keys,
    height,
    node,
    (was) => branch(key, was?.left, was?.right),
    (was, left, right) => branch(was?.value ?? new Uint8Array(0), left, right),
  );
}

/** The slot's leaf, and what is missing above it, with fresh keys. */
function fill(keys: KeyTree, height: number, slot: number, random: Random): KeyTree {
  return changeAt(
    keys,
    height,
    leaf(slot),
    () => branch(random(32), undefined, undefined),
    (was, left, right) => branch(was?.value ?? random(32), left, right),
  );
}

/** The keys of a slot and its ancestors. */
export function pathOf(keys: KeyTree, height: number, slot: number): PathKeys {
  return { slot, keys: wayUp(slot, height).map((node) => keyAt(keys, height, node)) };
}
