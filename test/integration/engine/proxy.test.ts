/** The way to the server through a SOCKS5 proxy, from the contract to a real Prosody. */

import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startEngine, type TestEngine } from '../../support/engines.ts';
import { startProsody, type Prosody } from '../../support/prosody.ts';
import { startSocksServer, type SocksServer } from '../../support/socks-server.ts';

const JID = 'alice@localhost';
const word = { username: 'me', password: 'let me out' };
let prosody: Prosody;
let socks: SocksServer;
let engine: TestEngine;

beforeAll(async () => {
  prosody = await startProsody({ accounts: { alice: 'wonderland' } });
  socks = await startSocksServer({ credentials: word });
});
afterEach(() => engine.remove());
afterAll(() => Promise.all([prosody.stop(), socks.stop()]));

const online = (e: TestEngine) => e.until('account.changed', (a) => a?.connection.kind === 'online');

it('carries everything, is listed without its password, and can be left and taken again', async () => {
  engine = await startEngine({ ca: [prosody.ca] });
  const server = { host: prosody.host, port: prosody.port, tls: 'starttls' as const };
  const proxy = { host: socks.host, port: socks.port };
  await engine.call('account.register', { jid: 'carol@localhost', password: 'carrots', server, proxy: { ...proxy, ...word } });
  expect(socks.asked).toEqual(Array.from({ length: 2 }, () => ({ kind: 'address', host: prosody.host, port: prosody.port })));
  const way = { server, proxy: { ...proxy, username: 'me', hasPassword: true } };
  expect(await engine.call('account.connection', {})).toEqual(way);

  let back = online(engine);
  await engine.call('account.setConnection', { server, proxy: null });
  await back;
  expect(socks.asked).toHaveLength(2);
  expect(await engine.call('account.connection', {})).toEqual({ server });

  back = online(engine);
  await engine.call('account.setConnection', { server, proxy: { ...proxy, ...word } });
  await back;
  back = online(engine);
  const { username } = word;
  await engine.call('account.setConnection', {
    server: { ...server, tls: 'direct', port: prosody.directTlsPort },
    proxy: { ...proxy, username },
  });
  await back;
  expect(socks.asked).toHaveLength(4);
  expect(await engine.call('account.connection', {})).toMatchObject({ server: { tls: 'direct' }, proxy: { hasPassword: true } });
});

it('that does not let us is told as that', async () => {
  engine = await startEngine({ ca: [prosody.ca] });
  const server = { host: prosody.host, port: prosody.directTlsPort, tls: 'direct' as const };
  const proxy = { host: socks.host, port: socks.port, username: 'me', password: 'wrong' };
  await expect(engine.call('account.signIn', { jid: JID, password: 'wonderland', server, proxy })).rejects.toThrow(
    'proxy-failed',
  );
});

it('is used after a restart of the app', async () => {
  engine = await startEngine({ ca: [prosody.ca] });
  const server = { host: prosody.host, port: prosody.directTlsPort, tls: 'direct' as const };
  await engine.call('account.signIn', {
    jid: JID,
    password: 'wonderland',
    server,
    proxy: { host: socks.host, port: socks.port, ...word },
  });
  await engine.stop();
  const before = socks.asked.length;
  const next = await startEngine({ ca: [prosody.ca], profile: engine.profile });
  await next.until('account.changed', (a) => a?.connection.kind === 'online', 10_000, 0);
  expect(socks.asked).toHaveLength(before + 1);
  await next.stop();
});
