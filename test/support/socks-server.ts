/** A SOCKS5 proxy on loopback (RFC 1928, 1929) that tells what it was asked, and may refuse. */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface SocksServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** What was asked for, in order. */
  readonly asked: readonly { readonly kind: 'name' | 'address'; readonly host: string; readonly port: number }[];
  stop(): Promise<void>;
}

export interface SocksWish {
  readonly credentials?: { readonly username: string; readonly password: string };
  /** RFC 1928 §6, instead of connecting. */
  readonly reply?: number;
  /** Takes connections and says nothing. */
  readonly silent?: boolean;
  /** Where a request is led; nowhere else is connected to. */
  readonly leads?: (host: string, port: number) => number;
}

const IPV4 = 1;
const NAME = 3;
const NO_AUTHENTICATION = 0;
const PASSWORD = 2;
const NONE_ACCEPTABLE = 0xff;

export async function startSocksServer(wish: SocksWish = {}): Promise<SocksServer> {
  const asked: { kind: 'name' | 'address'; host: string; port: number }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    sockets.add(near);
    near.on('close', () => sockets.delete(near));
    near.on('error', () => undefined);
    if (wish.silent !== true) serve(near).catch(() => near.destroy());
  });

  async function serve(near: Socket): Promise<void> {
    const take = reader(near);
    const [, count = 0] = await take(2);
    const methods = await take(count);
    const method = wish.credentials === undefined ? NO_AUTHENTICATION : PASSWORD;
    if (!methods.includes(method)) {
      near.end(Buffer.from([5, NONE_ACCEPTABLE]));
      return;
    }
    near.write(Buffer.from([5, method]));
    if (wish.credentials !== undefined) {
      const [, length = 0] = await take(2);
      const username = (await take(length)).toString();
      const password = (await take((await take(1))[0] ?? 0)).toString();
      const right = username === wish.credentials.username && password === wish.credentials.password;
      near.write(Buffer.from([1, right ? 0 : 1]));
      if (!right) {
        near.end();
        return;
      }
    }
    const [, , , type = 0] = await take(4);
    const host =
      type === NAME ? (await take((await take(1))[0] ?? 0)).toString() : [...(await take(type === IPV4 ? 4 : 16))].join('.');
    const port = (await take(2)).readUInt16BE();
    asked.push({ kind: type === NAME ? 'name' : 'address', host, port });
    const answer = (reply: number) => Buffer.from([5, reply, 0, IPV4, 0, 0, 0, 0, 0, 0]);
    if (wish.reply !== undefined) {
      near.end(answer(wish.reply));
      return;
    }
    const far = connect(wish.leads?.(host, port) ?? port, '127.0.0.1');
    sockets.add(far);
    far.on('error', () => near.end(answer(5)));
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
    far.once('connect', () => {
      near.write(answer(0));
      near.pipe(far).pipe(near);
    });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    asked,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Exactly so many octets, as they come; what follows stays in the socket. */
function reader(socket: Socket): (octets: number) => Promise<Buffer> {
  return async (octets) => {
    for (;;) {
      if (octets === 0) return Buffer.alloc(0);
      const got = socket.read(octets) as Buffer | null;
      if (got !== null) return got;
      if (socket.destroyed) throw new Error('gone');
      await new Promise<void>((resolve) => {
        socket.once('readable', resolve);
        socket.once('close', resolve);
      });
    }
  };
}
