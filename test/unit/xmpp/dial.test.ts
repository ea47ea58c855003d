/** The way to a target, over real sockets: directly and through a SOCKS5 proxy. */

import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dial, type Place, type Proxy } from '../../../src-main/xmpp/dial.ts';
import { systemTimers, type Timers } from '../../../src-main/xmpp/ports.ts';
import { fakeTime } from '../../support/fake-time.ts';
import { startSocksServer, type SocksServer, type SocksWish } from '../../support/socks-server.ts';

let echo: Server;
let port: number;
beforeAll(async () => {
  echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  ({ port } = echo.address() as AddressInfo);
});
afterAll(() => new Promise((resolve) => echo.close(resolve)));

let proxy: SocksServer | undefined;
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});

interface Setting {
  readonly timers?: Timers;
  readonly signal?: AbortSignal;
  readonly as?: Pick<Proxy, 'username' | 'password'>;
}

async function through(wish: SocksWish, target: Place, { timers, signal, as }: Setting = {}) {
  proxy = await startSocksServer(wish);
  return dial(target, {
    proxy: { host: proxy.host, port: proxy.port, ...as },
    timers: timers ?? systemTimers,
    signal: signal ?? new AbortController().signal,
  });
}

async function echoes(socket: Awaited<ReturnType<typeof dial>>): Promise<string> {
  socket.write('hello');
  const said = await new Promise<string>((resolve) => socket.once('data', (octets: Buffer) => resolve(octets.toString())));
  socket.destroy();
  return said;
}

describe('through a SOCKS5 proxy', () => {
  it('the name goes to the proxy as a name: nobody here looks it up', async () => {
    const socket = await through({ leads: () => port }, { host: 'not.in.any.dns.example', port: 5222 });
    expect(await echoes(socket)).toBe('hello');
    expect(proxy?.asked).toEqual([{ kind: 'name', host: 'not.in.any.dns.example', port: 5222 }]);
  });

  it('an .onion name too, and an address as an address', async () => {
    await echoes(await through({ leads: () => port }, { host: 'abcdefghij.onion', port: 5222 }));
    expect(proxy?.asked).toEqual([{ kind: 'name', host: 'abcdefghij.onion', port: 5222 }]);
    await proxy?.stop();
    await echoes(await through({}, { host: '127.0.0.1', port }));
    expect(proxy?.asked).toEqual([{ kind: 'address', host: '127.0.0.1', port }]);
  });

  it('a name and a password are given to one that asks (RFC 1929), and to no other', async () => {
    const credentials = { username: 'me', password: 'pässword' };
    const target = { host: 'a.example', port };
    expect(await echoes(await through({ credentials }, target, { as: credentials }))).toBe('hello');
    await proxy?.stop();
    expect(await echoes(await through({}, target, { as: credentials }))).toBe('hello');
    await proxy?.stop();
    await expect(through({ credentials }, target, { as: { ...credentials, password: 'wrong' } })).rejects.toThrow('proxy-failed');
    await proxy?.stop();
    await expect(through({ credentials }, target)).rejects.toThrow('proxy-failed');
  });

  it.each([
    ['does not reach the network', 3, 'no-network'],
    ['does not reach the host', 4, 'no-network'],
    ['is refused there', 5, 'no-network'],
    ['fails', 1, 'proxy-failed'],
    ['does not let us', 2, 'proxy-failed'],
  ])('one that %s', async (_, reply, code) => {
    await expect(through({ reply }, { host: 'a.example', port })).rejects.toThrow(code);
  });

  it('one that is not there, and one that says nothing', async () => {
    const nowhere = { host: '127.0.0.1', port: 1 };
    const { signal } = new AbortController();
    await expect(dial({ host: 'a.example', port }, { proxy: nowhere, timers: systemTimers, signal })).rejects.toThrow(
      'proxy-failed',
    );
    const time = fakeTime();
    const silent = through({ silent: true }, { host: 'a.example', port }, { timers: time.timers });
    const told = expect(silent).rejects.toThrow('proxy-failed');
    const moving = setInterval(() => {
      time.advance(5_000);
    }, 20);
    await told;
    clearInterval(moving);
  });

  it('ends with the attempt', async () => {
    const controller = new AbortController();
    const silent = through({ silent: true }, { host: 'a.example', port }, { signal: controller.signal });
    setTimeout(() => {
      controller.abort();
    }, 20);
    await expect(silent).rejects.toThrow('proxy-failed');
  });
});

describe('without a proxy', () => {
  const direct = (host: string) =>
    dial({ host, port }, { proxy: undefined, timers: systemTimers, signal: new AbortController().signal });

  it('connects', async () => {
    expect(await echoes(await direct('127.0.0.1'))).toBe('hello');
  });

  it.each(['abcdefghij.onion', 'im.abcdefghij.ONION.'])('%s is not for DNS (RFC 7686)', async (host) => {
    await expect(direct(host)).rejects.toThrow('proxy-needed');
  });
});
