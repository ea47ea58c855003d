/** The way to a target: TCP, by a SOCKS5 proxy (RFC 1928) where the user wants one. */

import { connect, type Socket } from 'node:net';
import { SocksClient } from 'socks';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import type { Timers } from './ports.ts';

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** A SOCKS5 proxy. Names are looked up there, never here. */
export interface Proxy extends Place {
  /** RFC 1929. */
  readonly username?: string;
  readonly password?: string;
}

export interface DialOptions {
  readonly proxy: Proxy | undefined;
  readonly timers: Timers;
  readonly signal: AbortSignal;
}

const CONNECT_MS = 15_000;

/**
 * Opens a connection without delay (Nagle's algorithm costs 48 ms a stanza).
 * @throws SignetError server-not-found (no such name), connect-timeout, proxy-failed, proxy-needed (RFC 7686: an `.onion` name
 *   is not for DNS), no-network (anything else)
 */
export async function dial(target: Place, o: DialOptions): Promise<Socket> {
  if (o.proxy !== undefined) return throughProxy(target, o.proxy, o);
  if (/\.onion\.?$/i.test(target.host)) throw new SignetError('proxy-needed');
  return open(target, o);
}

function open(target: Place, { timers, signal }: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new SignetError('no-network'));
      return;
    }
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    const fail = (code: ErrorCode, cause?: unknown) => {
      done();
      // A late error of a socket given up has nobody to tell.
      socket.on('error', () => undefined);
      socket.destroy();
      reject(new SignetError(code, { cause }));
    };
    const onAbort = () => {
      fail('no-network');
    };
    const onError = (error: NodeJS.ErrnoException) => {
      fail(error.code === 'ENOTFOUND' ? 'server-not-found' : 'no-network', error);
    };
    const cancel = timers.after(CONNECT_MS, () => {
      fail('connect-timeout');
    });
    const done = () => {
      cancel();
      signal.removeEventListener('abort', onAbort);
      socket.off('error', onError);
    };
    signal.addEventListener('abort', onAbort);
    socket.once('error', onError);
    socket.once('connect', () => {
      done();
      resolve(socket);
    });
  });
}

async function throughProxy(target: Place, proxy: Proxy, o: DialOptions): Promise<Socket> {
  const socket = await open(proxy, o).catch((cause: unknown) => {
    throw new SignetError('proxy-failed', { cause });
  });
  const abort = () => socket.destroy();
  // Whatever ends the socket ends the talk with the proxy.
  const cancel = o.timers.after(CONNECT_MS, abort);
  o.signal.addEventListener('abort', abort);
  socket.on('error', () => undefined);
  try {
    await SocksClient.createConnection({
      command: 'connect',
      destination: { host: target.host, port: target.port },
      existing_socket: socket,
      // Ours comes first; the library's would fall under no clock of ours.
      timeout: 2 * CONNECT_MS,
      proxy: {
        ...{ type: 5, host: proxy.host, port: proxy.port },
        ...(proxy.username !== undefined && { userId: proxy.username, password: proxy.password ?? '' }),
      },
    });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw new SignetError(refusedTarget(cause) ? 'no-network' : 'proxy-failed', { cause });
  } finally {
    cancel();
    o.signal.removeEventListener('abort', abort);
  }
}

/** RFC 1928 §6, replies 3 to 6: the proxy is at work, and does not get there. The library tells them by their names only. */
const refusedTarget = (error: unknown): boolean =>
  error instanceof Error &&
  /rejected connection - (NetworkUnreachable|HostUnreachable|ConnectionRefused|TTLExpired)$/.test(error.message);
