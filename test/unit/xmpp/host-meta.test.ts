/** host-meta over real HTTPS, and what a connection makes of it (XEP-0156, XEP-0487). */

import fc from 'fast-check';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectSecure, type ConnectOptions } from '../../../src-main/xmpp/connect.ts';
import { createHostMeta, readHostMeta } from '../../../src-main/xmpp/host-meta.ts';
import { systemTimers } from '../../../src-main/xmpp/ports.ts';
import type { Target } from '../../../src-main/xmpp/targets.ts';
import { strict, trust } from '../../../src-main/xmpp/tls/secure.ts';
import { fakeTime } from '../../support/fake-time.ts';
import { testAuthority, type TestAuthority } from '../../support/server-certificates.ts';
import { startSocksServer } from '../../support/socks-server.ts';

const zeros = (n: number) => new Uint8Array(n);
const link = (change: object = {}) => ({
  ...{ rel: 'urn:xmpp:alt-connections:tls', port: 443, ips: ['192.0.2.1'], priority: 10, weight: 50, sni: 'im.example.org' },
  ...change,
});
const document = (...links: readonly object[]) => JSON.stringify({ xmpp: { ttl: 3000 }, links });

describe('what a document has for a client over TCP', () => {
  it('the example of XEP-0487: direct TLS, and neither QUIC nor WebSocket nor what servers use', () => {
    const read = readHostMeta(
      document(
        link({ rel: 'urn:xmpp:alt-connections:websocket', href: 'wss://other.example.org/xmpp-websocket' }),
        link({ ips: ['1.2.3.4', 'fd00:feed:dad:beef::1'], sni: 'example.org', ech: 'eG1wcC1jbGllbnQ=' }),
        link({ rel: 'urn:xmpp:alt-connections:quic' }),
        link({ rel: 'urn:xmpp:alt-connections:s2s-tls' }),
        { rel: 'urn:xmpp:alt-connections:xbosh', href: 'https://web.example.com:5280/bosh' },
      ),
      zeros,
    );
    expect(read).toEqual({
      lifeMs: 3_000_000,
      targets: [
        { host: '1.2.3.4', port: 443, tls: 'direct', delegate: 'example.org' },
        { host: 'fd00:feed:dad:beef::1', port: 443, tls: 'direct', delegate: 'example.org' },
      ],
    });
  });

  it('in order of priority', () => {
    const read = readHostMeta(document(link({ port: 2, priority: 2 }), link({ port: 1, priority: 1 })), zeros);
    expect(read?.targets.map((t) => t.port)).toEqual([1, 2]);
  });

  it('nothing, where it means XEP-0156 only: no WebSocket is spoken here', () => {
    const websocket = { rel: 'urn:xmpp:alt-connections:websocket', href: 'wss://example.org/ws' };
    expect(readHostMeta(JSON.stringify({ links: [websocket, link()] }), zeros)).toBeUndefined();
  });

  it.each([
    ['a port that is none', { port: 0 }],
    ['a port too high', { port: 65_536 }],
    ['a name for an address', { ips: ['im.example.org'] }],
    ['no address', { ips: [] }],
    ['no name', { sni: '' }],
    ['a name that is none', { sni: '*.example.org' }],
    ['no order', { priority: undefined }],
  ])('no link with %s', (_, change) => {
    expect(readHostMeta(document(link(change)), zeros)?.targets).toEqual([]);
  });

  it('no crash, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        readHostMeta(text, zeros);
      }),
    );
  });
});

let authority: TestAuthority;
let serves: (request: IncomingMessage, response: ServerResponse) => void;
let web: ReturnType<typeof createServer>;
let port: number;
beforeAll(async () => {
  authority = await testAuthority();
  const { cert, key } = await authority.issue({ names: ['DNS.1=example.org', 'DNS.2=www.example.org'] });
  web = createServer({ cert, key }, (request, response) => {
    serves(request, response);
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  ({ port } = web.address() as AddressInfo);
});
afterAll(async () => {
  await new Promise((resolve) => web.close(resolve));
  await authority.remove();
});

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

/** Names are led to the loopback. */
function fetcher(ca = [authority.ca]) {
  const time = fakeTime();
  const asked: string[] = [];
  const hostMeta = createHostMeta({ trust: trust(ca), random: zeros, timers: systemTimers, clock: time.clock, port });
  const dialled = (place: { host: string; port: number }) => {
    asked.push(place.host);
    const socket = connectTcp(place.port, '127.0.0.1');
    sockets.push(socket);
    return Promise.resolve(socket);
  };
  return { time, asked, targets: (domain = 'example.org') => hostMeta.targets(domain, dialled) };
}

describe('fetching it', () => {
  const good = (_: IncomingMessage, response: ServerResponse) => response.end(document(link()));

  it('asks the domain over HTTPS, and keeps the answer for its time', async () => {
    let path: string | undefined;
    serves = (request, response) => {
      path = request.url;
      good(request, response);
    };
    const { targets, asked, time } = fetcher();
    expect(await targets()).toHaveLength(1);
    expect(path).toBe('/.well-known/host-meta.json');
    time.advance(2_999_999);
    expect(await targets()).toHaveLength(1);
    expect(asked).toEqual(['example.org']);
    time.advance(1);
    await targets();
    expect(asked).toHaveLength(2);
  });

  it('does not ask again soon where there was nothing', async () => {
    serves = (_, response) => response.writeHead(404).end();
    const { targets, asked, time } = fetcher();
    expect(await targets()).toEqual([]);
    time.advance(599_999);
    await targets();
    expect(asked).toHaveLength(1);
  });

  it('follows the domain to another place over HTTPS, and nowhere else', async () => {
    const to = (location: string) => (request: IncomingMessage, response: ServerResponse) => {
      if (request.headers.host?.startsWith('www.') === true) good(request, response);
      else response.writeHead(301, { location }).end();
    };
    serves = to(`https://www.example.org:${String(port)}/meta`);
    expect(await fetcher().targets()).toHaveLength(1);
    serves = to('http://www.example.org/meta');
    const plain = fetcher();
    expect(await plain.targets()).toEqual([]);
    expect(plain.asked).toEqual(['example.org']);
    serves = to(`https://example.org:${String(port)}/again`);
    const round = fetcher();
    expect(await round.targets()).toEqual([]);
    expect(round.asked.length).toBeLessThanOrEqual(4);
  });

  it.each([
    ['too long', (_: IncomingMessage, response: ServerResponse) => response.end(`{"x":"${'x'.repeat(70_000)}"`)],
    ['a web page', (_: IncomingMessage, response: ServerResponse) => response.end('<!doctype html>')],
    ['cut', (_: IncomingMessage, response: ServerResponse) => response.writeHead(200, { 'content-length': 9 }).destroy()],
  ])('takes nothing that is %s', async (_, answer) => {
    serves = answer;
    expect(await fetcher().targets()).toEqual([]);
  });

  it('believes nobody who cannot prove to be the domain', async () => {
    serves = good;
    expect(await fetcher([]).targets()).toEqual([]);
    expect(await fetcher().targets('other.example')).toEqual([]);
    expect(await fetcher().targets('127.0.0.1')).toEqual([]);
  });
});

describe('a connection', () => {
  const target = (to: number, delegate = 'im.host.example'): Target => ({
    ...{ host: '127.0.0.1', port: to, tls: 'direct', delegate },
  });
  const asked: string[] = [];

  async function attempt(names: readonly string[], change: (xmppPort: number) => Partial<ConnectOptions>) {
    const { cert, key } = await authority.issue({ names });
    let called: string | undefined;
    const SNICallback = (name: string, done: (error: null) => void) => {
      called = name;
      done(null);
    };
    const server = createTlsServer({ cert, key, SNICallback }, (socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    asked.length = 0;
    try {
      const socket = await connectSecure({
        ...{ domain: 'no.such.domain.invalid', server: undefined, proxy: undefined, policy: strict },
        ...{ trust: trust([authority.ca]), random: zeros, timers: systemTimers, clock: { now: () => Date.now() } },
        resolver: { srv: (name) => (asked.push(name), Promise.reject(new Error('none'))) },
        hostMeta: { targets: (domain) => (asked.push(`host-meta ${domain}`), Promise.resolve([])) },
        signal: new AbortController().signal,
        ...change((server.address() as AddressInfo).port),
      });
      socket.destroy();
      return called;
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  }
  const delegating = (to: number): Partial<ConnectOptions> => ({
    hostMeta: { targets: (domain) => (asked.push(`host-meta ${domain}`), Promise.resolve([target(to)])) },
  });

  it('asks for host-meta where DNS led to nobody, and calls the server by the name it was delegated to', async () => {
    expect(await attempt(['DNS.1=im.host.example'], delegating)).toBe('im.host.example');
    expect(asked).toEqual([
      '_xmpps-client._tcp.no.such.domain.invalid',
      '_xmpp-client._tcp.no.such.domain.invalid',
      'host-meta no.such.domain.invalid',
    ]);
  });

  it('takes a certificate for the domain there too, and for nobody else', async () => {
    expect(await attempt(['DNS.1=no.such.domain.invalid'], delegating)).toBe('im.host.example');
    await expect(attempt(['DNS.1=other.example'], delegating)).rejects.toThrow('server-certificate');
  });

  it('does not ask where somebody was reached and was not the right one', async () => {
    const reached = (to: number): Partial<ConnectOptions> => ({
      resolver: {
        srv: (name) =>
          name.startsWith('_xmpps')
            ? Promise.resolve([{ name: '127.0.0.1', port: to, priority: 1, weight: 1 }])
            : Promise.reject(new Error('none')),
      },
    });
    await expect(attempt(['DNS.1=other.example'], reached)).rejects.toThrow('server-certificate');
    expect(asked).toEqual([]);
  });

  it('behind a proxy asks nobody here: host-meta through it, then the domain itself', async () => {
    const proxy = await startSocksServer({ reply: 4 });
    await expect(attempt(['DNS.1=x.example'], () => ({ proxy: { host: proxy.host, port: proxy.port } }))).rejects.toThrow(
      'no-network',
    );
    expect(asked).toEqual(['host-meta no.such.domain.invalid']);
    expect(proxy.asked).toEqual([{ kind: 'name', host: 'no.such.domain.invalid', port: 5222 }]);
    await proxy.stop();
  });

  it('goes nowhere but where it was told to', async () => {
    expect(
      await attempt(['DNS.1=no.such.domain.invalid'], (to) => ({ server: { host: '127.0.0.1', port: to, tls: 'direct' } })),
    ).toBe('no.such.domain.invalid');
    expect(asked).toEqual([]);
  });
});
