/** Associations are renewed (protocol 5.6), and two that begin at once agree (5.2, glare). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { A, B, bodies, say, shiftableClock, startPair, stood, type Pair } from '../../support/pair.ts';

const clock = shiftableClock();
let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ alice: { ports: { clock } }, bob: { ports: { clock } } });
});

afterAll(() => pair.stop());

describe('the first message', () => {
  it('written by both at the same moment: both arrive once', async () => {
    const { alice, bob } = pair;
    const arrived = Promise.all([
      bob.until('message.arrived', (m) => !m.mine, 20_000),
      alice.until('message.arrived', (m) => !m.mine, 20_000),
    ]);
    await Promise.all([
      alice.call('message.send', { to: B, body: 'from Alice' }),
      bob.call('message.send', { to: A, body: 'from Bob' }),
    ]);
    expect(await arrived).toMatchObject([
      { body: 'from Alice', protection: 'session' },
      { body: 'from Bob', protection: 'session' },
    ]);
    expect(await bodies(bob, A, false)).toEqual(['from Alice']);
    expect(await bodies(alice, B, false)).toEqual(['from Bob']);
  });
});

describe('after a day', () => {
  it('the next message goes over a new association', async () => {
    const before = stood(pair.alice);
    clock.shift(24 * 3_600_000 + 1_000);
    const stands = pair.alice.until('association.changed', (a) => a.jid === B && a.state === 'stands');
    expect(await say(pair.alice, B, 'tomorrow', pair.bob)).toMatchObject({ protection: 'session' });
    await stands;
    expect(stood(pair.alice)).toBe(before + 1);
    await say(pair.bob, A, 'indeed', pair.alice);
    expect(stood(pair.alice)).toBe(before + 1);
  });

  it('what was written over the old one and came late still opens', async () => {
    const { alice, bob } = pair;
    // Due, with both writing at once: one side's message may leave over the old association while the new one comes to stand.
    clock.shift(24 * 3_600_000 + 1_000);
    const last = Promise.all([
      bob.until('message.arrived', (m) => m.body === 'a 5', 20_000),
      alice.until('message.arrived', (m) => m.body === 'b 5', 20_000),
    ]);
    for (let i = 1; i <= 5; i += 1) {
      await Promise.all([
        alice.call('message.send', { to: B, body: `a ${String(i)}` }),
        bob.call('message.send', { to: A, body: `b ${String(i)}` }),
      ]);
    }
    await last;
    expect((await bodies(bob, A, false)).slice(-5)).toEqual(['a 1', 'a 2', 'a 3', 'a 4', 'a 5']);
    expect((await bodies(alice, B, false)).slice(-5)).toEqual(['b 1', 'b 2', 'b 3', 'b 4', 'b 5']);
  });
});
