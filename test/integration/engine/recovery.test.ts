/** Bob has lost his associations, Alice keeps hers: what he cannot open is asked for, and repaired in its place (protocol 6.4). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeychain } from '../../../src-main/keychain/keychain.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { createVault } from '../../../src-main/store/vault.ts';
import { systemClock } from '../../../src-main/xmpp/ports.ts';
import { startEngine } from '../../support/engines.ts';
import { A, B, bodies, online, say, startPair, type Pair } from '../../support/pair.ts';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
  await say(pair.alice, B, 'one', pair.bob);
});

afterAll(() => pair.stop());

describe('a message whose association is gone', () => {
  it('is shown as unreadable, asked for, and repaired in place, once', async () => {
    const { alice, bob, prosody } = pair;
    await bob.stop();
    const ports = { keychain: createKeychain(), random: systemRandom, clock: systemClock };
    const vault = createVault({ dir: bob.profile, ...ports });
    await vault.open();
    const erased = vault.store?.associations.all() ?? [];
    for (const { keyId } of erased) vault.store?.associations.erase(keyId);
    vault.close();
    expect(erased).toHaveLength(1);

    // He is away: it is made over the association that only she has.
    await alice.call('message.send', { to: B, body: 'two' });
    pair.bob = await startEngine({ ca: [prosody.ca], profile: bob.profile });
    const unreadable = await pair.bob.until('message.arrived', (m) => m.protection === 'unreadable', 20_000, 0);
    expect(unreadable).toMatchObject({ conversation: A, body: '', unreadable: 'unknown-key' });
    const repaired = await pair.bob.until('message.changed', (m) => m.id === unreadable.id && m.body !== '', 20_000, 0);
    expect(repaired).toMatchObject({ body: 'two', protection: 'session' });
    expect(repaired.unreadable).toBeUndefined();
    await online(pair.bob);
    expect(await bodies(pair.bob, A, false)).toEqual(['one', 'two']);
  });

  it('is followed by the next on the new association', async () => {
    await say(pair.alice, B, 'three', pair.bob);
    await say(pair.bob, A, 'four', pair.alice);
    expect(await bodies(pair.bob, A, false)).toEqual(['one', 'two', 'three']);
    expect(
      pair.bob.events.filter((e) => e.event === 'message.arrived' && (e.payload as { body: string }).body === 'two'),
    ).toEqual([]);
  });
});
