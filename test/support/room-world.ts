/**
 * A room in miniature: every device's view over one order of Charters, with what each of them ever held on record, so that
 * a test can ask what anybody could have worked out.
 */

import { createHash } from 'node:crypto';
import type { DeviceId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import { unwrap } from '../../src-main/security/crypto/key-wrap.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import { readCharter, type SignedCharter } from '../../src-main/security/room/charter.ts';
import {
  onCharter,
  onTransport,
  type Outcome,
  type RoomState,
  type Self,
  type Transported,
} from '../../src-main/security/room/device.ts';
import { write, type Author, type Written } from '../../src-main/security/room/holder.ts';
import { adv, kek } from '../../src-main/security/room/keys.ts';
import { emptyRoster, freeSlots, heightWith, membersOf, type Member, type Role } from '../../src-main/security/room/roster.ts';
import { walk } from '../../src-main/security/room/tree.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { serialize } from '../../src-main/xml/serialize.ts';
import { toHex } from './protocol-parties.ts';

export const ROOM = 'war@rooms.example' as BareJid;
const NOW = Date.parse('2026-09-21T14:13:20Z');

/** Numbers that a seed decides. */
export function seeded(seed: string): (below: number) => number {
  let counter = 0;
  return (below) => {
    const octets = createHash('sha256')
      .update(`${seed} ${String(counter++)}`)
      .digest();
    return octets.readUInt32BE(0) % below;
  };
}

/** People share a few credentials: making one a device would take longer than all the rest. */
const credentials = ['alice', 'bob', 'carol'].map((name) =>
  makeSelfSigned({ jid: `${name}@a.example` as BareJid, now: NOW, random: systemRandom }),
);

export class Device {
  readonly self: Self;
  readonly author: Author;
  state: RoomState | undefined;
  written: { c: string; written: Written } | undefined;
  /** Every key that it held, by the epoch after which it held it. */
  readonly held: { readonly epoch: number; readonly keys: readonly string[] }[] = [];

  readonly number: number;

  constructor(number: number) {
    this.number = number;
    const credential = credentials[number % credentials.length];
    if (credential === undefined) throw new Error('no credential');
    const device = number.toString(16).toUpperCase().padStart(16, '0') as DeviceId;
    this.self = { jid: `user${String(number)}@a.example` as BareJid, fp: credential.fp, device };
    this.author = { device, credential };
  }

  member(slot: number, role: Role = 'member'): Member {
    return { slot, role, ...this.self };
  }

  record(epoch: number, extra: readonly Uint8Array[] = []): void {
    const { keys } = this.state ?? {};
    const own =
      keys?.kind === 'path'
        ? keys.path.keys
        : keys?.kind === 'holder'
          ? [...walk(keys.tree, this.state?.chain.roster.height ?? 0)].map(([, key]) => key)
          : [];
    this.held.push({ epoch, keys: [...own, ...extra].map(toHex) });
  }
}

export interface Wish {
  readonly removes?: readonly number[];
  readonly adds?: readonly { readonly device: Device; readonly slot?: number; readonly role?: Role }[];
  readonly newTree?: boolean;
}

export class RoomWorld {
  readonly devices: Device[] = [];
  readonly charters: SignedCharter[] = [];
  /** RK by epoch, as whoever wrote the Charter made it. */
  readonly rks: string[] = [];
  /** Octets of each Charter as serialized. */
  readonly sizes: number[] = [];

  newDevice(): Device {
    const device = new Device(this.devices.length);
    this.devices.push(device);
    return device;
  }

  /** Writes what `author` would send, without sending it. */
  draft(author: Device, { removes = [], adds = [], newTree = false }: Wish): Written {
    const { state } = author;
    const roster = state?.chain.roster;
    const sorted = [...removes].sort((a, b) => a - b);
    const free = roster === undefined ? adds.map((_, i) => i) : freeSlots(roster, adds.length);
    const members = adds
      .map(({ device, slot, role }, i) => device.member(slot ?? free[i] ?? 0, role))
      .sort((a, b) => a.slot - b.slot);
    const slots = members.map(({ slot }) => slot);
    const height = roster === undefined ? heightWith(emptyRoster(0), slots) : heightWith(roster, slots);
    const tree = state?.keys.kind === 'holder' && !newTree ? state.keys.tree : undefined;
    return write(state?.chain, tree, ROOM, { height, removes: sorted, adds: members }, author.author, systemRandom);
  }

  /** The author writes, the room reflects to everybody, and the KeyTransports arrive. */
  commit(author: Device, wish: Wish): Outcome[] {
    const written = this.draft(author, wish);
    const charter = this.read(written);
    author.written = { c: charter.c, written };
    return this.reflect(charter, author);
  }

  read(written: Written): SignedCharter {
    const octets = Buffer.from(serialize(written.element));
    this.sizes.push(octets.length);
    return readCharter(parseDocument(octets));
  }

  reflect(charter: SignedCharter, author: Device): Outcome[] {
    const outcomes = this.devices.map((device) => {
      // Who is not in the roster and never was is not in the room.
      if (device.state === undefined && !charter.adds.some((member) => member.device === device.self.device))
        return { kind: 'void', reason: 'room' } as const;
      const outcome =
        device.state === undefined && device !== author
          ? this.arrive(device, charter, author)
          : onCharter(device.state, ROOM, device.self, charter, device.written);
      if (outcome.kind !== 'void') device.state = outcome.next;
      return outcome;
    });
    const written = author.written?.written;
    if (written !== undefined && author.written?.c === charter.c && author.state?.chain.c === charter.c) {
      this.charters.push(charter);
      this.rks.push(toHex(written.rk));
      for (const { to, path } of written.transports) {
        const device = this.devices.find(({ self }) => self.device === to.device);
        if (device !== undefined && device !== author) this.transport(device, author, charter, path.slot, path.keys);
      }
      author.written = undefined;
    }
    for (const device of this.devices) device.record(charter.epoch);
    return outcomes;
  }

  /** A newcomer takes the chain as it stands before this Charter. */
  private arrive(device: Device, charter: SignedCharter, author: Device): Outcome {
    const { before } = author.state ?? {};
    if (before === undefined || author.state?.chain.c !== charter.c) {
      const at = author.state?.chain;
      if (at === undefined) return onCharter(undefined, ROOM, device.self, charter);
      return onCharter(outsider(device, at), ROOM, device.self, charter);
    }
    return onCharter(outsider(device, before), ROOM, device.self, charter);
  }

  transport(device: Device, from: Device, charter: SignedCharter, slot: number, keys: readonly Uint8Array[]): boolean {
    if (device.state === undefined) return false;
    const sent: Transported = { from: from.self, charter: charter.c, tree: charter.tree, slot, keys };
    const taken = onTransport(device.state, sent);
    if (taken === undefined) return false;
    device.record(charter.epoch, keys);
    device.state = taken.next;
    return true;
  }

  get members(): Device[] {
    const roster = this.devices.find((device) => device.state?.keys.kind === 'holder')?.state?.chain.roster;
    if (roster === undefined) return [];
    const ids = new Set([...membersOf(roster)].map(({ device }) => device));
    return this.devices.filter(({ self }) => ids.has(self.device));
  }

  get holder(): Device {
    const holder = this.devices.find((device) => device.state?.keys.kind === 'holder');
    if (holder === undefined) throw new Error('the room has no holder');
    return holder;
  }

  slotOf(device: Device): number {
    const roster = this.holder.state?.chain.roster;
    const member = roster === undefined ? undefined : [...membersOf(roster)].find((m) => m.device === device.self.device);
    if (member === undefined) throw new Error('no slot');
    return member.slot;
  }
}

const outsider = (device: Device, chain: RoomState['chain']): RoomState => ({
  self: device.self,
  chain,
  keys: { kind: 'outside' },
  sinceCharter: 0,
  rivals: [],
});

/**
 * Every key that follows from these and all recorded Charters, to a fixed point: what a key unwraps, and what becomes of it.
 */
export class Closure {
  private readonly wraps: readonly Uint8Array[];
  private readonly depth: number;
  /** What a key gives in one step; the same whoever holds it. */
  private readonly steps = new Map<string, readonly string[]>();

  /** @param depth how often a key may have been advanced */
  constructor(charters: readonly SignedCharter[], depth: number) {
    this.depth = depth;
    this.wraps = charters.flatMap(({ keys }) => keys.map(({ wrapped }) => wrapped));
  }

  of(start: Iterable<string>): Set<string> {
    const known = new Map<string, number>();
    const waiting: (readonly [key: string, advanced: number])[] = [...start].map((key) => [key, 0]);
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [key, advanced] = next;
      const before = known.get(key);
      if (before !== undefined && before <= advanced) continue;
      known.set(key, advanced);
      for (const inside of this.unwrapped(key)) waiting.push([inside, 0]);
      if (advanced < this.depth) waiting.push([toHex(adv(Buffer.from(key, 'hex'))), advanced + 1]);
    }
    return new Set(known.keys());
  }

  private unwrapped(key: string): readonly string[] {
    let found = this.steps.get(key);
    if (found === undefined) {
      const under = kek(Buffer.from(key, 'hex'));
      found = this.wraps.flatMap((wrapped) => tryUnwrap(under, wrapped));
      this.steps.set(key, found);
    }
    return found;
  }
}

function tryUnwrap(under: Uint8Array, wrapped: Uint8Array): string[] {
  try {
    return [toHex(unwrap(under, wrapped))];
  } catch {
    return [];
  }
}
