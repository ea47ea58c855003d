/** From an address to a secured socket: look-up, connection, TLS; the first target that works. */

import type { TLSSocket } from 'node:tls';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { dial, type Proxy } from './dial.ts';
import type { HostMeta } from './host-meta.ts';
import type { Clock, Random, Timers } from './ports.ts';
import { requestTls } from './starttls.ts';
import { fallbackTarget, targetsOf, type Resolver, type Target } from './targets.ts';
import { secure, type CertificatePolicy, type Trust } from './tls/secure.ts';

export interface ConnectOptions {
  readonly domain: string;
  /** Instead of looking for one. */
  readonly server: Target | undefined;
  readonly proxy: Proxy | undefined;
  readonly trust: Trust;
  readonly policy: CertificatePolicy;
  readonly resolver: Resolver;
  readonly hostMeta: HostMeta;
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
  'proxy-needed',
  'proxy-failed',
  'connect-timeout',
];
/** Nobody was reached: another target may be. */
const UNREACHED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['no-network', 'server-not-found', 'connect-timeout']);

/** @throws SignetError: see `dial`, `requestTls` and `secure` */
export async function connectSecure(o: ConnectOptions): Promise<TLSSocket> {
  const failures: SignetError[] = [];
  for await (const target of candidates(o, failures)) {
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

/**
 * DNS first, and host-meta where that led to nobody (XEP-0156 §2.2, rule 3). Behind a proxy SRV records cannot be asked for
 * without telling the local network whom we look for: there host-meta, which the proxy fetches, stands in their place.
 */
async function* candidates(o: ConnectOptions, failures: readonly SignetError[]): AsyncGenerator<Target> {
  const fromHostMeta = () => o.hostMeta.targets(o.domain, (place) => dial(place, o));
  if (o.server !== undefined) yield o.server;
  else if (o.proxy !== undefined) {
    yield* await fromHostMeta();
    yield fallbackTarget(o.domain);
  } else {
    yield* await targetsOf(o.domain, o.resolver, o.random, o.timers);
    if (!o.signal.aborted && failures.every((f) => UNREACHED.has(f.code))) yield* await fromHostMeta();
  }
}

async function reach(target: Target, o: ConnectOptions): Promise<TLSSocket> {
  const socket = await dial(target, o);
  const abort = () => socket.destroy();
  o.signal.addEventListener('abort', abort);
  try {
    if (target.tls === 'starttls') await requestTls(socket, o.domain, o.timers);
    return await secure(socket, { ...o, direct: target.tls === 'direct', delegate: target.delegate });
  } finally {
    o.signal.removeEventListener('abort', abort);
  }
}
