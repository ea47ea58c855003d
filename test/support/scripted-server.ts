/** A server on loopback that does what a test tells it, over real sockets and real TLS: for what real servers never do. */

import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { readFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import path from 'node:path';
import { TLSSocket, createSecureContext, type SecureContext } from 'node:tls';
import { makeServerCertificate } from '../../scripts/lib/certificates.mjs';
import type { Target } from '../../src-main/xmpp/targets.ts';

const READ_MS = 5_000;

export const SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';
export const SM = 'urn:xmpp:sm:3';

export interface ScramFaults {
  readonly iterations?: number;
  readonly salt?: Buffer;
  /** Sends this instead of server-first-message. */
  readonly serverFirst?: (nonce: string) => string;
  /** Sends this as the additional data of <success/>; '' for none. */
  readonly serverFinal?: string;
}

/** One connection, from the server's side. */
export class Connection {
  #socket: Socket;
  readonly #context: SecureContext;
  #text = '';
  readonly #decoder = new StringDecoder('utf8');
  #wake: (() => void) | undefined;
  closed = false;

  constructor(socket: Socket, context: SecureContext) {
    this.#socket = socket;
    this.#context = context;
    this.#listen();
  }

  #listen(): void {
    this.#socket.on('data', (octets: Buffer) => {
      this.#text += this.#decoder.write(octets);
      this.#wake?.();
    });
    const gone = () => {
      this.closed = true;
      this.#wake?.();
    };
    this.#socket.on('close', gone).on('end', gone).on('error', gone);
  }

  /** What has come and was not read yet. */
  get unread(): string {
    return this.#text;
  }

  /** Waits until this matches, and takes everything up to its end. */
  async read(pattern: RegExp): Promise<RegExpExecArray> {
    const until = Date.now() + READ_MS;
    for (;;) {
      const match = pattern.exec(this.#text);
      if (match !== null) {
        this.#text = this.#text.slice(match.index + match[0].length);
        return match;
      }
      if (this.closed) throw new Error(`the client closed; waited for ${String(pattern)}, had ${this.#text.slice(0, 500)}`);
      if (Date.now() > until) throw new Error(`waited for ${String(pattern)}, had ${this.#text.slice(0, 500)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async untilClosed(): Promise<void> {
    while (!this.closed) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  send(text: string | Uint8Array): void {
    this.#socket.write(text);
  }

  /** Ends the path without a goodbye. */
  drop(): void {
    this.#socket.destroy();
  }

  async startTls(): Promise<void> {
    this.#socket.removeAllListeners();
    const tls = new TLSSocket(this.#socket, { isServer: true, secureContext: this.#context });
    this.#socket = tls;
    this.#text = '';
    this.#listen();
    await new Promise<void>((resolve) => tls.once('secure', () => resolve()));
  }

  async open(features: string, attributes = `id='1' from='localhost' version='1.0'`): Promise<void> {
    await this.read(/<stream:stream [^>]*>/);
    this.send(
      `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' ${attributes}>` +
        `<stream:features>${features}</stream:features>`,
    );
  }

  /** To the secured stream. */
  async tls(): Promise<void> {
    await this.open(`<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls>`);
    await this.read(/<starttls [^>]*\/>/);
    this.send(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    await this.startTls();
  }

  /** To the authenticated stream, whose features the next `open` sends. */
  async scram(
    password: string,
    faults: ScramFaults = {},
    mechanism: 'SCRAM-SHA-1' | 'SCRAM-SHA-256' = 'SCRAM-SHA-256',
  ): Promise<void> {
    const hash = mechanism === 'SCRAM-SHA-1' ? 'sha1' : 'sha256';
    await this.open(`<mechanisms xmlns='${SASL}'><mechanism>PLAIN</mechanism><mechanism>${mechanism}</mechanism></mechanisms>`);
    const [, first = ''] = await this.read(new RegExp(`<auth [^>]*mechanism=['"]${mechanism}['"][^>]*>([^<]*)</auth>`));
    const bare = Buffer.from(first, 'base64').toString('utf8').slice('n,,'.length);
    const nonce = /r=(.*)$/.exec(bare)?.[1] ?? '';
    const { iterations = 4096, salt = randomBytes(16) } = faults;
    const serverFirst = faults.serverFirst?.(nonce) ?? `r=${nonce}server,s=${salt.toString('base64')},i=${String(iterations)}`;
    this.send(`<challenge xmlns='${SASL}'>${Buffer.from(serverFirst).toString('base64')}</challenge>`);
    const [, response = ''] = await this.read(/<response [^>]*>([^<]*)<\/response>/);
    const [withoutProof = ''] = Buffer.from(response, 'base64').toString('utf8').split(',p=');
    const salted = pbkdf2Sync(password, salt, iterations, createHash(hash).digest().length, hash);
    const serverKey = createHmac(hash, salted).update('Server Key').digest();
    const signature = createHmac(hash, serverKey).update(`${bare},${serverFirst},${withoutProof}`).digest('base64');
    const final = faults.serverFinal ?? `v=${signature}`;
    this.send(`<success xmlns='${SASL}'>${Buffer.from(final).toString('base64')}</success>`);
  }

  async bind(jid: string): Promise<void> {
    const [, id = ''] = await this.read(/<iq [^>]*id=['"]([^'"]*)['"][^>]*><bind.*?<\/iq>/);
    this.send(`<iq type='result' id='${id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>${jid}</jid></bind></iq>`);
  }

  async enable(id: string): Promise<void> {
    await this.read(/<enable [^>]*\/>/);
    this.send(`<enabled xmlns='${SM}' id='${id}' resume='true'/>`);
  }

  /** All of it: TLS, SCRAM, binding, stream management. */
  async signIn(jid: string, password: string, resumeId?: string): Promise<void> {
    await this.tls();
    await this.scram(password);
    await this.open(`<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>${resumeId === undefined ? '' : `<sm xmlns='${SM}'/>`}`);
    await this.bind(jid);
    if (resumeId !== undefined) await this.enable(resumeId);
  }
}

export interface ScriptedServer {
  readonly server: Target;
  readonly ca: readonly string[];
  /** The next connection, in the order of arrival. */
  next(): Promise<Connection>;
  /** Ends every connection without a goodbye. */
  dropAll(): void;
  stop(): Promise<void>;
}

export async function startScriptedServer(): Promise<ScriptedServer> {
  const dir = await mkdtemp(path.join(tmpdir(), 'signet-scripted-'));
  const { ca, certFile, keyFile } = await makeServerCertificate(dir, ['DNS:localhost']);
  const context = createSecureContext({ cert: await readFile(certFile), key: await readFile(keyFile) });
  await rm(dir, { recursive: true });
  const arrived: Connection[] = [];
  const wanted: ((connection: Connection) => void)[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    const connection = new Connection(socket, context);
    const taker = wanted.shift();
    if (taker === undefined) arrived.push(connection);
    else taker(connection);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const dropAll = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server: { host: '127.0.0.1', port: (server.address() as AddressInfo).port, tls: 'starttls' },
    ca: [ca],
    next() {
      const first = arrived.shift();
      return first === undefined ? new Promise((resolve) => wanted.push(resolve)) : Promise.resolve(first);
    },
    dropAll,
    async stop() {
      dropAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
