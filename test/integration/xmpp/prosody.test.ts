import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { xml } from '../../../src-main/xml/element.ts';
import { registerAccount } from '../../../src-main/xmpp/client.ts';
import type { BareJid, FullJid } from '../../../src-shared/jid.ts';
import { watch, type Watched } from '../../support/client-watch.ts';
import { startProsody, type Prosody } from '../../support/prosody.ts';
import { startProxy, type Proxy } from '../../support/tcp-proxy.ts';

let prosody: Prosody;
const watched: Watched[] = [];

beforeAll(async () => {
  prosody = await startProsody({ accounts: { alice: 'wonderland', bob: 'builder' } });
});

afterAll(async () => {
  await Promise.all(watched.map((w) => w.client.stop()));
  await prosody.stop();
});

type Options = Parameters<typeof watch>[1];

const starttls = () => ({ host: prosody.host, port: prosody.port, tls: 'starttls' as const });
const directTls = () => ({ host: prosody.host, port: prosody.directTlsPort, tls: 'direct' as const });

function start(user: string, password: string, options: Options = {}): Watched {
  const w = watch(`${user}@localhost`, { server: starttls(), ca: [prosody.ca], password: () => password, ...options });
  watched.push(w);
  w.client.start();
  return w;
}

const message = (to: string, text: string) =>
  xml('message', 'jabber:client', { to, type: 'chat' }, xml('body', 'jabber:client', {}, text));
const bodies = (w: Watched) => w.delivered.filter((s) => s.name === 'message').map((s) => s.childText('body'));
const presence = xml('presence', 'jabber:client');

describe('signing in to Prosody', () => {
  it.each([
    ['STARTTLS', starttls],
    ['direct TLS', directTls],
  ])('over %s: a message arrives and both sides acknowledge', async (_, server) => {
    const alice = start('alice', 'wonderland', { server: server(), resource: 'a' });
    const bob = start('bob', 'builder', { server: server() });
    const [from, to] = [await alice.online(), await bob.online()];
    expect(from.jid).toBe('alice@localhost/a');
    let acked = false;
    from.send(message(to.jid, 'Grüße 🦊 & <b>'), () => (acked = true));
    await bob.until(() => bodies(bob).length === 1, 'the message');
    expect(bodies(bob)).toEqual(['Grüße 🦊 & <b>']);
    expect(bob.delivered.at(-1)?.attr('from')).toBe('alice@localhost/a');
    await alice.until(() => acked, 'the acknowledgement');
    await Promise.all([alice.client.stop(), bob.client.stop()]);
    expect(alice.states.map((s) => s.kind)).toEqual(['connecting', 'online', 'offline']);
    expect(alice.unacked).toEqual([]);
  });

  it('refuses a wrong password, and does not try again', async () => {
    const alice = start('alice', 'wrong');
    expect(await alice.state('stopped')).toEqual({ kind: 'stopped', code: 'auth-failed' });
    expect(alice.states).toHaveLength(2);
  });

  it('trusts no authority that it was not told of', async () => {
    const alice = start('alice', 'wonderland', { ca: [] });
    expect((await alice.state('waiting')).code).toBe('server-certificate');
    const direct = start('alice', 'wonderland', { ca: [], server: directTls() });
    expect((await direct.state('waiting')).code).toBe('server-certificate');
  });

  it('verifies the domain of the account, not the host it was sent to', async () => {
    const other = await startProsody({
      accounts: { alice: 'wonderland' },
      certificateNames: ['DNS:elsewhere.example', 'IP:127.0.0.1'],
    });
    const server = { host: '127.0.0.1', port: other.port, tls: 'starttls' as const };
    const alice = start('alice', 'wonderland', { server, ca: [other.ca] });
    expect((await alice.state('waiting')).code).toBe('server-certificate');
    await alice.client.stop();
    await other.stop();
  });

  it('finds the server by SRV records, direct TLS and STARTTLS in one order', async () => {
    const asked: string[] = [];
    const alice = watch('alice@localhost', {
      ca: [prosody.ca],
      password: () => 'wonderland',
      resolver: {
        srv: (name) => {
          asked.push(name);
          const port = name.startsWith('_xmpps') ? prosody.directTlsPort : 1;
          return Promise.resolve([{ name: '127.0.0.1', port, priority: name.startsWith('_xmpps') ? 20 : 10, weight: 0 }]);
        },
      },
    });
    watched.push(alice);
    alice.client.start();
    await alice.online();
    expect(asked.sort()).toEqual(['_xmpp-client._tcp.localhost', '_xmpps-client._tcp.localhost']);
  });

  it('asks and answers: a ping to the server, an unknown request from bob', async () => {
    const alice = start('alice', 'wonderland');
    const bob = start('bob', 'builder');
    const [a, b] = [await alice.online(), await bob.online()];
    const pong = await a.iq.get('localhost' as BareJid, xml('ping', 'urn:xmpp:ping'));
    expect(pong.attr('type')).toBe('result');
    expect((await a.iq.get(undefined, xml('query', 'jabber:iq:roster'))).child('query', 'jabber:iq:roster')).toBeDefined();
    a.send(presence);
    await expect(b.iq.get(a.jid, xml('query', 'urn:example:nothing'))).rejects.toMatchObject({
      condition: 'service-unavailable',
      type: 'cancel',
    });
    a.iq.onGet('query', 'urn:example:something', (_, from) => xml('query', 'urn:example:something', { from }));
    const answer = await b.iq.get(a.jid, xml('query', 'urn:example:something'));
    expect(answer.child('query', 'urn:example:something')?.attr('from')).toBe(b.jid);
    await expect(b.iq.get('bob@localhost/nowhere' as FullJid, xml('query', 'urn:example:x'))).rejects.toMatchObject({
      condition: 'service-unavailable',
    });
  });

  it('lets modules ask and send while they are set up', async () => {
    const answers: Promise<unknown>[] = [];
    const alice = start('alice', 'wonderland', {
      onSession: (session) => {
        session.send(message(session.jid, 'first'));
        answers.push(session.iq.get(undefined, xml('query', 'jabber:iq:roster')));
      },
    });
    await alice.online();
    await expect(Promise.all(answers)).resolves.toHaveLength(1);
    await alice.until(() => bodies(alice).includes('first'), 'the message to ourselves');
  });

  it('carries 500 stanzas in order, acknowledged in order', async () => {
    const alice = start('alice', 'wonderland');
    const bob = start('bob', 'builder');
    const [a, b] = [await alice.online(), await bob.online()];
    const acked: number[] = [];
    for (let i = 0; i < 500; i++) a.send(message(b.jid, String(i)), () => acked.push(i));
    await bob.until(() => bodies(bob).length === 500, '500 messages');
    expect(bodies(bob)).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));
    await alice.until(() => acked.length === 500, '500 acknowledgements');
    expect(acked).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  it('refuses a stanza over the limit without sending it', async () => {
    const alice = start('alice', 'wonderland');
    const session = await alice.online();
    expect(alice.client.maxStanza).toBe(65_536);
    expect(() => {
      session.send(message('bob@localhost', 'x'.repeat(65_536)));
    }).toThrow('message-too-long');
    expect((await session.iq.get('localhost' as BareJid, xml('ping', 'urn:xmpp:ping'))).attr('type')).toBe('result');
  });
});

describe('registering with Prosody', () => {
  const options = (jid: string, password: string) => ({
    jid: jid as BareJid,
    password,
    server: starttls(),
    ca: [prosody.ca],
    random: (n: number) => randomBytes(n),
  });

  it('makes an account that can sign in; the same name again is taken', async () => {
    await registerAccount(options('carol@localhost', 'rabbit'));
    const carol = start('carol', 'rabbit');
    expect((await carol.online()).bare).toBe('carol@localhost');
    await expect(registerAccount(options('carol@localhost', 'other'))).rejects.toMatchObject({ code: 'account-exists' });
  });

  it('says so where registration is closed', async () => {
    const closed = await startProsody({ extra: 'modules_disabled = { "s2s", "register", "register_ibr" }' });
    const server = { host: '127.0.0.1', port: closed.port, tls: 'starttls' as const };
    await expect(registerAccount({ ...options('carol@localhost', 'rabbit'), server, ca: [closed.ca] })).rejects.toMatchObject({
      code: 'registration-closed',
    });
    await closed.stop();
  });
});

describe('a connection that breaks', () => {
  let proxy: Proxy;
  beforeAll(async () => {
    proxy = await startProxy(prosody.port);
  });
  afterAll(() => proxy.stop());
  const through = () => ({ host: '127.0.0.1', port: proxy.port, tls: 'starttls' as const });

  it('is resumed: nothing is lost, doubled or out of order, either way', async () => {
    const alice = start('alice', 'wonderland', { server: through(), resource: 'resumes' });
    const bob = start('bob', 'builder');
    const [a, b] = [await alice.online(), await bob.online()];
    const acked: number[] = [];
    const send = (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        a.send(message(b.jid, `a${String(i)}`), () => acked.push(i));
        b.send(message(a.jid, `b${String(i)}`));
      }
    };
    send(0, 20);
    await alice.until(() => acked.length === 20, 'the first acknowledgements');
    send(20, 40);
    proxy.cut();
    send(40, 60);
    await alice.until(() => alice.states.some((s) => s.kind === 'waiting'), 'the break');
    send(60, 80);
    alice.client.reconnectNow();
    await alice.online(2);
    expect(alice.states.at(-1)).toEqual({ kind: 'online', resumed: true, jid: 'alice@localhost/resumes' });
    expect(alice.client.session).toBe(a);
    await alice.until(() => bodies(alice).length >= 80 && bodies(bob).length >= 80 && acked.length >= 80, '80 each way');
    const all = (side: string) => Array.from({ length: 80 }, (_, i) => `${side}${String(i)}`);
    expect(bodies(bob)).toEqual(all('a'));
    expect(bodies(alice)).toEqual(all('b'));
    expect(acked).toEqual(Array.from({ length: 80 }, (_, i) => i));
    expect(alice.unacked).toEqual([]);
  });

  it('does not acknowledge what is not committed: the server sends it again', async () => {
    let commits = false;
    const seen: string[] = [];
    const carol = start('alice', 'wonderland', {
      server: through(),
      resource: 'slow',
      deliver: async (stanza) => {
        if (stanza.name !== 'message') return;
        seen.push(stanza.childText('body') ?? '');
        await Promise.resolve();
        if (!commits) throw new Error('the disk is full');
      },
    });
    const bob = start('bob', 'builder');
    const [a, b] = [await carol.online(), await bob.online()];
    b.send(message(a.jid, 'kept'));
    await carol.until(() => carol.states.some((s) => s.kind === 'waiting'), 'the failure');
    expect(carol.states.at(-1)).toMatchObject({ code: 'internal' });
    commits = true;
    carol.client.reconnectNow();
    await carol.until(() => seen.length === 2, 'the second delivery');
    expect(seen).toEqual(['kept', 'kept']);
  });

  it('begins a new session where the server forgot the old one, and gives back what was not acknowledged', async () => {
    const server = await startProsody({ accounts: { alice: 'wonderland' } });
    const alice = start('alice', 'wonderland', {
      server: { host: '127.0.0.1', port: server.port, tls: 'starttls' },
      ca: [server.ca],
    });
    const first = await alice.online();
    await server.kill();
    await alice.state('waiting');
    const lost = message('alice@localhost', 'not yet there');
    first.send(lost);
    await server.restart();
    alice.client.reconnectNow();
    const second = await alice.online(2);
    expect(alice.states.at(-1)).toMatchObject({ kind: 'online', resumed: false });
    expect(second).not.toBe(first);
    expect(alice.sessions).toEqual([first, second]);
    expect(alice.unacked).toEqual([[lost]]);
    await expect(first.iq.get(undefined, xml('ping', 'urn:xmpp:ping'))).rejects.toThrow('no answer');
    await alice.client.stop();
    await server.stop();
  });

  it('stops where the same resource signs in elsewhere', async () => {
    const one = start('alice', 'wonderland', { resource: 'same' });
    await one.online();
    const two = start('alice', 'wonderland', { resource: 'same' });
    await two.online();
    expect(await one.state('stopped')).toEqual({ kind: 'stopped', code: 'stream-conflict' });
  });
});
