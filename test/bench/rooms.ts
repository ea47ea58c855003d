/**
 * Rooms by pure code (issue 5, section 3): what each operation costs in CPU and octets at 10 to 5,000 devices, self-made
 * P-256 credentials, signature and roster hash included; and one removal at 1,000 against a commit of ts-mls.
 */

import type { DeviceId, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import { encodeKeyTransport } from '../../src-main/security/key-transport.ts';
import { Secret } from '../../src-main/security/crypto/secret.ts';
import { readCharter, type SignedCharter } from '../../src-main/security/room/charter.ts';
import { epochOf, onCharter, onTransport, type RoomState, type Self } from '../../src-main/security/room/device.ts';
import { write, type KeyTree, type Written } from '../../src-main/security/room/holder.ts';
import { joinAt } from '../../src-main/security/room/join.ts';
import { openInRoom, protectInRoom } from '../../src-main/security/room/message.ts';
import { heightFor } from '../../src-main/security/room/tree.ts';
import { memberAt, type Member } from '../../src-main/security/room/roster.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { serialize } from '../../src-main/xml/serialize.ts';
import { mlsRemoval } from './rooms-mls.ts';
import { row, type Bench, type BenchRow } from './types.ts';

const SIZES = [10, 100, 1_000, 5_000] as const;
const ROOM = 'war@rooms.example' as BareJid;
const NOW = Date.UTC(2026, 8, 21);
/** What a Charter may add. */
const A_TIME = 100;
const LATE = 100;

const credential = makeSelfSigned({ jid: 'alice@a.example' as BareJid, now: NOW, random: systemRandom });
const selfOf = (i: number): Self => ({
  jid: `user${String(i)}@a.example` as BareJid,
  fp: credential.fp,
  device: i.toString(16).toUpperCase().padStart(16, '0') as DeviceId,
});
const memberOf = (slot: number, i: number): Member => ({ slot, role: i < 2 ? 'admin' : 'member', ...selfOf(i) });

interface Cost {
  /** Microseconds of CPU. */
  readonly us: number;
  readonly octets: number;
}

/** The least of several runs of the same pure step: what others do on the machine only adds. */
function cost<T>(run: () => T, octets: (result: T) => number, times = 15): Cost & { readonly result: T } {
  let best = Infinity;
  let result = run();
  for (let i = 0; i < times; i++) {
    const before = process.cpuUsage();
    result = run();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return { us: best, octets: octets(result), result };
}

/** One admin who holds the tree, and one member, both at the same Charter. */
interface Pair {
  admin: RoomState;
  member: RoomState;
  charters: SignedCharter[];
  /** Octets of all of them. */
  octets: number;
}

interface Wish {
  readonly removes?: readonly number[];
  readonly adds?: readonly Member[];
  readonly by?: Self;
}

const author = (self: Self): { device: DeviceId; credential: typeof credential } => ({ device: self.device, credential });
const heldBy = ({ keys }: RoomState): KeyTree => (keys.kind === 'holder' ? keys.tree : undefined);

function writes(state: RoomState | undefined, held: KeyTree, { removes = [], adds = [], by = selfOf(0) }: Wish): Written {
  const height = Math.max(state?.chain.roster.height ?? 0, ...adds.map(({ slot }) => heightFor(slot)));
  return write(state?.chain, held, ROOM, { height, removes, adds }, author(by), systemRandom);
}

/** As the room delivers it: octets, parsed and verified. */
const octetsOf = (written: Written): Buffer => Buffer.from(`<x xmlns="xmpp:sec">${serialize(written.element, 'xmpp:sec')}</x>`);
const arrives = (octets: Uint8Array): SignedCharter => {
  const charter = parseDocument(octets).child('Charter');
  if (charter === undefined) throw new Error('no Charter');
  return readCharter(charter);
};

function follow(state: RoomState | undefined, self: Self, charter: SignedCharter, mine?: Written): RoomState {
  const outcome = onCharter(state, ROOM, self, charter, mine && { c: charter.c, written: mine });
  if (outcome.kind !== 'followed') throw new Error(outcome.kind);
  return outcome.next;
}

function transport(state: RoomState, charter: SignedCharter, written: Written, from: Self): RoomState {
  const sent = written.transports.find(({ to }) => to.device === state.self.device);
  if (sent === undefined) throw new Error('no KeyTransport');
  const { slot, keys } = sent.path;
  const taken = onTransport(state, { from, charter: charter.c, tree: charter.tree, slot, keys });
  if (taken === undefined) throw new Error('the KeyTransport was not taken');
  return taken.next;
}

/** Adds members 1 … size - 1 in Charters of 100; the member watched is the second. */
function grow(size: number): Pair {
  const first = writes(undefined, undefined, { adds: [memberOf(0, 0)] });
  const charters = [arrives(octetsOf(first))];
  let octets = octetsOf(first).length;
  const [root] = charters;
  if (root === undefined) throw new Error('no Charter');
  let admin = follow(undefined, selfOf(0), root, first);
  let member: RoomState = { ...admin, self: selfOf(1), keys: { kind: 'outside' } };
  for (let i = 1; i < size; i += A_TIME) {
    const adds = Array.from({ length: Math.min(A_TIME, size - i) }, (_, k) => memberOf(i + k, i + k));
    const written = writes(admin, heldBy(admin), { adds });
    const sent = octetsOf(written);
    octets += sent.length;
    const charter = arrives(sent);
    charters.push(charter);
    admin = follow(admin, selfOf(0), charter, written);
    member = follow(member, selfOf(1), charter);
    if (i === 1) member = transport(member, charter, written, selfOf(0));
  }
  return { admin, member, charters, octets };
}

const create = (size: number): Cost => {
  const before = process.cpuUsage();
  const { octets } = grow(size);
  const { user, system } = process.cpuUsage(before);
  return { us: user + system, octets };
};

/** Octets of the KeyTransport for one slot, as content of its message. */
function transportOctets(written: Written, charter: SignedCharter): number {
  const [sent] = written.transports;
  if (sent === undefined) return 0;
  const keys = sent.path.keys.map((key) => new Secret(key.slice()));
  const { epoch, c, tree } = charter;
  const element = encodeKeyTransport({ room: ROOM, epoch, charter: c, tree, slot: sent.path.slot, keys }, systemRandom(32));
  return Buffer.byteLength(serialize(element));
}

interface Sizes {
  readonly size: number;
  readonly rows: ReadonlyMap<string, Cost>;
}

function measure(size: number): Sizes {
  const rows = new Map<string, Cost>([['create', create(size)]]);
  const { admin, member, charters } = grow(size);
  const length = (octets: Uint8Array): number => octets.length;
  const change = (name: string, wish: Wish): void => {
    const sent = cost(
      () => {
        const written = writes(admin, heldBy(admin), wish);
        return { written, octets: octetsOf(written) };
      },
      ({ octets }) => octets.length,
    );
    const { written, octets } = sent.result;
    // The admin reads and applies its own Charter too, on seeing it reflected.
    const applied = cost(
      () => follow(admin, selfOf(0), arrives(octets), written),
      () => 0,
    );
    rows.set(`${name}: admin`, { us: sent.us + applied.us, octets: sent.octets });
    rows.set(
      `${name}: member`,
      cost(
        () => follow(member, selfOf(1), arrives(octets)),
        () => length(octets),
      ),
    );
    if ((wish.adds ?? []).length > 0)
      rows.set(`${name}: KeyTransport`, { us: 0, octets: transportOctets(written, arrives(octets)) });
  };
  const middle = Math.floor(size / 2);
  change('add one', { adds: [memberOf(size, size)] });
  change('remove one', { removes: [middle] });
  const spread = Array.from({ length: 10 }, (_, i) => 2 + Math.floor(((size - 2) * i) / 10)).filter(
    (s, i, all) => all.indexOf(s) === i,
  );
  change('remove ten', { removes: spread });

  // Another admin, who holds nothing, takes over: all keys fresh, a KeyTransport each.
  const other = { ...admin, self: selfOf(1), keys: { kind: 'outside' as const } };
  rows.set(
    'take-over: admin',
    cost(
      () => {
        const written = writes(other, undefined, { by: selfOf(1) });
        const charter = arrives(octetsOf(written));
        for (const { path } of written.transports) {
          const keys = path.keys.map((key) => new Secret(key.slice()));
          const { epoch, c, tree } = charter;
          encodeKeyTransport({ room: ROOM, epoch, charter: c, tree, slot: path.slot, keys }, systemRandom(32));
        }
        return octetsOf(written);
      },
      length,
      3,
    ),
  );
  rows.set('join late', joinLate(admin, charters));
  for (const [name, c] of messages(admin, member)) rows.set(name, c);
  return { size, rows };
}

/** A newcomer 100 epochs after the last posted roster. */
function joinLate(start: RoomState, before: readonly SignedCharter[]): Cost {
  let admin = start;
  const texts: Buffer[] = [];
  let written: Written | undefined;
  for (let i = 0; i < LATE; i++) {
    const adds = i === LATE - 1 ? [memberOf(8_000, 8_000)] : [];
    written = writes(admin, heldBy(admin), { adds });
    const octets = octetsOf(written);
    texts.push(octets);
    admin = follow(admin, selfOf(0), arrives(octets), written);
  }
  const posted = start.chain;
  const last = written;
  if (last === undefined) throw new Error('nothing was written');
  return cost(
    () => {
      const read = [...before.slice(-1), ...texts.map((octets) => arrives(octets))];
      const own = read.at(-1);
      if (own === undefined) throw new Error('no Charter');
      const joined = joinAt(ROOM, own.c, {
        charter: (c) => read.find((charter) => charter.c === c),
        roster: (epoch) => (epoch === posted.epoch ? posted.roster : undefined),
      });
      if (joined.kind !== 'chain') throw new Error(joined.kind);
      const keys = { kind: 'awaiting', slot: 8_000, charter: own, since: [] } as const;
      const state: RoomState = { self: selfOf(8_000), chain: joined.chain, keys, sinceCharter: 0, rivals: [] };
      return transport(state, own, last, selfOf(0));
    },
    () => texts.reduce((sum, octets) => sum + octets.length, 0),
    3,
  );
}

/** After that sender's first in the epoch. */
function messages(admin: RoomState, member: RoomState): [string, Cost][] {
  const from = memberAt(admin.chain.roster, 0);
  if (admin.epoch === undefined || member.epoch === undefined || from === undefined) throw new Error('no epoch');
  const content = [parseDocument('<body xmlns="jabber:client">Hello everybody</body>')];
  const draft = {
    kind: 'message',
    room: ROOM,
    from,
    signer: credential,
    originId: 'one' as OriginId,
    content,
    time: NOW,
  } as const;
  const reader = (state: RoomState) => ({
    room: ROOM,
    epochOf: (c16: string) => epochOf(state, c16),
    memberOf: (_: unknown, slot: number) => memberAt(state.chain.roster, slot),
    numbers: () => ({ used: () => undefined, skipped: () => undefined }),
    isOwn: () => false,
  });
  const first = protectInRoom(draft, admin.epoch, systemRandom);
  const read = (state: RoomState, xml: string) => {
    const opening = openInRoom(parseDocument(xml).withAttrs({ from: `${ROOM}/alice` }), reader(state));
    if (opening.kind !== 'opened') throw new Error(opening.kind);
    return opening;
  };
  const opened: RoomState = { ...member, epoch: read(member, first.stanza.xml).change.epoch };
  const sending = cost(
    () => protectInRoom(draft, first.epoch, systemRandom),
    ({ stanza }) => stanza.xml.length,
    200,
  );
  const { xml } = sending.result.stanza;
  return [
    ['message: send', sending],
    [
      'message: receive',
      cost(
        () => read(opened, xml),
        () => xml.length,
        200,
      ),
    ],
  ];
}

const us = (n: number): string => (n >= 10_000 ? `${(n / 1000).toFixed(0)} ms` : `${(n / 1000).toFixed(2)} ms`);
const kib = (n: number): string => (n === 0 ? '' : `${(n / 1024).toFixed(1)} KiB`);

/** Cost grows as size^exponent, by the two ends. */
function exponent(from: Cost, to: Cost): number {
  return Math.log(to.us / from.us) / Math.log((SIZES.at(-1) ?? 1) / SIZES[0]);
}

export const bench: Bench = async () => {
  // Once for nothing, so that the smallest size does not pay for compiling.
  measure(SIZES[0]);
  const all = SIZES.map(measure);
  const names = [...(all[0]?.rows.keys() ?? [])];
  for (const name of names) {
    const cells = all.map(({ rows }) => {
      const at = rows.get(name);
      return at === undefined ? '' : `${us(at.us)} ${kib(at.octets)}`.padEnd(20);
    });
    console.error(`        ${name.padEnd(24)}${cells.join('')}`);
  }
  const at = (size: number, name: string): Cost => {
    const found = all.find((sizes) => sizes.size === size)?.rows.get(name);
    if (found === undefined) throw new Error(name);
    return found;
  };
  const mls = await mlsRemoval(1_000);
  const rows: BenchRow[] = [
    row(
      'room of 1,000: octets of a removal',
      'KiB',
      at(1_000, 'remove one: admin').octets / 1024,
      12,
      'one stanza, self-made P-256',
    ),
    row(
      'room of 1,000: a removal, admin',
      'ms',
      at(1_000, 'remove one: admin').us / 1000,
      4.5,
      'written, signed, read again, applied',
    ),
    row(
      'room of 1,000: a removal, member',
      'ms',
      at(1_000, 'remove one: member').us / 1000,
      2,
      'parsed, verified, roster hash, keys',
    ),
    row(
      'ts-mls to a removal at 1,000',
      'x',
      mls.us / at(1_000, 'remove one: admin').us,
      100,
      `its commit ${us(mls.us)}, ${kib(mls.octets)}`,
      true,
    ),
    row('take-over of 1,000', 'ms', at(1_000, 'take-over: admin').us / 1000, 5_000, 'all keys, all KeyTransports'),
    row(
      'message to 5,000, to one to 10: send',
      'x',
      at(5_000, 'message: send').us / at(10, 'message: send').us,
      1.25,
      'after the first in the epoch',
    ),
    row(
      'message to 5,000, to one to 10: receive',
      'x',
      at(5_000, 'message: receive').us / at(10, 'message: receive').us,
      1.25,
      'after the first',
    ),
  ];
  for (const name of ['add one: admin', 'add one: member', 'remove one: admin', 'remove one: member'])
    rows.push(row(`10 to 5,000, exponent: ${name}`, 'exp', exponent(at(10, name), at(5_000, name)), 0.3, ''));
  return rows;
};
