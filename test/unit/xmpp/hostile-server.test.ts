/** What a server, or whoever stands before it, may try; over real sockets and real TLS. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { watch, type Watched } from '../../support/client-watch.ts';
import { fakeTime } from '../../support/fake-time.ts';
import { SASL, startScriptedServer, type Connection, type ScriptedServer } from '../../support/scripted-server.ts';

const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls';
const STARTTLS = `<starttls xmlns='${NS_TLS}'/>`;
const HEADER = `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' from='localhost' version='1.0'>`;
const JID = 'me@localhost/here';

let scripted: ScriptedServer;
let client: Watched;

beforeAll(async () => {
  scripted = await startScriptedServer();
});
afterEach(async () => {
  scripted.dropAll();
  await client.client.stop();
});
afterAll(() => scripted.stop());

type Options = Parameters<typeof watch>[1];

async function connect(options: Options = {}): Promise<Connection> {
  client = watch('me@localhost', { server: scripted.server, ca: scripted.ca, ...options });
  client.client.start();
  return scripted.next();
}

const code = async () => (await client.state('waiting')).code;

describe('before TLS', () => {
  it('a server without STARTTLS gets nothing more than a header', async () => {
    const server = await connect();
    await server.open(`<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms>`);
    expect(await code()).toBe('tls-required');
    await server.untilClosed();
    expect(server.unread).toBe('');
  });

  it('the header does not say who we are', async () => {
    const server = await connect();
    const [header] = await server.read(/<stream:stream [^>]*>/);
    expect(header).toContain(`to='localhost'`);
    expect(header).not.toContain('me');
    server.drop();
  });

  it.each([
    ['an element', `<message xmlns='jabber:client'><body>injected</body></message>`],
    [
      'stream features',
      `<stream:features><mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms></stream:features>`,
    ],
    ['a single space', ' '],
  ])('%s in the same segment after <proceed/> ends the connection', async (_, injected) => {
    const server = await connect();
    await server.open(STARTTLS);
    await server.read(/<starttls [^>]*\/>/);
    server.send(`<proceed xmlns='${NS_TLS}'/>${injected}`);
    expect(await code()).toBe('tls-failed');
    expect(client.delivered).toEqual([]);
  });

  it('plain text in a later segment after <proceed/> ends the connection', async () => {
    const server = await connect();
    await server.open(STARTTLS);
    await server.read(/<starttls [^>]*\/>/);
    server.send(`<proceed xmlns='${NS_TLS}'/>`);
    await new Promise((resolve) => setTimeout(resolve, 30));
    server.send(`<stream:features/>`);
    expect(await code()).toBe('tls-failed');
  });

  it.each([
    ['a refusal of TLS', `<failure xmlns='${NS_TLS}'/>`, 'tls-required'],
    ['something else', `<proceed xmlns='urn:example:other'/>`, 'stream-malformed'],
  ])('%s in answer to <starttls/> ends the connection', async (_, answer, expected) => {
    const server = await connect();
    await server.open(STARTTLS);
    await server.read(/<starttls [^>]*\/>/);
    server.send(answer);
    expect(await code()).toBe(expected);
  });

  it('is too early for see-other-host: it is not followed', async () => {
    const server = await connect();
    await server.read(/<stream:stream [^>]*>/);
    const elsewhere = `127.0.0.1:${String(scripted.server.port)}`;
    server.send(
      `${HEADER}<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${elsewhere}</see-other-host></stream:error></stream:stream>`,
    );
    expect(await code()).toBe('stream-error');
    expect(client.states.map((s) => s.kind)).toEqual(['connecting', 'waiting']);
  });

  it.each([
    ['another root', `<stream xmlns='jabber:client'>`],
    ['no version', HEADER.replace(` version='1.0'`, '')],
    ['version 0.9', HEADER.replace(`'1.0'`, `'0.9'`)],
    ['another domain', HEADER.replace(`'localhost'`, `'evil.example'`)],
    ['a document type', `<!DOCTYPE a [<!ENTITY x "y">]>${HEADER}`],
    ['17 KiB before TLS', `${HEADER}${' '.repeat(17 * 1024)}`],
    ['not XML', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('%s ends the connection', async (_, text) => {
    const server = await connect();
    await server.read(/<stream:stream [^>]*>/);
    server.send(text);
    expect(await code()).toBe('stream-malformed');
  });
});

describe('signing in', () => {
  it('does not believe a server whose proof is wrong, missing or empty, and does not try again', async () => {
    for (const serverFinal of [`v=${Buffer.alloc(32).toString('base64')}`, '', 'v=']) {
      const server = await connect();
      await server.tls();
      await server.scram('secret', { serverFinal });
      expect((await client.state('stopped')).code).toBe('server-proof');
      expect(client.sessions).toEqual([]);
    }
  });

  it('does not believe a server that does not know the password', async () => {
    const server = await connect();
    await server.tls();
    await server.scram('guessed');
    expect((await client.state('stopped')).code).toBe('server-proof');
  });

  it('does not believe success before there was a proof', async () => {
    const server = await connect();
    await server.tls();
    await server.open(`<mechanisms xmlns='${SASL}'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>`);
    await server.read(/<auth /);
    server.send(`<success xmlns='${SASL}'/>`);
    expect((await client.state('stopped')).code).toBe('server-proof');
  });

  it('answers no request for few or many rounds', async () => {
    for (const i of ['1', '10000001']) {
      const server = await connect();
      await server.tls();
      const done = expect(
        server.scram('secret', { serverFirst: (nonce) => `r=${nonce}x,s=AAAAAAAAAAAAAAAA,i=${i}` }),
      ).rejects.toThrow('the client closed');
      expect((await client.state('stopped')).code).toBe('auth-weak');
      await done;
      expect(server.unread).not.toContain('response');
    }
  });

  it('gives the password to nobody who offers only PLAIN, unless the user said so', async () => {
    const mechanisms = `<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism></mechanisms>`;
    let asked = 0;
    const password = () => {
      asked++;
      return 'secret';
    };
    const refused = await connect({ password });
    await refused.tls();
    await refused.open(mechanisms);
    expect((await client.state('stopped')).code).toBe('auth-plain-only');
    expect(asked).toBe(0);
    await refused.untilClosed();
    expect(refused.unread).not.toContain('<auth');

    const allowed = await connect({ password, allowPlain: true });
    await allowed.tls();
    await allowed.open(mechanisms);
    const [, text = ''] = await allowed.read(/<auth [^>]*mechanism=['"]PLAIN['"][^>]*>([^<]*)<\/auth>/);
    expect(Buffer.from(text, 'base64').toString()).toBe('\0me\0secret');
    allowed.send(`<failure xmlns='${SASL}'><not-authorized/></failure>`);
    expect((await client.state('stopped')).code).toBe('auth-failed');
  });

  it('waits where the server says that it cannot just now', async () => {
    const server = await connect();
    await server.tls();
    await server.open(`<mechanisms xmlns='${SASL}'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>`);
    await server.read(/<auth /);
    server.send(`<failure xmlns='${SASL}'><temporary-auth-failure/></failure>`);
    expect(await code()).toBe('server-busy');
  });

  it('takes no address that is not ours', async () => {
    const server = await connect();
    await server.tls();
    await server.scram('secret');
    await server.open(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>`);
    await server.bind('other@localhost/here');
    expect(await code()).toBe('stream-malformed');
    expect(client.sessions).toEqual([]);
  });

  it.each([
    ['<max-bytes>20000</max-bytes>', 20_000],
    ['<max-bytes>1000</max-bytes>', 10_000],
    ['<max-bytes>99999999</max-bytes>', 262_144],
    ['<max-bytes>-1</max-bytes>', 65_536],
    ['', 65_536],
  ])('keeps to the limit %j of the server, within reason: %d octets (XEP-0478)', async (limit, octets) => {
    const server = await connect();
    await server.tls();
    await server.scram('secret');
    await server.open(
      `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><limits xmlns='urn:xmpp:stream-limits:0'>${limit}</limits>`,
    );
    await server.bind(JID);
    const session = await client.online();
    expect(client.client.maxStanza).toBe(octets);
    const empty = '<message></message>'.length;
    const padded = (size: number) => ({ kind: 'message' as const, xml: `<message>${'é'.repeat((size - empty) / 2)}</message>` });
    expect(() => {
      session.send(padded(octets + 2));
    }).toThrow('message-too-long');
    session.send(padded(octets - 1));
    await server.read(/<message>é+<\/message>/);
  });

  it('stops while the password is being asked for', async () => {
    let asked = false;
    const server = await connect({
      password: () => {
        asked = true;
        return new Promise(() => undefined);
      },
    });
    await server.tls();
    await server.open(`<mechanisms xmlns='${SASL}'><mechanism>SCRAM-SHA-256</mechanism></mechanisms>`);
    await client.until(() => asked, 'the question');
    await client.client.stop();
    expect(client.states.at(-1)).toEqual({ kind: 'offline' });
  });

  it('follows see-other-host on a secured stream', async () => {
    const other = await startScriptedServer();
    const server = await connect({ ca: [...scripted.ca, ...other.ca] });
    await server.tls();
    await server.read(/<stream:stream [^>]*>/);
    const elsewhere = `127.0.0.1:${String(other.server.port)}`;
    server.send(
      `${HEADER}<stream:error><see-other-host xmlns='urn:ietf:params:xml:ns:xmpp-streams'>${elsewhere}</see-other-host></stream:error></stream:stream>`,
    );
    await (await other.next()).signIn(JID, 'secret');
    await client.online();
    await client.client.stop();
    await other.stop();
  });
});

describe('in a session', () => {
  async function session(options: Options = {}, resumeId: 'r1' | 'none' = 'r1'): Promise<Connection> {
    const server = await connect(options);
    await server.signIn(JID, 'secret', resumeId === 'none' ? undefined : resumeId);
    await client.online();
    return server;
  }

  it.each([
    ['a comment', '<!-- x -->', 'restricted-xml'],
    ['a processing instruction', '<?php x?>', 'restricted-xml'],
    ['an undeclared entity', '<message><body>&lol;</body></message>', 'restricted-xml'],
    ['a wrong end tag', '<message><body></message>', 'not-well-formed'],
    ['a duplicate attribute', `<message to='a' to='b'/>`, 'not-well-formed'],
    ['an undeclared prefix', '<x:message/>', 'not-well-formed'],
    ['octets that are not UTF-8', Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0xfe]), 'unsupported-encoding'],
    ['text between stanzas', 'hello', 'bad-format'],
    ['a stanza without end', `<message><body>${'x'.repeat(4100 * 1024)}`, 'policy-violation'],
  ])('%s is a stream error, told to the server; nothing of it is delivered', async (_, octets, condition) => {
    const server = await session();
    server.send(octets);
    const [error] = await server.read(/<stream:error.*<\/stream:stream>/);
    expect(error).toContain(`<${condition} xmlns=`);
    expect(await code()).toBe('stream-malformed');
    expect(client.delivered).toEqual([]);
    expect(client.faults).toEqual([]);
  });

  it('delivers only what is for us, with prepared addresses, and counts the rest as handled', async () => {
    const server = await session();
    const from = (attrs: string) => `<message ${attrs}><body>${attrs.replace(/[^a-z@/. ]/gi, '')}</body></message>`;
    server.send(
      from(`from='Peer@LOCALHOST/x' to='${JID}'`) +
        from(`from='peer@localhost' to='other@localhost'`) +
        from(`from='@@@' to='${JID}'`) +
        from(`from='peer@localhost/&#9;' to='${JID}'`) +
        from(`to='ME@localhost'`) +
        from(''),
    );
    server.send(`<r xmlns='urn:xmpp:sm:3'/>`);
    const [, h] = await server.read(/<a [^>]*h='([0-9]+)'/);
    expect(h).toBe('6');
    expect(client.delivered.map((s) => [s.attr('from'), s.attr('to')])).toEqual([
      ['peer@localhost/x', JID],
      [undefined, 'me@localhost'],
      [undefined, undefined],
    ]);
  });

  it('acknowledges what is committed, at once where asked, again once it catches up', async () => {
    const commits: (() => void)[] = [];
    const server = await session({ deliver: () => new Promise<void>((resolve) => commits.push(resolve)) });
    server.send(`<message/><message/><message/><r xmlns='urn:xmpp:sm:3'/>`);
    const ack = async () => (await server.read(/<a [^>]*h='([0-9]+)'/))[1];
    expect(await ack()).toBe('0');
    commits[1]?.();
    commits[0]?.();
    server.send(`<r xmlns='urn:xmpp:sm:3'/>`);
    expect(await ack()).toBe('2');
    commits[2]?.();
    expect(await ack()).toBe('3');
  });

  it('asks once for a batch, which goes out as one', async () => {
    const server = await session();
    const acked: number[] = [];
    const { session: s } = client.client;
    for (let i = 0; i < 50; i++) s?.send({ kind: 'message', xml: `<message id='${String(i)}'/>` }, () => acked.push(i));
    const [batch] = await server.read(/(<message id='[0-9]+'\/>){50}<r [^>]*\/>/);
    expect(batch.match(/<message/g)).toHaveLength(50);
    expect(acked).toEqual([]);
    server.send(`<a xmlns='urn:xmpp:sm:3' h='30'/>`);
    await client.until(() => acked.length === 30, '30 acknowledged');
    server.send(`<a xmlns='urn:xmpp:sm:3' h='50'/>`);
    await client.until(() => acked.length === 50, '50 acknowledged');
    expect(acked).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it.each(['1', '4294967296', '-1', 'x'])('a count of %s that cannot be is a stream error', async (h) => {
    const server = await session();
    server.send(`<a xmlns='urn:xmpp:sm:3' h='${h}'/>`);
    const [error] = await server.read(/<stream:error.*<\/stream:stream>/);
    expect(error).toContain('<undefined-condition');
    expect(error).toContain('<handled-count-too-high');
    expect(error).toMatch(/send-count=['"]0['"]/);
  });

  it('resumes with its own count, drops what the server has, sends the rest again first', async () => {
    const first = await session();
    const { session: s } = client.client;
    const acked: number[] = [];
    for (let i = 0; i < 5; i++) s?.send({ kind: 'message', xml: `<message id='${String(i)}'/>` }, () => acked.push(i));
    await first.read(/<message id='4'\/>/);
    first.send('<message/><presence/>');
    await client.until(() => client.delivered.length === 2, 'two stanzas');
    first.drop();
    await client.state('waiting');
    s?.send({ kind: 'message', xml: `<message id='5'/>` }, () => acked.push(5));
    client.client.reconnectNow();

    const second = await scripted.next();
    await second.tls();
    await second.scram('secret');
    await second.open(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>`);
    const [resume] = await second.read(/<resume [^>]*\/>/);
    expect(resume).toMatch(/previd=['"]r1['"]/);
    expect(resume).toMatch(/h=['"]2['"]/);
    // With the answer, in the same segment, comes what we had not acknowledged.
    second.send(`<resumed xmlns='urn:xmpp:sm:3' previd='r1' h='3'/><message id='late'/>`);
    const [again] = await second.read(/<message.*<r [^>]*\/>/);
    expect(again.match(/id='[0-9]'/g)).toEqual([`id='3'`, `id='4'`, `id='5'`]);
    await client.until(() => client.delivered.length === 3, 'the late message');
    expect(acked).toEqual([0, 1, 2]);
    expect(client.client.session).toBe(s);
    expect(client.states.at(-1)).toMatchObject({ kind: 'online', resumed: true });
  });

  it('takes the count of a refused resumption, gives back the rest, begins anew', async () => {
    const first = await session();
    const { session: s } = client.client;
    const stanzas = [0, 1, 2].map((i) => ({ kind: 'message' as const, xml: `<message id='${String(i)}'/>` }));
    const acked: number[] = [];
    for (const [i, stanza] of stanzas.entries()) s?.send(stanza, () => acked.push(i));
    await first.read(/<message id='2'\/>/);
    first.drop();
    await client.state('waiting');
    client.client.reconnectNow();
    const second = await scripted.next();
    await second.tls();
    await second.scram('secret');
    await second.open(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><sm xmlns='urn:xmpp:sm:3'/>`);
    await second.read(/<resume [^>]*\/>/);
    second.send(`<failed xmlns='urn:xmpp:sm:3' h='1'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>`);
    await second.bind(JID);
    await second.enable('r2');
    await client.online(2);
    expect(acked).toEqual([0]);
    expect(client.unacked).toEqual([[stanzas[1], stanzas[2]]]);
    expect(client.sessions).toHaveLength(2);
    expect(client.client.session).not.toBe(s);
  });

  it('without stream management a stanza counts as acknowledged when it is written', async () => {
    const server = await session({}, 'none');
    let acked = false;
    client.client.session?.send({ kind: 'message', xml: '<message/>' }, () => (acked = true));
    expect(acked).toBe(true);
    await server.read(/<message\/>/);
    expect(server.unread).toBe('');
  });

  it('stops reading while too much is not committed, and goes on after', async () => {
    const commits: (() => void)[] = [];
    const server = await session({ deliver: () => new Promise<void>((resolve) => commits.push(resolve)) });
    const stanza = `<message><body>${'x'.repeat(1_000)}</body></message>`;
    const total = 8_000;
    server.send(stanza.repeat(total));
    await client.until(() => commits.length > 1_000, 'the first thousand');
    let held = 0;
    while (held !== commits.length) {
      held = commits.length;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // What was in the last chunk and in TLS's own buffers is still parsed; the rest stays with the server.
    expect(held).toBeLessThan(4_000);
    for (let i = 0; i < total; i++) {
      await client.until(() => commits.length > i, `stanza ${String(i)}`);
      commits[i]?.();
    }
    expect(commits).toHaveLength(total);
  });

  it.each([
    ['r1', /<r [^>]*\/>/],
    ['none', /<iq [^>]*type=['"]get['"][^>]*><ping/],
  ] as const)(
    'a path gone silent is noticed and left, the next one taken after the wait (session %s)',
    async (resumeId, probe) => {
      const time = fakeTime();
      const server = await session({ timers: time.timers, clock: time.clock }, resumeId);
      time.advance(60_000);
      await server.read(probe);
      time.advance(29_999);
      expect(client.states.at(-1)?.kind).toBe('online');
      time.advance(1);
      expect(await code()).toBe('no-network');
      const { retryAt } = await client.state('waiting');
      const wait = retryAt - time.clock.now();
      expect(wait).toBeGreaterThanOrEqual(500);
      expect(wait).toBeLessThanOrEqual(1_000);
      time.advance(wait);
      await (await scripted.next()).read(/<stream:stream/);
    },
  );

  it('after waking up, a path that stands is asked at once and given five seconds', async () => {
    const time = fakeTime();
    const server = await session({ timers: time.timers, clock: time.clock });
    client.client.reconnectNow();
    await server.read(/<r [^>]*\/>/);
    server.send(`<a xmlns='urn:xmpp:sm:3' h='0'/><message/>`);
    await client.until(() => client.delivered.length === 1, 'the answer');
    time.advance(5_000);
    expect(client.states.at(-1)?.kind).toBe('online');
    client.client.reconnectNow();
    await server.read(/<r [^>]*\/>/);
    time.advance(5_000);
    expect(await code()).toBe('no-network');
  });

  it('a handler that throws is reported, and costs neither the stanza nor the stream', async () => {
    const server = await connect({
      onSession: (s) => {
        s.onMessage(() => {
          throw new Error('a module');
        });
      },
    });
    await server.signIn(JID, 'secret', 'r1');
    await client.online();
    server.send(`<message/><r xmlns='urn:xmpp:sm:3'/>`);
    await server.read(/<a [^>]*h='1'/);
    expect(client.delivered).toHaveLength(1);
    expect(client.faults.map(String)).toEqual(['Error: a module']);
  });

  it('says goodbye: the last count, then the end of the stream', async () => {
    const server = await session();
    server.send('<message/>');
    await client.until(() => client.delivered.length === 1, 'the message');
    const stopped = client.client.stop();
    await server.read(/<a [^>]*h='1'[^>]*\/>.*<\/stream:stream>/);
    server.send('</stream:stream>');
    await stopped;
    expect(client.states.at(-1)).toEqual({ kind: 'offline' });
    await server.untilClosed();
  });

  it.each([
    ['conflict', 'stopped', 'stream-conflict'],
    ['system-shutdown', 'waiting', 'stream-error'],
    ['resource-constraint', 'waiting', 'server-busy'],
  ] as const)('the stream error %s: %s', async (condition, kind, expected) => {
    const server = await session();
    server.send(`<stream:error><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error></stream:stream>`);
    expect((await client.state(kind)).code).toBe(expected);
  });
});
