import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { xml } from '../../../src-main/xml/element.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { watch } from '../../support/client-watch.ts';
import { startEjabberd, type Ejabberd } from '../../support/ejabberd.ts';

let ejabberd: Ejabberd;

beforeAll(async () => {
  ejabberd = await startEjabberd({ scramHash: 'sha512', accounts: { alice: 'wonderland' } });
});

afterAll(() => ejabberd.stop());

describe('signing in to ejabberd with auth_scram_hash sha512', () => {
  it.each(['starttls', 'direct'] as const)('over %s: SCRAM-SHA-512, a session, an answer', async (tls) => {
    const port = tls === 'starttls' ? ejabberd.port : ejabberd.directTlsPort;
    const alice = watch('alice@localhost', {
      server: { host: ejabberd.host, port, tls },
      ca: [ejabberd.ca],
      password: () => 'wonderland',
    });
    alice.client.start();
    const session = await alice.online();
    const roster = await session.iq.get(undefined, xml('query', 'jabber:iq:roster'));
    expect(roster.child('query', 'jabber:iq:roster')).toBeDefined();
    const pong = await session.iq.get('localhost' as BareJid, xml('ping', 'urn:xmpp:ping'));
    expect(pong.attr('type')).toBe('result');
    let acked = false;
    session.send(
      xml('message', 'jabber:client', { to: session.jid }, xml('body', 'jabber:client', {}, 'to myself')),
      () => (acked = true),
    );
    await alice.until(
      () => acked && alice.delivered.some((s) => s.childText('body') === 'to myself'),
      'the message and its acknowledgement',
    );
    await alice.client.stop();
    expect(alice.states.at(-1)).toEqual({ kind: 'offline' });
  });

  it('refuses a wrong password', async () => {
    const server = { host: ejabberd.host, port: ejabberd.port, tls: 'starttls' as const };
    const alice = watch('alice@localhost', { server, ca: [ejabberd.ca], password: () => 'wrong' });
    alice.client.start();
    expect((await alice.state('stopped')).code).toBe('auth-failed');
  });
});
