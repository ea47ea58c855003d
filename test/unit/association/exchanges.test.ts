/** The law around exchanges (protocol 5.1, 5.2, 6.5, 10): glare, rates, time, consent, copies of a store. */

import { describe, expect, it } from 'vitest';
import type { BareJid, FullJid } from '../../../src-shared/jid.ts';
import type { DeviceId } from '../../../src-shared/ids.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { mirrored, START, World, type InFlight, type Side } from '../../support/hostile-wire.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

function meeting(): { world: World; alice: Side; bob: Side } {
  const world = new World();
  return { world, alice: world.side('alice@a.example/one'), bob: world.side('bob@b.example/two') };
}

const firstAM1 = (world: World): InFlight => {
  const am1 = world.sent.find((m) => m.what === 'AM1');
  if (am1 === undefined) throw new Error('no AM1 was sent');
  return am1;
};

describe('glare', () => {
  it('both send AM1 at once: the lower initiator’s goes on, one association stands at both ends', async () => {
    const { world, alice, bob } = meeting();
    // Each AM1 is held until both have been sent.
    let release: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (release = resolve));
    let waiting = 0;
    const plain = world.exchange.bind(world);
    world.exchange = async (message) => {
      if (message.what === 'AM1' && ++waiting === 2) release();
      if (message.what === 'AM1') await both;
      return plain(message);
    };
    const outcomes = await Promise.all([alice.begin(bob), bob.begin(alice)]);
    expect(outcomes.map((o) => o.kind)).toEqual(['stands', 'glare']);
    expect(alice.replies).toMatchObject([{ kind: 'error', error: { type: 'cancel', condition: 'conflict' } }]);
    expect(alice.replies[0]).not.toHaveProperty('error.application');
    const [[a], [b]] = [alice.associations, bob.associations];
    expect(a !== undefined && b !== undefined && mirrored(a, b)).toBe(true);
    expect([alice.associations.length, bob.associations.length]).toEqual([1, 1]);
    // neither counted nor failed: Bob may begin at once
    expect((await bob.book.begin('alice@a.example/elsewhere' as FullJid)).kind).not.toBe('wait');
    expect(alice.book.open + bob.book.open).toBe(0);
  });

  it('the loser’s exchange was not counted: it may begin again within the minute', async () => {
    const { world, alice, bob } = meeting();
    world.exchange = () => Promise.resolve({ kind: 'error', condition: 'conflict' });
    expect((await bob.begin(alice)).kind).toBe('glare');
    expect((await bob.begin(alice)).kind).toBe('glare');
  });

  it('an exchange of theirs is open: ours is not begun', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => (m.what === 'AM2' ? [] : [m]);
    const asking = alice.begin(bob);
    await Promise.resolve();
    world.now = START;
    await asking;
    world.now = START + SECOND;
    expect(bob.book.isOpen(alice.own.full)).toBe(true);
    expect((await bob.begin(alice)).kind).toBe('glare');
    expect(world.arrows.filter((a) => a.startsWith('AM1 bob'))).toEqual([]);
  });
});

describe('rates', () => {
  it('one new exchange a minute with a full JID, from our end: nothing is sent before', async () => {
    const { world, alice, bob } = meeting();
    await alice.begin(bob);
    const sent = world.arrows.length;
    expect(await alice.begin(bob)).toEqual({ kind: 'wait', retryAt: START + MINUTE });
    expect(world.arrows.length).toBe(sent);
    world.later(MINUTE);
    expect((await alice.begin(bob)).kind).toBe('stands');
  });

  it('one a minute from theirs: the second AM1 is busy, and a minute later it is answered', async () => {
    const { world, alice, bob } = meeting();
    const again = world.side('alice@a.example/two', { credential: alice.own.credential, device: alice.own.device });
    expect((await alice.begin(bob)).kind).toBe('stands');
    // the same device under another resource
    expect(await again.begin(bob)).toMatchObject({ kind: 'failed', code: 'busy', remote: true, retryAt: START + MINUTE });
    expect(bob.replies.at(-1)).toMatchObject({ error: { type: 'wait', condition: 'resource-constraint' } });
    world.later(MINUTE);
    expect((await again.begin(bob)).kind).toBe('stands');
  });

  it('one open exchange with a full JID, and with a device', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => (m.what === 'AM2' ? [] : [m]);
    await alice.begin(bob);
    world.now = START + MINUTE - SECOND;
    expect(bob.book.open).toBe(1);
    await world.deliver({ ...firstAM1(world), text: firstAM1(world).text });
    expect(bob.lastReply).toBe('cookie-mismatch');
    const again = world.side('alice@a.example/two', { credential: alice.own.credential, device: alice.own.device });
    expect(await again.begin(bob)).toMatchObject({ kind: 'failed', code: 'busy' });
  });

  it('60 seconds each: an AM3 that comes later is of no exchange', async () => {
    const { world, alice, bob } = meeting();
    let am3: InFlight | undefined;
    world.middle = (m) => {
      if (m.what !== 'AM3') return [m];
      am3 = m;
      return [];
    };
    await alice.begin(bob);
    expect(world.now).toBe(START + MINUTE);
    if (am3 === undefined) throw new Error('no AM3');
    await world.deliver(am3);
    expect(bob.lastReply).toBe('unknown-association');
    expect(bob.associations).toEqual([]);
    expect(bob.book.open).toBe(0);
  });

  it('32 in all', async () => {
    const world = new World();
    const bob = world.side('bob@b.example/two');
    world.middle = (m) => (m.what === 'AM2' ? [] : [m]);
    const kinds: string[] = [];
    for (let i = 0; i < 33; i++) {
      const peer = world.side(`peer${String(i)}@a.example/one`);
      await peer.begin(bob);
      world.now = START;
      kinds.push(bob.lastReply);
    }
    expect(kinds.slice(0, 32)).toEqual(Array.from({ length: 32 }, () => 'AM2'));
    expect(kinds[32]).toBe('busy');
    world.later(MINUTE);
    expect(bob.book.open).toBe(0);
  });

  it('five failures in ten minutes: the sixth waits ten minutes, at both ends', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => (m.what === 'AM3' ? [{ ...m, text: m.text.replace(/<Authenticator>./, '<Authenticator>_') }] : [m]);
    for (let i = 0; i < 5; i++) {
      expect(await alice.begin(bob)).toMatchObject({ kind: 'failed', code: 'malformed', remote: true });
      world.later(MINUTE);
    }
    world.middle = (m) => [m];
    expect(await alice.begin(bob)).toMatchObject({ kind: 'wait' });
    // and a client that would not wait is told so
    const hasty = world.side('alice@a.example/two', { credential: alice.own.credential, device: alice.own.device });
    expect(await hasty.begin(bob)).toMatchObject({ kind: 'failed', code: 'busy' });
    world.later(10 * MINUTE);
    expect((await alice.begin(bob)).kind).toBe('stands');
  });

  it('use-main-mode leaves the message waiting, and is neither counted nor failed', async () => {
    const { world, alice, bob } = meeting();
    world.exchange = () => Promise.resolve({ kind: 'error', condition: 'not-acceptable', application: 'use-main-mode' });
    for (let i = 0; i < 7; i++) {
      expect(await alice.begin(bob)).toEqual({ kind: 'failed', code: 'use-main-mode', remote: true, retryAt: START });
    }
  });

  it('a cookie counts as seen once its signature held, not before', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => [m.what === 'AM1' ? { ...m, text: m.text.replace(/<SignatureValue>..../, '<SignatureValue>AAAA') } : m];
    expect(await alice.begin(bob)).toMatchObject({ code: 'bad-signature' });
    world.later(MINUTE);
    await world.deliver(firstAM1(world));
    // the AM1 as it was meant: nobody has used its cookie yet
    expect(bob.lastReply).toBe('AM2');
    world.later(2 * HOUR);
    expect(bob.book.open).toBe(0);
  });
});

describe('credentials', () => {
  it('first met: first-use, recorded by the responder only on AM3', async () => {
    const { world, alice, bob } = meeting();
    const seen: (string | undefined)[] = [];
    world.middle = (m) => {
      if (m.what === 'AM2' || m.what === 'AM4') seen.push(bob.verdictOn('alice@a.example' as BareJid, alice.own.credential.fp));
      return [m];
    };
    await alice.begin(bob);
    expect(seen).toEqual([undefined, 'first-use']);
    expect(alice.verdictOn('bob@b.example' as BareJid, bob.own.credential.fp)).toBe('first-use');
  });

  it('a changed one is refused, shown, and after consent starts anew at once', async () => {
    const { world, alice, bob } = meeting();
    await alice.begin(bob);
    world.later(2 * MINUTE);
    const bobAnew = world.side('bob@b.example/new');
    const outcome = await alice.begin(bobAnew);
    expect(outcome).toMatchObject({
      kind: 'failed',
      code: 'untrusted-credential',
      remote: false,
      peer: { fp: bobAnew.own.credential.fp },
    });
    expect(alice.verdictOn('bob@b.example' as BareJid, bobAnew.own.credential.fp)).toBe('changed');
    expect((await alice.begin(bobAnew)).kind).toBe('wait');
    alice.records = alice.records.map((r) =>
      r.fp === bobAnew.own.credential.fp ? { ...r, verdict: 'verified', why: 'compared' } : r,
    );
    alice.book.consented('bob@b.example' as BareJid);
    world.later(MINUTE); // Bob's end holds its half for 60 seconds
    expect((await alice.begin(bobAnew)).kind).toBe('stands');
  });

  it('a responder refuses a changed one at AM1, and records nothing of what may be a replay', async () => {
    const { world, alice, bob } = meeting();
    await alice.begin(bob);
    world.later(2 * MINUTE);
    const aliceAnew = world.side('alice@a.example/new');
    expect(await aliceAnew.begin(bob)).toMatchObject({ kind: 'failed', code: 'untrusted-credential', remote: true });
    expect(bob.replies.at(-1)).toMatchObject({ refused: { fp: aliceAnew.own.credential.fp } });
    expect(bob.verdictOn('alice@a.example' as BareJid, aliceAnew.own.credential.fp)).toBeUndefined();
  });

  it('a certificate of another name, however well it signs, is untrusted', async () => {
    const world = new World();
    const bob = world.side('bob@b.example/two');
    const credential = makeSelfSigned({ jid: 'mallory@m.example' as BareJid, now: START, random: systemRandom });
    const mallory = world.side('alice@a.example/one', { credential });
    expect(await mallory.begin(bob)).toMatchObject({ kind: 'failed', code: 'untrusted-credential', remote: true });
    expect(bob.associations).toEqual([]);
  });
});

describe('a copy of our store (6.5)', () => {
  it('is found by the initiator in AM2', async () => {
    const world = new World();
    const one = world.side('alice@a.example/one');
    const copy = world.side('alice@a.example/copy', { credential: one.own.credential, device: one.own.device });
    expect(await one.begin(copy)).toEqual({ kind: 'own-copy' });
    expect(one.associations.length + copy.associations.length).toBe(0);
  });

  it('is not taken for one in AM1, which may be a replay, but in AM3', async () => {
    const world = new World();
    const one = world.side('alice@a.example/one');
    // A copy that does not look: it runs the exchange to AM3.
    const copy = world.side('alice@a.example/copy', { credential: one.own.credential, device: 'A1A2A3A4A5A6A7A8' as DeviceId });
    Object.assign(one.own, { device: 'A1A2A3A4A5A6A7A8' });
    Object.assign(copy.own, { device: 'A1A2A3A4A5A6A7A8' });
    world.middle = (m) => {
      // it finds itself only after AM2 was judged, so let it look like another until then
      if (m.what === 'AM2') Object.assign(copy.own, { device: 'FFFFFFFFFFFFFFFF' });
      return [m];
    };
    const outcome = await copy.begin(one);
    const { replies } = one;
    expect(replies[0]).toMatchObject({ kind: 'result' });
    expect(outcome).toMatchObject({ kind: 'failed', code: 'untrusted-credential', remote: true });
    expect(replies[1]).toMatchObject({ kind: 'error', ownCopy: true });
    expect(one.associations).toEqual([]);
  });

  it('another device of ours is none', async () => {
    const world = new World();
    const one = world.side('alice@a.example/one');
    const two = world.side('alice@a.example/two', { credential: one.own.credential });
    expect((await one.begin(two)).kind).toBe('stands');
  });
});
