/** Protocol 5.2 over a wire that belongs to somebody else: nothing is accepted that the other side did not say. */

import { describe, expect, it } from 'vitest';
import type { BareJid, FullJid } from '../../../src-shared/jid.ts';
import {
  receiveAM1,
  receiveAM2,
  receiveAM3,
  receiveAM4,
  initiate,
  defaultPolicy,
} from '../../../src-main/security/association/aggressive.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { serialize } from '../../../src-main/xml/serialize.ts';
import { mirrored, read, rewritten, START, World, type InFlight, type Side } from '../../support/hostile-wire.ts';

const MINUTE = 60_000;

function meeting(): { world: World; alice: Side; bob: Side } {
  const world = new World();
  return { world, alice: world.side('alice@a.example/one'), bob: world.side('bob@b.example/two') };
}

/** After whatever happened, and a minute: an honest exchange stands at both ends, and is the same at both. */
async function expectHonestExchange(world: World, alice: Side, bob: Side): Promise<void> {
  world.middle = (message) => [message];
  world.later(11 * MINUTE);
  const outcome = await alice.begin(bob);
  expect(outcome.kind).toBe('stands');
  const [a, b] = [alice.associations.at(-1), bob.associations.at(-1)];
  expect(a !== undefined && b !== undefined && mirrored(a, b)).toBe(true);
}

const flip = (text: string, at: number, bit: number): string => {
  const octets = Buffer.from(text);
  octets[at] = (octets[at] ?? 0) ^ bit;
  return octets.toString('utf8');
};

describe('an honest wire', () => {
  it('AM1 alice -> bob, AM2 alice <- bob, AM3 alice -> bob, AM4 alice <- bob: both stand, on the same', async () => {
    const { world, alice, bob } = meeting();
    const outcome = await alice.begin(bob);
    expect(world.arrows).toEqual(['AM1 alice -> bob', 'AM2 bob -> alice', 'AM3 alice -> bob', 'AM4 bob -> alice']);
    expect(outcome.kind).toBe('stands');
    const [[a], [b]] = [alice.associations, bob.associations];
    expect(a !== undefined && b !== undefined && mirrored(a, b)).toBe(true);
    expect(a?.peer).toEqual({ jid: 'bob@b.example', fp: bob.own.credential.fp, device: bob.own.device });
    expect(alice.book.open + bob.book.open).toBe(0);
  });

  it('servers rewrite every prefix, the order of attributes and quotes: both stand all the same', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => [{ ...m, text: rewritten(parseDocument(m.text)) }];
    expect((await alice.begin(bob)).kind).toBe('stands');
    const [[a], [b]] = [alice.associations, bob.associations];
    expect(a !== undefined && b !== undefined && mirrored(a, b)).toBe(true);
  });
});

describe('every byte of every message flipped', () => {
  const { world, alice, bob } = meeting();
  const never = (): boolean => false;
  const arrived = (from: Side, to: Side, text: string) => {
    const query = read(text);
    return query === undefined ? undefined : { from: from.own.full, to: to.own.full, query };
  };
  // One exchange, step by step; a step that throws has changed nothing, so each is tried with every flip and then as sent.
  const am1 = initiate(alice.own, bob.own.full, defaultPolicy, systemRandom);
  const text1 = serialize(am1.send);
  const honest1 = { from: alice.own.full, to: bob.own.full, query: am1.send };
  const am2 = receiveAM1(bob.own, honest1, defaultPolicy, systemRandom, never, never).verify().resume('first-use');
  const text2 = serialize(am2.send);
  const am3 = receiveAM2(am1.next, { from: bob.own.full, to: alice.own.full, query: am2.send }, never).resume('first-use');
  const text3 = serialize(am3.send);
  const honest3 = { from: alice.own.full, to: bob.own.full, query: am3.send };
  const am4 = receiveAM3(am2.next, honest3, world.now).resume('first-use');
  const text4 = serialize(am4.send);

  const steps: readonly (readonly [string, string, (text: string) => unknown])[] = [
    [
      'AM1',
      text1,
      (text) =>
        tryStep(arrived(alice, bob, text), (a) => receiveAM1(bob.own, a, defaultPolicy, systemRandom, never, never).verify()),
    ],
    ['AM2', text2, (text) => tryStep(arrived(bob, alice, text), (a) => receiveAM2(am1.next, a, never))],
    ['AM3', text3, (text) => tryStep(arrived(alice, bob, text), (a) => receiveAM3(am2.next, a, START).resume('first-use'))],
    ['AM4', text4, (text) => tryStep(arrived(bob, alice, text), (a) => receiveAM4(am3.next, a, START))],
  ];
  function tryStep<A, T>(a: A | undefined, step: (a: A) => T): T | 'refused' {
    if (a === undefined) return 'refused';
    try {
      return step(a);
    } catch (error) {
      if (error instanceof Error && error.name === 'AssociationError') return 'refused';
      throw error;
    }
  }

  for (const [step, text, attempt] of steps) {
    it(`${step}: none is accepted`, () => {
      expect(attempt(text)).not.toBe('refused');
      const accepted: number[] = [];
      for (let at = 0; at < Buffer.byteLength(text); at++) if (attempt(flip(text, at, 1)) !== 'refused') accepted.push(at);
      expect(accepted).toEqual([]);
    });
  }

  it.each(['AM1', 'AM2', 'AM3', 'AM4'])(
    '%s, on the wire: nothing stands at who received it, and a later exchange does',
    async (step) => {
      for (const at of [5, 60, 200, 450]) {
        const { world: w, alice: a, bob: b } = meeting();
        w.middle = (m) => [m.what === step ? { ...m, text: flip(m.text, at, 1) } : m];
        const outcome = await a.begin(b);
        expect(outcome.kind).toBe('failed');
        expect(a.associations).toEqual([]);
        // R stands once AM3 held, whatever becomes of AM4
        expect(b.associations.length).toBe(step === 'AM4' ? 1 : 0);
        await expectHonestExchange(w, a, b);
      }
    },
  );
});

describe('every message dropped', () => {
  it.each(['AM1', 'AM2', 'AM3', 'AM4'])(
    '%s lost: it times out, nothing is half accepted, a later exchange stands',
    async (step) => {
      const { world, alice, bob } = meeting();
      world.middle = (m) => (m.what === step ? [] : [m]);
      expect(await alice.begin(bob)).toMatchObject({ kind: 'failed', code: 'exchange-timeout' });
      expect(alice.associations).toEqual([]);
      expect(bob.associations.length).toBe(step === 'AM4' ? 1 : 0);
      await expectHonestExchange(world, alice, bob);
    },
  );
});

describe('every message duplicated', () => {
  it.each([
    ['AM1', 'cookie-mismatch'],
    ['AM2', 'AM4'],
    ['AM3', 'unknown-association'],
    ['AM4', 'AM4'],
  ])('%s twice: one association, the copy is answered %s', async (step, answer) => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => (m.what === step ? [m, m] : [m]);
    expect((await alice.begin(bob)).kind).toBe('stands');
    expect(alice.associations.length).toBe(1);
    expect(bob.associations.length).toBe(1);
    const codes = bob.replies.map((r) =>
      r.kind === 'error' ? r.error.application?.name : r.stands === undefined ? 'AM2' : 'AM4',
    );
    expect(codes).toContain(answer);
    await expectHonestExchange(world, alice, bob);
  });
});

describe('reordered, replayed, reflected, from another', () => {
  const recorded = async (): Promise<{ world: World; alice: Side; bob: Side; of: (what: string) => InFlight }> => {
    const meet = meeting();
    await meet.alice.begin(meet.bob);
    const of = (what: string): InFlight => {
      const found = meet.world.sent.find((m) => m.what === what);
      if (found === undefined) throw new Error(what);
      return found;
    };
    return { ...meet, of };
  };

  it('AM3 before its AM1: unknown-association', async () => {
    const { of, bob: original } = await recorded();
    const world = new World();
    const bob = world.side('bob@b.example/two', { credential: original.own.credential, device: original.own.device });
    await world.deliver(of('AM3'));
    expect(bob.lastReply).toBe('unknown-association');
    expect(bob.associations).toEqual([]);
  });

  it('AM1 replayed within the hour: cookie-mismatch; after it, answered, and never more than that', async () => {
    const { world, alice, bob, of } = await recorded();
    world.later(30 * MINUTE);
    await world.deliver(of('AM1'));
    expect(bob.lastReply).toBe('cookie-mismatch');
    world.later(31 * MINUTE);
    await world.deliver(of('AM1'));
    expect(bob.lastReply).toBe('AM2');
    // the old AM3 is of another AM2: another cookie
    await world.deliver(of('AM3'));
    expect(bob.lastReply).toBe('cookie-mismatch');
    expect(bob.associations.length).toBe(1);
    await expectHonestExchange(world, alice, bob);
  });

  it('AM3 replayed: unknown-association, and the association that stands is left alone', async () => {
    const { world, bob, of } = await recorded();
    const [before] = bob.associations;
    await world.deliver(of('AM3'));
    expect(bob.lastReply).toBe('unknown-association');
    expect(bob.associations).toEqual([before]);
  });

  it('an old AM2 or AM4 in place of the new: refused', async () => {
    for (const [step, code] of [
      ['AM2', 'unknown-association'],
      ['AM4', 'unknown-association'],
    ] as const) {
      const { world, alice, bob, of } = await recorded();
      world.later(5 * MINUTE);
      const old = of(step);
      world.middle = (m) => [m.what === step ? old : m];
      expect(await alice.begin(bob)).toMatchObject({ kind: 'failed', code, remote: false });
      expect(alice.associations.length).toBe(1);
      await expectHonestExchange(world, alice, bob);
    }
  });

  it.each(['AM1', 'AM3'])('%s reflected to its sender, as from the other: malformed', async (step) => {
    const { world, alice, bob, of } = await recorded();
    await world.deliver({ ...of(step), from: bob.own.full, to: alice.own.full });
    expect(alice.lastReply).toBe('malformed');
    expect(alice.associations.length).toBe(1);
    await expectHonestExchange(world, alice, bob);
  });

  it('an AM1 answered with itself: refused', async () => {
    const { world, alice, bob } = meeting();
    world.middle = (m) => (m.what === 'AM1' ? [m] : m.what === 'AM2' ? [{ ...m, text: world.sent[0]?.text ?? '' }] : [m]);
    expect(await alice.begin(bob)).toMatchObject({ kind: 'failed', code: 'malformed', remote: false });
    expect(alice.associations).toEqual([]);
    await expectHonestExchange(world, alice, bob);
  });

  it.each(['AM1', 'AM3'])('%s sent on from another JID: malformed, or of no exchange', async (step) => {
    const { world, alice, bob, of } = await recorded();
    world.later(2 * MINUTE);
    for (const mallory of ['mallory@m.example/x', 'alice@a.example/other', 'alice@a.example']) {
      await world.deliver({ ...of(step), from: mallory as FullJid });
      expect(bob.lastReply).toBe('malformed');
    }
    expect(bob.associations.length).toBe(1);
    await expectHonestExchange(world, alice, bob);
  });

  it('an AM2 of another who signs well for himself: refused, for he is not who was asked', async () => {
    const { world, alice, bob } = meeting();
    const mallory = world.side('mallory@m.example/x');
    // Mallory answers in Bob's place, with his own credential under Bob's address.
    world.middle = (m) => [m];
    const fake = world.side('bob@b.example/two', { credential: mallory.own.credential });
    expect(await alice.begin(fake)).toMatchObject({ kind: 'failed', code: 'untrusted-credential' });
    expect(alice.verdictOn('bob@b.example' as BareJid, mallory.own.credential.fp)).toBe('distrusted');
    world.sides.set('bob@b.example/two', bob);
    await expectHonestExchange(world, alice, bob);
  });
});
