/** From an address to a secured socket: look-up, connection, TLS; the first target that works. */

import type { TLSSocket } from 'node:tls';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { dial, targetsOf, type Resolver, type Target } from './dial.ts';
import type { Clock, Random, Timers } from './ports.ts';
import { requestTls } from './starttls.ts';
import { secure, type CertificatePolicy, type Trust } from './tls/secure.ts';

export interface ConnectOptions {
  readonly domain: string;
  readonly server: Target | undefined;
  readonly trust: Trust;
  readonly policy: CertificatePolicy;
  readonly resolver: Resolver;
  readonly random: Random;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Where several targets fail, the person hears of the gravest. */
const GRAVITY: readonly ErrorCode[] = [
  'server-certificate',
  'tls-failed',
  'tls-required',
  'stream-malformed',
  'stream-error',
  'connect-timeout',
];

/** @throws SignetError: see `dial`, `requestTls` and `secure` */
export async function connectSecure(o: ConnectOptions): Promise<TLSSocket> {
  const targets = o.server === undefined ? await targetsOf(o.domain, o.resolver, o.random, o.timers) : [o.server];
  const failures: SignetError[] = [];
  for (const target of targets) {
    if (o.signal.aborted) break;
    try {
      return await reach(target, o);
    } catch (error) {
      if (!(error instanceof SignetError)) throw error;
      failures.push(error);
    }
  }
  const gravest = GRAVITY.map((code) => failures.find((f) => f.code === code)).find((f) => f !== undefined);
  throw gravest ?? failures[0] ?? new SignetError('no-network');
}

async function reach(target: Target, o: ConnectOptions): Promise<TLSSocket> {
  const socket = await dial(target, o.timers, o.signal);
  const abort = () => socket.destroy();
  o.signal.addEventListener('abort', abort);
  try {
    if (target.tls === 'starttls') await requestTls(socket, o.domain, o.timers);
    return await secure(socket, { ...o, direct: target.tls === 'direct' });
  } finally {
    o.signal.removeEventListener('abort', abort);
  }
}
