/**
 * The roster of a secure room (protocol 8): which device has which slot, decided by the members and never by the server,
 * under a hash tree of the key tree's shape.
 */

import type { DeviceId, Fingerprint } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { concat, fromHex, hexUpper, lp, u32 } from '../crypto/encoding.ts';
import { sha256 } from '../crypto/hash.ts';
import { slotOf, withDevice, type DeviceIndex } from './device-index.ts';
import { branchAt, changeAt, heightFor, leaf, walk, type Branch, type NodeId, type Tree } from './tree.ts';

/** Devices in a room at most (protocol 10). */
export const MAX_DEVICES = 20_000;

export type Role = 'admin' | 'member';

/** One device in the room; keys belong to (jid, fp, device). */
export interface Member {
  readonly slot: number;
  readonly jid: BareJid;
  readonly role: Role;
  readonly fp: Fingerprint;
  readonly device: DeviceId;
}

interface Below {
  readonly hash: Uint8Array;
  readonly devices: number;
  readonly admins: number;
  /** Of a leaf. */
  readonly member?: Member;
}

export interface Roster {
  readonly height: number;
  readonly root: Tree<Below>;
  readonly devices: DeviceIndex;
}

const ZERO = Uint8Array.of(0);
const ONE = Uint8Array.of(1);
/** "a node with nothing below is 32 zero octets" */
const NOTHING = new Uint8Array(32);

export const emptyRoster = (height: number): Roster => ({ height, root: undefined, devices: undefined });
export const rosterOf = (height: number, members: Iterable<Member>): Roster => {
  let roster = emptyRoster(height);
  for (const member of members) roster = withMember(roster, member);
  return roster;
};

/** The root of the hash tree, in hex: the `roster` of a Charter. */
export const rosterHash = ({ root }: Roster): string => hexUpper(root?.value.hash ?? NOTHING);
export const devicesOf = ({ root }: Roster): number => root?.value.devices ?? 0;
export const adminsOf = ({ root }: Roster): number => root?.value.admins ?? 0;

/** Whether a slot below the node is occupied: only then the node exists. */
export const nodeExists = ({ root, height }: Roster, node: NodeId): boolean => branchAt(root, height, node) !== undefined;
export const memberAt = ({ root, height }: Roster, slot: number): Member | undefined =>
  slot >= 2 ** height ? undefined : branchAt(root, height, leaf(slot))?.value.member;

/** By slot, ascending. */
export function* membersOf({ root, height }: Roster): Generator<Member> {
  for (const [, { member }] of walk(root, height)) if (member !== undefined) yield member;
}

export function memberWith(roster: Roster, device: DeviceId): Member | undefined {
  const slot = slotOf(roster.devices, device);
  return slot === undefined ? undefined : memberAt(roster, slot);
}

/** The slot must fit and be free, and the device be in no other. */
export function withMember(roster: Roster, member: Member): Roster {
  const value = { hash: leafHash(member), devices: 1, admins: member.role === 'admin' ? 1 : 0, member };
  return change(roster, member.slot, { value }, withDevice(roster.devices, member.device, member.slot));
}

export function withoutSlot(roster: Roster, slot: number): Roster {
  const member = memberAt(roster, slot);
  return member === undefined ? roster : change(roster, slot, undefined, withDevice(roster.devices, member.device, undefined));
}

function change({ height, root }: Roster, slot: number, to: Tree<Below>, devices: DeviceIndex): Roster {
  const changed = changeAt(
    root,
    height,
    leaf(slot),
    () => to,
    (_, left, right) => join(left, right),
  );
  return { height, root: changed, devices };
}

/** The same members under a root of another height; undefined where a slot does not fit. */
export function withHeight({ height, root, devices }: Roster, wanted: number): Roster | undefined {
  let at = root;
  for (let h = height; h < wanted; h++) at = join(at, undefined);
  for (let h = height; h > wanted; h--) {
    if (at?.right !== undefined) return undefined;
    at = at?.left;
  }
  return { height: wanted, root: at, devices };
}

/** The lowest slots that are free, `count` of them; beyond the height where it is full. */
export function freeSlots(roster: Roster, count: number): number[] {
  const slots: number[] = [];
  for (let slot = 0; slots.length < count; slot++) if (memberAt(roster, slot) === undefined) slots.push(slot);
  return slots;
}

/** The height that a roster needs: never under what it has. */
export const heightWith = ({ height }: Roster, slots: readonly number[]): number => Math.max(height, ...slots.map(heightFor));

/** SHA-256(0x00 | u32(slot) | lp(jid) | lp(role) | fp | device) */
function leafHash({ slot, jid, role, fp, device }: Member): Uint8Array {
  return sha256(concat(ZERO, u32(slot), lp(jid), lp(role), fromHex(fp), fromHex(device)));
}

/** SHA-256(0x01 | left | right) */
function join(left: Tree<Below>, right: Tree<Below>): Branch<Below> | undefined {
  if (left === undefined && right === undefined) return undefined;
  const hash = sha256(concat(ONE, left?.value.hash ?? NOTHING, right?.value.hash ?? NOTHING));
  const devices = (left?.value.devices ?? 0) + (right?.value.devices ?? 0);
  const admins = (left?.value.admins ?? 0) + (right?.value.admins ?? 0);
  return { value: { hash, devices, admins }, ...(left !== undefined && { left }), ...(right !== undefined && { right }) };
}
