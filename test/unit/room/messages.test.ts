/** Protocol 8, *Messages*: who can write what in whose name, and what a receiver takes. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { OriginId } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { advance, type Numbers } from '../../../src-main/security/association/chains.ts';
import { open as decrypt, seal } from '../../../src-main/security/crypto/aes-gcm.ts';
import { concat, toBase64 } from '../../../src-main/security/crypto/encoding.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { epochOf, type RoomState } from '../../../src-main/security/room/device.ts';
import { LAST_N, c16Of, chainOf, withChain, type Epoch } from '../../../src-main/security/room/epoch.ts';
import { contentKey } from '../../../src-main/security/room/keys.ts';
import { openInRoom, protectInRoom, type RoomDraft, type RoomOpening } from '../../../src-main/security/room/message.ts';
import { memberAt, type Member } from '../../../src-main/security/room/roster.ts';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { ROOM, RoomWorld, type Device } from '../../support/room-world.ts';

let world: RoomWorld;
let alice: Device;
let bob: Device;
let carol: Device;

beforeEach(() => {
  world = new RoomWorld();
  [alice, bob, carol] = [world.newDevice(), world.newDevice(), world.newDevice()];
  world.commit(alice, { adds: [{ device: alice, role: 'admin' }] });
  world.commit(alice, { adds: [{ device: bob }, { device: carol }] });
});

const stateOf = (device: Device): RoomState => {
  if (device.state === undefined) throw new Error('not in the room');
  return device.state;
};
const epochFor = (device: Device): Epoch => {
  const { epoch } = stateOf(device);
  if (epoch === undefined) throw new Error('no epoch');
  return epoch;
};
const memberFor = (device: Device): Member => {
  const member = memberAt(stateOf(alice).chain.roster, world.slotOf(device));
  if (member === undefined) throw new Error('no member');
  return member;
};

function draft(device: Device, text: string, as: Member = memberFor(device)): RoomDraft {
  const content = [xml('body', 'jabber:client', {}, text)];
  const originId = `id-${text}` as OriginId;
  return { kind: 'message', room: ROOM, from: as, signer: device.author.credential, originId, content, time: 0 };
}

/** Writes on the device's own epoch, and keeps it advanced. */
function says(device: Device, text: string): Element {
  const { stanza, epoch } = protectInRoom(draft(device, text), epochFor(device), systemRandom);
  device.state = { ...stateOf(device), epoch };
  return delivered(stanza.xml);
}
const delivered = (text: string, from = `${ROOM}/nick`): Element => parseDocument(text).withAttrs({ from });

/** What the store keeps of numbers, for one reader. */
class Kept {
  readonly used = new Map<string, Uint8Array>();
  readonly skipped = new Map<string, Uint8Array>();
  numbers(epoch: Epoch, slot: number): Numbers {
    const key = (n: number): string => `${epoch.c} ${String(slot)} ${String(n)}`;
    return { used: (n) => this.used.get(key(n)), skipped: (n) => this.skipped.get(key(n)) };
  }
}
const kept = new Map<Device, Kept>();
const keptBy = (device: Device): Kept => {
  const found = kept.get(device) ?? new Kept();
  kept.set(device, found);
  return found;
};

function reads(device: Device, stanza: Element): RoomOpening {
  const state = stateOf(device);
  const opening = openInRoom(stanza, {
    room: ROOM,
    epochOf: (c16) => epochOf(state, c16),
    memberOf: (epoch, slot) => memberAt((epoch.c === state.chain.c ? state.chain : (state.before ?? state.chain)).roster, slot),
    numbers: (epoch, slot) => keptBy(device).numbers(epoch, slot),
    isOwn: (c16, slot) => memberAt(state.chain.roster, slot)?.device === device.self.device && c16 === c16Of(epochFor(device)),
  });
  if (opening.kind === 'opened') {
    const { change } = opening;
    const name = (n: number): string => `${change.epoch.c} ${String(change.slot)} ${String(n)}`;
    keptBy(device).used.set(name(change.n), change.trace);
    for (const { n, mk } of change.skipped) keptBy(device).skipped.set(name(n), mk);
    device.state = change.epoch.c === state.epoch?.c ? { ...state, epoch: change.epoch } : { ...state, previous: change.epoch };
  }
  return opening;
}
const shown = (opening: RoomOpening): string =>
  opening.kind === 'opened' ? opening.content.map((el) => el.text()).join() : opening.kind;

describe('members', () => {
  it('read each other, once, in any order', () => {
    const [first, second, third] = [says(alice, 'one'), says(alice, 'two'), says(bob, 'three')];
    expect(shown(reads(carol, second))).toBe('two');
    expect(shown(reads(carol, first))).toBe('one');
    expect(shown(reads(carol, third))).toBe('three');
    expect(shown(reads(carol, first))).toBe('copy');
    expect(shown(reads(alice, third))).toBe('three');
    expect(shown(reads(alice, first))).toBe('own');
  });

  it('wherever and under whatever nick the room reflects it, but from the room', () => {
    const message = says(alice, 'hello');
    expect(shown(reads(bob, message.withAttrs({ from: 'other@rooms.example/nick' })))).toBe('undecryptable');
    expect(shown(reads(bob, message.withAttrs({ from: undefined })))).toBe('undecryptable');
    expect(shown(reads(bob, message.withAttrs({ from: `${ROOM.toUpperCase()}/other` })))).toBe('hello');
  });
});

describe('nobody writes as another', () => {
  it('a member with its own credential on another’s chain', () => {
    const asBob = protectInRoom(draft(carol, 'as bob', memberFor(bob)), epochFor(carol), systemRandom).stanza;
    expect(shown(reads(alice, delivered(asBob.xml)))).toBe('undecryptable');
  });

  it('a member on its own chain, naming another in the envelope', () => {
    for (const change of [{ jid: bob.self.jid }, { fp: bob.self.fp }, { device: bob.self.device }]) {
      const { stanza } = protectInRoom(draft(carol, 'x', { ...memberFor(carol), ...change }), epochFor(carol), systemRandom);
      expect(shown(reads(alice, delivered(stanza.xml)))).toBe('undecryptable');
    }
  });

  it('the chain in the envelope is the KeyName: nothing signed once can be said again', () => {
    // Bob's next message, which carol holds back, and puts under his chain's number after it.
    const { stanza, epoch } = protectInRoom(draft(bob, 'yes'), epochFor(bob), systemRandom);
    const envelope = openRaw(stanza.xml, epochFor(bob), 0);
    const { mk } = advance('sha256', chainOf(epoch, world.slotOf(bob)).chain);
    const iv = systemRandom(12);
    const again = stanza.xml
      .replace(/:0<\/KeyName>/, ':1</KeyName>')
      .replace(/<CipherValue>[^<]*</, `<CipherValue>${toBase64(concat(iv, seal(contentKey(mk), iv, envelope)))}<`);
    expect(shown(reads(alice, delivered(again)))).toBe('undecryptable');
    expect(shown(reads(alice, delivered(stanza.xml)))).toBe('yes');
  });

  /** The signed envelope, as every member can have it. */
  function openRaw(text: string, epoch: Epoch, n: number): Uint8Array {
    const c = Buffer.from(/<CipherValue>([^<]*)</.exec(text)?.[1] ?? '', 'base64');
    const { chain } = chainOf(epoch, world.slotOf(bob));
    expect(chain.n).toBe(n);
    return decrypt(contentKey(advance('sha256', chain).mk), c.subarray(0, 12), c.subarray(12));
  }

  it('one who was removed, after the removal; one who is new, before', () => {
    const stale = protectInRoom(draft(bob, 'I was here'), epochFor(bob), systemRandom).stanza;
    const earlier = says(alice, 'before dora');
    const dora = world.newDevice();
    world.commit(alice, { removes: [world.slotOf(bob)], adds: [{ device: dora, slot: 7 }] });
    expect(shown(reads(alice, delivered(stale.xml)))).toBe('undecryptable');
    expect(shown(reads(carol, delivered(stale.xml)))).toBe('undecryptable');
    expect(shown(reads(dora, earlier))).toBe('no-keys');
    const now = says(alice, 'for dora');
    expect(shown(reads(dora, now))).toBe('for dora');
    expect(shown(reads(bob, now))).toBe('no-keys');
  });
});

describe('the epoch before', () => {
  it('is read from members that the Charter left alone', () => {
    const late = says(carol, 'sent before, reflected after');
    world.commit(alice, { removes: [world.slotOf(bob)] });
    expect(shown(reads(alice, late))).toBe('sent before, reflected after');
  });
});

describe('a chain', () => {
  it('ends at n = 99,999, and is read at most 10,000 steps ahead', () => {
    const slot = world.slotOf(alice);
    const { chain, epoch } = chainOf(epochFor(alice), slot);
    const at = (n: number): Epoch => withChain(epoch, slot, { ...chain, n });
    expect(() => protectInRoom(draft(alice, 'x'), at(LAST_N + 1), systemRandom)).toThrow('chain-exhausted');
    const far = protectInRoom(draft(alice, 'x'), at(10_001), systemRandom).stanza;
    expect(shown(reads(bob, delivered(far.xml)))).toBe('undecryptable');
    expect(chainOf(epochFor(bob), slot).chain.n).toBe(0);
  });
});

describe('what is changed on the way', () => {
  it('is not read, and changes nothing', () => {
    const message = protectInRoom(draft(alice, 'x'), epochFor(alice), systemRandom).stanza.xml;
    const value = /<CipherValue>([^<]*)</.exec(message)?.[1] ?? '';
    const octets = Buffer.from(value, 'base64');
    const before = stateOf(bob);
    for (let at = 0; at < octets.length; at += 1) {
      const flipped = Buffer.from(octets);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(shown(reads(bob, delivered(message.replace(value, toBase64(flipped)))))).toBe('undecryptable');
    }
    expect(stateOf(bob)).toBe(before);
    expect(shown(reads(bob, delivered(message)))).toBe('x');
  });

  it('has exactly the form of the text', () => {
    const message = protectInRoom(draft(alice, 'x'), epochFor(alice), systemRandom).stanza.xml;
    const refused = (change: (text: string) => string): void => {
      const changed = change(message);
      expect(changed).not.toBe(message);
      expect(shown(reads(bob, delivered(changed)))).toBe('undecryptable');
    };
    refused((s) => s.replace('</KeyName>', ' </KeyName>'));
    refused((s) => s.replace(/:0:0<\/KeyName>/, ':00:0</KeyName>'));
    refused((s) => s.replace('</KeyName></KeyInfo>', '</KeyName><KeyName>x</KeyName></KeyInfo>'));
    refused((s) => s.replace('<x xmlns="xmpp:sec">', '<x xmlns="xmpp:sec"><y/>'));
    refused((s) => s.replace('</message>', '<x xmlns="xmpp:sec"/></message>'));
    refused((s) => s.replace('aes256-gcm', 'aes128-gcm'));
  });

  it('is not for another room', () => {
    const other = { ...draft(alice, 'x'), room: 'other@rooms.example' as BareJid };
    const { stanza } = protectInRoom(other, epochFor(alice), systemRandom);
    expect(shown(reads(bob, delivered(stanza.xml)))).toBe('undecryptable');
  });
});
