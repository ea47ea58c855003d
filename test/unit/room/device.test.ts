/** Protocol 8 as one device lives it: two admins at once, lost keys, forks, KeyTransports, joining from the archive. */
import { beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { readCharter, writeCharter, type SignedCharter } from '../../../src-main/security/room/charter.ts';
import { epochOf, onCharter, onEncrypted, onTransport, type RoomState } from '../../../src-main/security/room/device.ts';
import { c16Of, chainOf, SERVES_ON } from '../../../src-main/security/room/epoch.ts';
import { joinAt, type Past } from '../../../src-main/security/room/join.ts';
import { assembleRoster, readRosterPart, rosterIsDue, writeRoster } from '../../../src-main/security/room/roster-post.ts';
import { membersOf, rosterHash, type Roster } from '../../../src-main/security/room/roster.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { serialize } from '../../../src-main/xml/serialize.ts';
import { ROOM, RoomWorld, type Device } from '../../support/room-world.ts';

let world: RoomWorld;
let alice: Device;
let bob: Device;
let carol: Device;

beforeEach(() => {
  world = new RoomWorld();
  [alice, bob, carol] = [world.newDevice(), world.newDevice(), world.newDevice()];
  world.commit(alice, { adds: [{ device: alice, role: 'admin' }] });
  world.commit(alice, { adds: [{ device: bob }, { device: carol, role: 'admin' }] });
});

const stateOf = (device: Device): RoomState => {
  if (device.state === undefined) throw new Error('not in the room');
  return device.state;
};
const last = (): SignedCharter => {
  const charter = world.charters.at(-1);
  if (charter === undefined) throw new Error('no Charter');
  return charter;
};

describe('two admins at once', () => {
  it('the first in the room’s order counts for everybody, the other starts over', () => {
    const [hers, his] = [world.draft(alice, { removes: [1] }), world.draft(carol, { newTree: true })];
    const [first, second] = [world.read(his), world.read(hers)];
    alice.written = { c: second.c, written: hers };
    carol.written = { c: first.c, written: his };
    world.reflect(first, carol);
    const outcomes = world.reflect(second, alice);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['rival', 'rival', 'rival']);
    for (const device of [alice, bob, carol]) expect(stateOf(device).chain.c).toBe(first.c);
    // nobody is forked by that alone
    expect(stateOf(bob).fork).toBeUndefined();
    // alice is no holder any more, and takes over if she wants
    expect(stateOf(alice).keys.kind).toBe('path');
    expect(() => world.commit(alice, { removes: [1], newTree: true })).not.toThrow();
    expect(stateOf(bob).keys.kind).toBe('outside');
  });

  it('what goes on with the second one is a fork, and an admin’s Add ends it', () => {
    const [hers, his] = [world.draft(alice, {}), world.draft(carol, { newTree: true })];
    const [first, second] = [world.read(his), world.read(hers)];
    carol.written = { c: first.c, written: his };
    world.reflect(first, carol);
    world.reflect(second, alice);
    // somebody else was shown the second one first, and goes on from there
    const next = readCharter(writeCharter({ ...second, epoch: second.epoch + 1, previous: second.c }, alice.author.credential));
    const outcome = onCharter(stateOf(bob), ROOM, bob.self, next);
    if (outcome.kind !== 'forked') throw new Error(outcome.kind);
    expect(outcome.next.fork).toEqual({ seen: 'second-charter', epoch: first.epoch });
    bob.state = outcome.next;
    world.commit(carol, { removes: [0] });
    expect(stateOf(bob).fork).toBeDefined();
    world.commit(carol, { removes: [1], adds: [{ device: bob, slot: 1 }] });
    expect(stateOf(bob).fork).toBeUndefined();
  });
});

describe('keys', () => {
  it('that do not unwrap are lost; the device follows without, and has them again once it is added', () => {
    const { keys } = stateOf(bob);
    if (keys.kind !== 'path') throw new Error(keys.kind);
    bob.state = {
      ...stateOf(bob),
      keys: { kind: 'path', path: { ...keys.path, keys: keys.path.keys.map(() => systemRandom(32)) } },
    };
    world.commit(alice, { removes: [2] });
    expect(stateOf(bob).keys.kind).toBe('lost');
    expect(stateOf(bob).epoch).toBeUndefined();
    world.commit(alice, {});
    expect(stateOf(bob).chain.epoch).toBe(3);
    world.commit(alice, { removes: [1], adds: [{ device: bob, slot: 1 }] });
    expect(stateOf(bob).keys.kind).toBe('path');
    expect(stateOf(bob).epoch?.epoch).toBe(4);
  });

  it('come only for the own slot, from the Charter’s signer and device, for that Charter, and once', () => {
    const written = world.draft(alice, { removes: [1], adds: [{ device: bob, slot: 1 }] });
    const charter = world.read(written);
    const outcome = onCharter(stateOf(bob), ROOM, bob.self, charter);
    if (outcome.kind !== 'followed') throw new Error(outcome.kind);
    const { next } = outcome;
    const [transport] = written.transports;
    if (transport === undefined) throw new Error('no KeyTransport');
    const sent = { from: alice.self, charter: charter.c, tree: charter.tree, slot: 1, keys: transport.path.keys };
    expect(onTransport(next, { ...sent, slot: 2 })).toBeUndefined();
    expect(onTransport(next, { ...sent, from: carol.self })).toBeUndefined();
    expect(onTransport(next, { ...sent, from: { ...alice.self, device: carol.self.device } })).toBeUndefined();
    expect(onTransport(next, { ...sent, charter: last().c })).toBeUndefined();
    expect(onTransport(next, { ...sent, tree: 'AB'.repeat(8) })).toBeUndefined();
    // keys that are not the Charter's: they are lost
    expect(onTransport(next, { ...sent, keys: sent.keys.map(() => systemRandom(32)) })?.next.keys.kind).toBe('lost');
    const taken = onTransport(next, sent);
    expect(taken?.next.keys.kind).toBe('path');
    expect(taken && onTransport(taken.next, sent)).toBeUndefined();
  });

  it('that come late are applied to the Charters since, and give every epoch since for what was kept', () => {
    const written = world.draft(alice, { removes: [1], adds: [{ device: bob, slot: 1 }] });
    const charter = world.read(written);
    alice.written = { c: charter.c, written };
    const follow = (c: SignedCharter): void => {
      const outcome = onCharter(stateOf(bob), ROOM, bob.self, c);
      if (outcome.kind !== 'followed') throw new Error(outcome.kind);
      bob.state = outcome.next;
    };
    world.devices.splice(1, 1);
    world.reflect(charter, alice);
    follow(charter);
    world.commit(alice, { removes: [2] });
    follow(last());
    world.commit(alice, {});
    follow(last());
    expect(stateOf(bob).keys).toMatchObject({ kind: 'awaiting', slot: 1 });
    const keys = written.transports[0]?.path.keys ?? [];
    const taken = onTransport(stateOf(bob), { from: alice.self, charter: charter.c, tree: charter.tree, slot: 1, keys });
    expect(taken?.epochs.map(({ epoch }) => epoch.epoch)).toEqual([2, 3, 4]);
    const now = taken?.next.epoch;
    const hers = stateOf(alice).epoch;
    if (now === undefined || hers === undefined) throw new Error('no epoch');
    expect(chainOf(now, 1).chain).toEqual(chainOf(hers, 1).chain);
    // After the Charter that removed carol her slot's chain of the epoch before is closed, bob's is not.
    const [second] = taken?.epochs ?? [];
    if (second?.after === undefined) throw new Error('no epoch after');
    const { after } = second;
    expect(() => chainOf(after, 2)).toThrow('no-keys');
    expect(() => chainOf(after, 1)).not.toThrow();
  });
});

describe('the epoch before', () => {
  it('serves the next 100 messages, for slots that the Charter left alone', () => {
    const before = stateOf(bob).epoch;
    world.commit(alice, { removes: [2] });
    let state = stateOf(bob);
    if (before === undefined) throw new Error('no epoch');
    const c16 = c16Of(before);
    for (let i = 0; i < SERVES_ON; i++) {
      const epoch = epochOf(state, c16);
      if (epoch === undefined) throw new Error(`gone after ${String(i)}`);
      expect(() => chainOf(epoch, 2)).toThrow('no-keys');
      expect(() => chainOf(epoch, 0)).not.toThrow();
      state = onEncrypted(state);
    }
    expect(epochOf(state, c16)).toBeUndefined();
    expect(epochOf(state, c16Of(state.epoch ?? before))).toBeDefined();
  });
});

describe('joining', () => {
  /** The archive: every Charter, and the rosters that were posted, as elements. */
  function archive(posts: ReadonlyMap<number, readonly string[]>): Past {
    return {
      charter: (c) => world.charters.find((charter) => charter.c === c),
      roster: (epoch, height, hash) => {
        const parts = (posts.get(epoch) ?? []).map((text) => readRosterPart(parseDocument(text)));
        return assembleRoster(parts, height, hash);
      },
    };
  }
  const posted = (roster: Roster, epoch: number): string[] => writeRoster(ROOM, epoch, roster).map((el) => serialize(el));

  it('goes back to the last roster that fits and forward again', () => {
    const posts = new Map<number, readonly string[]>();
    world.commit(alice, { removes: [1] });
    posts.set(2, posted(stateOf(alice).chain.roster, 2));
    world.commit(alice, { adds: [{ device: bob }] });
    world.commit(alice, { adds: [{ device: world.newDevice() }] });
    // a roster that somebody made up is ignored
    const wrong = new Map([...posts, [3, posts.get(2) ?? []]]);
    const joined = joinAt(ROOM, last().c, archive(wrong));
    expect(joined).toMatchObject({ kind: 'chain', chain: { epoch: 4, holder: alice.self.device } });
    if (joined.kind !== 'chain') return;
    expect(rosterHash(joined.chain.roster)).toBe(rosterHash(stateOf(alice).chain.roster));
    expect([...membersOf(joined.chain.roster)].map(({ device }) => device)).toContain(bob.self.device);
    expect(joined.before?.epoch).toBe(3);
  });

  it('goes back to the creation where no roster fits, and says what is missing', () => {
    world.commit(alice, { removes: [1] });
    expect(joinAt(ROOM, last().c, archive(new Map()))).toMatchObject({ kind: 'chain' });
    const past = archive(new Map());
    const [, second] = world.charters;
    const gap: Past = { ...past, charter: (c) => (c === second?.c ? undefined : past.charter(c)) };
    expect(joinAt(ROOM, last().c, gap)).toEqual({ kind: 'more', missing: second?.c });
  });

  it('refuses a past that does not hold together', () => {
    world.commit(alice, { removes: [1] });
    const forged = readCharter(
      writeCharter({ ...last(), epoch: last().epoch + 1, previous: last().c, removes: [7], height: 3 }, alice.author.credential),
    );
    const past = archive(new Map());
    expect(joinAt(ROOM, forged.c, { ...past, charter: (c) => (c === forged.c ? forged : past.charter(c)) })).toEqual({
      kind: 'broken',
    });
  });
});

describe('the posted roster', () => {
  it('is due at epoch 0, each 64th epoch and after a take-over', () => {
    expect([0, 1, 63, 64, 65, 128].map((epoch) => rosterIsDue(epoch, false))).toEqual([true, false, false, true, false, true]);
    expect(rosterIsDue(7, true)).toBe(true);
  });
  it('comes in parts of 200, in any order, and counts only whole and by its hash', () => {
    world.commit(alice, { adds: Array.from({ length: 97 }, () => ({ device: world.newDevice() })) });
    for (let i = 0; i < 3; i++) world.commit(alice, { adds: Array.from({ length: 50 }, () => ({ device: world.newDevice() })) });
    const { roster, epoch } = stateOf(alice).chain;
    const parts = writeRoster(ROOM, epoch, roster).map((el) => readRosterPart(parseDocument(serialize(el))));
    expect(parts.map(({ members }) => members.length)).toEqual([200, 50]);
    const hash = rosterHash(roster);
    expect(assembleRoster([...parts].reverse(), roster.height, hash)?.height).toBe(8);
    expect(assembleRoster(parts.slice(1), roster.height, hash)).toBeUndefined();
    expect(assembleRoster(parts, roster.height, 'AB'.repeat(32))).toBeUndefined();
    expect(assembleRoster(parts, 7, hash)).toBeUndefined();
    const [first, second] = parts;
    if (first === undefined || second === undefined) throw new Error('no parts');
    const twice = { ...second, members: first.members.slice(0, 50) };
    expect(assembleRoster([first, twice], roster.height, hash)).toBeUndefined();
  });
});
