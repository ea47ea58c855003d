/** Two engines, a real server: what one writes the other reads, protected by an association they agreed on by themselves. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKeyring, type Keyring } from '../../support/keyring.ts';
import { startProsody, type Prosody } from '../../support/prosody.ts';
import { befriend, signIn, startEngine, type TestEngine } from '../../support/engines.ts';

let keyring: Keyring;
let prosody: Prosody;
let alice: TestEngine;
let bob: TestEngine;
const A = 'alice@localhost';
const B = 'bob@localhost';

beforeAll(async () => {
  [keyring, prosody] = await Promise.all([
    startKeyring({ unlocked: true }),
    startProsody({ accounts: { alice: 'apple', bob: 'banana' } }),
  ]);
  process.env['DBUS_SESSION_BUS_ADDRESS'] = keyring.env.DBUS_SESSION_BUS_ADDRESS;
  [alice, bob] = await Promise.all([startEngine({ ca: [prosody.ca] }), startEngine({ ca: [prosody.ca] })]);
  await Promise.all([signIn(alice, prosody, 'alice', 'apple'), signIn(bob, prosody, 'bob', 'banana')]);
});

afterAll(async () => {
  await Promise.all([alice.remove(), bob.remove()]);
  await prosody.stop();
  await keyring.stop();
});

describe('Alice and Bob', () => {
  it('become contacts, both ways', async () => {
    await befriend(alice, A, bob, B);
    expect(await alice.call('contact.list', {})).toMatchObject([{ jid: B, subscription: 'both', presence: 'online' }]);
  });

  it('the first message starts an exchange and arrives protected', async () => {
    const arrived = bob.until('message.arrived', (m) => !m.mine);
    const received = alice.until('message.changed', (m) => m.state?.kind === 'received');
    await alice.call('message.send', { to: B, body: 'Hello Bob' });
    const message = await arrived;
    expect(message).toMatchObject({ conversation: A, body: 'Hello Bob', protection: 'session' });
    expect(await received).toMatchObject({ body: 'Hello Bob', protection: 'session' });
  });

  it('Bob answers on the same association', async () => {
    const arrived = alice.until('message.arrived', (m) => !m.mine);
    await bob.call('message.send', { to: A, body: 'Hello Alice' });
    expect(await arrived).toMatchObject({ conversation: B, body: 'Hello Alice', protection: 'session' });
    expect(
      bob.events.filter((e) => e.event === 'association.changed' && (e.payload as { state: string }).state === 'stands'),
    ).toHaveLength(1);
  });

  it('the archive holds nothing that was said', async () => {
    const archive = (await prosody.readArchive('alice')).join('\n');
    expect(archive).toContain('xmpp:sec');
    expect(archive).not.toContain('Hello Bob');
    expect(archive).not.toContain('Hello Alice');
  });
});
