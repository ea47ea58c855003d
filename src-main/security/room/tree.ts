/**
 * The shape that the trees of a room share (protocol 8): slots 0 … 2^height - 1 are the leaves 0.s, node h.i is the parent
 * of (h-1).(2i) and (h-1).(2i+1), height.0 is the root. Trees are values: a change copies the way down to it and shares
 * the rest, so that it costs the height, and what differs between two trees is found by looking where they are not one.
 */

import { RoomError } from './errors.ts';

/** Height of a room's trees at most (protocol 10). */
export const MAX_HEIGHT = 16;

/** Node h.i. */
export interface NodeId {
  readonly h: number;
  readonly i: number;
}

/** 16 hex digits that name one key tree. */
export type TreeId = string;

export const leaf = (slot: number): NodeId => ({ h: 0, i: slot });
export const sameNode = (a: NodeId, b: NodeId): boolean => a.h === b.h && a.i === b.i;
/** Ascending h, then i: the order of step 2. */
export const byNode = (a: NodeId, b: NodeId): number => a.h - b.h || a.i - b.i;

/** `T:h.i`, the name of a node's key on the wire. */
export const nodeName = (tree: TreeId, { h, i }: NodeId): string => `${tree}:${String(h)}.${String(i)}`;

const NAME = /^([0-9A-F]{16}):(0|[1-9][0-9]?)\.(0|[1-9][0-9]{0,4})$/;

/** The node of a name under `tree`. @throws RoomError `malformed` for anything else */
export function readNodeName(name: string, tree: TreeId): NodeId {
  const [, named, h, i] = NAME.exec(name) ?? [];
  const node = { h: Number(h), i: Number(i) };
  if (named !== tree || node.h > MAX_HEIGHT || node.i >= 2 ** (MAX_HEIGHT - node.h)) throw new RoomError('malformed');
  return node;
}

/** A slot's way up: 0.s, its ancestors, the root. */
export function wayUp(slot: number, height: number): NodeId[] {
  return Array.from({ length: height + 1 }, (_, h) => ({ h, i: slot >> h }));
}

/** The least height that has this slot. */
export function heightFor(slot: number): number {
  let height = 0;
  while (slot >> height > 0) height++;
  return height;
}

/** A node with what is known below it. */
export interface Branch<V> {
  readonly value: V;
  readonly left?: Branch<V>;
  readonly right?: Branch<V>;
}

/** Undefined: nothing is in it. */
export type Tree<V> = Branch<V> | undefined;

/** 0 where the way from a node of level `level` down to `node` goes left, 1 for right. */
const turn = (level: number, { h, i }: NodeId): number => (i >> (level - 1 - h)) & 1;

export function branchAt<V>(root: Tree<V>, height: number, node: NodeId): Tree<V> {
  let at = root;
  for (let level = height; level > node.h && at !== undefined; level--) at = turn(level, node) === 0 ? at.left : at.right;
  return at;
}

/** A branch without members that would be undefined. */
export function branch<V>(value: V, left: Tree<V>, right: Tree<V>): Branch<V> {
  return { value, ...(left !== undefined && { left }), ...(right !== undefined && { right }) };
}

/** A tree in which `change` made the node at `node` anew; `rejoin` makes each node above from its two children. */
export function changeAt<V>(
  root: Tree<V>,
  height: number,
  node: NodeId,
  change: (before: Tree<V>) => Tree<V>,
  rejoin: (before: Tree<V>, left: Tree<V>, right: Tree<V>) => Tree<V>,
): Tree<V> {
  if (height === node.h) return change(root);
  return turn(height, node) === 0
    ? rejoin(root, changeAt(root?.left, height - 1, node, change, rejoin), root?.right)
    : rejoin(root, root?.left, changeAt(root?.right, height - 1, node, change, rejoin));
}

/** Every node, from the leaves of the left to the root. */
export function* walk<V>(root: Tree<V>, height: number, i = 0): Generator<readonly [NodeId, V]> {
  if (root === undefined) return;
  yield* walk(root.left, height - 1, 2 * i);
  yield* walk(root.right, height - 1, 2 * i + 1);
  yield [{ h: height, i }, root.value];
}

/** What differs from `before` to `after`, both of this height: the new value, or undefined where a node went. */
export function* differences<V>(
  before: Tree<V>,
  after: Tree<V>,
  height: number,
  i = 0,
): Generator<readonly [NodeId, V | undefined]> {
  if (before === after) return;
  yield* differences(before?.left, after?.left, height - 1, 2 * i);
  yield* differences(before?.right, after?.right, height - 1, 2 * i + 1);
  if (before?.value !== after?.value) yield [{ h: height, i }, after?.value];
}
