/** A contact that comes back with another credential: nothing leaves before the user has looked (protocol 4). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signIn, startEngine } from '../../support/engines.ts';
import { A, B, say, shiftableClock, startPair, type Pair } from '../../support/pair.ts';

const clock = shiftableClock();
let pair: Pair;

beforeAll(async () => {
  pair = await startPair({ alice: { ports: { clock } }, bob: { ports: { clock } } });
  await say(pair.alice, B, 'Hello Bob', pair.bob);
});

afterAll(() => pair.stop());

/** The same account on a fresh profile: another key. */
async function bobReinstalls(): Promise<string> {
  const { alice, bob, prosody } = pair;
  const gone = alice.until('contact.changed', (c) => c.jid === B && c.presence === 'offline');
  await bob.remove();
  await gone;
  pair.bob = await startEngine({ ca: [prosody.ca], ports: { clock } });
  const back = alice.until('contact.changed', (c) => c.jid === B && c.presence === 'online');
  await signIn(pair.bob, prosody, 'bob', 'banana');
  await back;
  return (await pair.bob.call('account.get', {}))?.fp ?? '';
}

describe('a contact with another credential', () => {
  it('is shown as changed, and what was written waits for a look', async () => {
    const fp = await bobReinstalls();
    const look = pair.alice.until('protection.changed', (p) => p.jid === B && p.state === 'look');
    const waits = pair.alice.until('message.changed', (m) => m.state?.kind === 'queued' && m.state.waits === 'check');
    await pair.alice.call('message.send', { to: B, body: 'Still you?' });
    expect(await look).toMatchObject({
      credentials: expect.arrayContaining([expect.objectContaining({ fp, verdict: 'changed' })]),
    });
    expect(await waits).toMatchObject({ body: 'Still you?' });
    expect(pair.bob.events.filter((e) => e.event === 'message.arrived')).toEqual([]);
  });

  it('goes on where the user accepts it', async () => {
    const fp = (await pair.bob.call('account.get', {}))?.fp ?? '';
    const arrived = pair.bob.until('message.arrived', (m) => !m.mine);
    const busy = pair.alice.until('association.changed', (a) => a.jid === B && a.code === 'busy');
    const view = await pair.alice.call('protection.decide', { jid: B, fp, accept: true });
    expect(view.credentials.find((c) => c.fp === fp)?.verdict).toBe('first-use');
    // The exchange that the new credential ended is still open with him: until it ends there, the message waits for it
    // rather than leave for the old device alone.
    await busy;
    clock.shift(61_000);
    await pair.alice.call('conversation.get', { jid: B });
    expect(await arrived).toMatchObject({ conversation: A, body: 'Still you?' });
  });

  it('is verified where the user compared all that is encrypted for, and it matches', async () => {
    const { credentials } = await pair.alice.call('protection.get', { jid: B });
    const [first, second] = credentials.map((c) => c.fp);
    if (first === undefined || second === undefined) throw new Error('both credentials are known');
    expect(await pair.alice.call('protection.compare', { jid: B, fp: first, matches: true })).toMatchObject({ state: 'session' });
    expect(await pair.alice.call('protection.compare', { jid: B, fp: second, matches: true })).toMatchObject({
      state: 'verified',
    });
    await say(pair.alice, B, 'It is you', pair.bob);
    expect((await pair.alice.call('message.list', { jid: B })).items[0]).toMatchObject({ protection: 'verified' });
  });

  it('is stopped where they differ, and the associations are erased', async () => {
    const { credentials } = await pair.alice.call('protection.get', { jid: B });
    const erased = pair.alice.until('association.changed', (a) => a.jid === B && a.state === 'erased');
    for (const { fp } of credentials) await pair.alice.call('protection.compare', { jid: B, fp, matches: false });
    await erased;
    const view = await pair.alice.call('protection.get', { jid: B });
    expect(view).toMatchObject({ state: 'stopped', devices: [], problem: 'credential-distrusted' });
    const before = pair.bob.events.length;
    const failed = pair.alice.until('message.changed', (m) => m.state?.kind === 'failed');
    const sent = await pair.alice.call('message.send', { to: B, body: 'Nothing for you' });
    const state = sent.state?.kind === 'failed' ? sent.state : (await failed).state;
    expect(state).toEqual({ kind: 'failed', code: 'credential-distrusted' });
    expect(pair.bob.events.slice(before).filter((e) => e.event === 'message.arrived')).toEqual([]);
  });
});
