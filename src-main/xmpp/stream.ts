/**
 * An XML stream over a connected socket (RFC 6120 §4): header and features, one element after the other, stream errors,
 * the end. First the owner pulls with `next` (negotiation), then `listen` pushes (the session).
 *
 *   new ──open──► negotiating ──listen──► listening
 *                      │   ▲ open (restart after SASL)  │
 *                      └───┴──────────── ended ◄────────┘   close, fail, stream error, socket gone
 */

import type { Duplex } from 'node:stream';
import { SignetError } from '../../src-shared/errors.ts';
import { tryJid } from '../jid/jid.ts';
import type { Element } from '../xml/element.ts';
import { XmlError } from '../xml/errors.ts';
import { StreamParser } from '../xml/parser.ts';
import { escapeAttribute } from '../xml/serialize.ts';
import type { Timers } from './ports.ts';
import { NS_CLIENT, NS_STREAM, StreamError, receivedStreamError, streamError } from './stream-error.ts';

/** One step of the negotiation may take this long. */
const STEP_MS = 30_000;
/** How long the other side has to say its goodbye. */
const CLOSE_MS = 2_000;
/** Octets that may wait to be written before the path counts as dead. */
const MAX_UNWRITTEN = 32 * 1024 * 1024;

export interface XmlStream {
  /** Sends a stream header (again, after SASL) and resolves with the features. @throws SignetError */
  open(): Promise<Element>;
  /** The next element of the negotiation. @throws SignetError when there is none in 30 s or the stream ended */
  next(): Promise<Element>;
  /**
   * Ends the negotiation: elements go to this function, those that wait first. From here on a stanza that is refused
   * (protocol 10) does not end the stream: `refused` is told in its place.
   */
  listen(handler: (element: Element) => void, refused: (error: XmlError) => void): void;
  /** Queues for writing; everything queued in one turn of the event loop is written at once. */
  write(xml: string): void;
  /** Called before each write of what was queued: what it returns is written with it. */
  beforeFlush(append: () => string): void;
  /** Makes sure that `beforeFlush` is asked soon, also when nothing else is written. */
  flushSoon(): void;
  /** Stops and continues reading (back-pressure). */
  pause(): void;
  resume(): void;
  /** Octets received so far. */
  readonly received: number;
  /** Resolves with the reason, once, when the stream is over in whatever way. */
  readonly ended: Promise<SignetError>;
  /** Ends the stream because of this error; tells the server, where there is a `<stream:error/>` for it. */
  fail(error: SignetError, tell?: string): void;
  /** Says goodbye, waits for the server's (2 s), closes the socket. */
  close(): Promise<void>;
}

export interface StreamOptions {
  readonly domain: string;
  /** Our address; sent on secured streams only (RFC 6120 §4.7.1). */
  readonly from?: string;
  readonly timers: Timers;
  /** Called when octets arrive. */
  readonly onOctets?: () => void;
}

export function createStream(socket: Duplex, { domain, from, timers, onOctets }: StreamOptions): XmlStream {
  const waiting: Element[] = [];
  let pull: { resolve: (e: Element) => void; reject: (e: SignetError) => void } | undefined;
  let header: { resolve: () => void; reject: (e: SignetError) => void } | undefined;
  let listener: ((element: Element) => void) | undefined;
  let append: (() => string) | undefined;
  let over: SignetError | undefined;
  let opened = false;
  let received = 0;
  let out: string[] = [];
  let flushing = false;
  let serverClosed: (() => void) | undefined;
  let resolveEnded: (error: SignetError) => void;
  const ended = new Promise<SignetError>((resolve) => (resolveEnded = resolve));

  const parser = new StreamParser({
    onOpen(root) {
      const error = headerError(root, domain);
      if (error !== undefined) fail(error, streamError(error.condition ?? 'bad-format'));
      else header?.resolve();
    },
    onStanza(element) {
      if (over !== undefined) return;
      if (element.is('error', NS_STREAM)) fail(receivedStreamError(element), undefined, true);
      else if (listener !== undefined) listener(element);
      else if (pull !== undefined) {
        // Once only: the next element may come before the one who waits has run.
        const { resolve } = pull;
        pull = undefined;
        resolve(element);
      } else waiting.push(element);
    },
    onClose() {
      if (serverClosed !== undefined) serverClosed();
      else fail(new StreamError('stream-error'), undefined, true);
    },
  });

  const onData = (octets: Buffer) => {
    received += octets.length;
    onOctets?.();
    try {
      parser.write(octets);
    } catch (error) {
      if (error instanceof XmlError)
        fail(new StreamError('stream-malformed', error.condition, undefined, error), streamError(error.condition));
      else fail(error instanceof SignetError ? error : new SignetError('internal', { cause: error }));
    }
  };
  const onGone = (cause?: unknown) => {
    serverClosed?.();
    fail(new StreamError('no-network', undefined, undefined, cause));
  };
  socket.on('data', onData);
  // Kept for good: a socket given up may still report an error.
  socket.on('error', onGone);
  socket.on('end', onGone);
  socket.on('close', onGone);

  function flush(): void {
    flushing = false;
    if (over !== undefined) return;
    const extra = append?.() ?? '';
    if (extra !== '') out.push(extra);
    if (out.length === 0) return;
    const text = out.length === 1 ? (out[0] ?? '') : out.join('');
    out = [];
    socket.write(text, 'utf8');
    if (socket.writableLength > MAX_UNWRITTEN) fail(new StreamError('no-network'));
  }

  function flushSoon(): void {
    if (flushing || over !== undefined) return;
    flushing = true;
    setImmediate(flush);
  }

  /**
   * Without a word unless there is one to say: a stream that is closed properly takes its session with it, a path that is
   * just gone leaves the session to be resumed (XEP-0198 §5).
   */
  function fail(error: SignetError, tell?: string, answerClose = false): void {
    if (over !== undefined) return;
    over = error;
    out = [];
    parser.stop();
    if (socket.writable && opened && (tell !== undefined || answerClose)) {
      socket.end(`${tell ?? ''}</stream:stream>`);
      timers.after(CLOSE_MS, () => socket.destroy());
    } else socket.destroy();
    socket.off('data', onData);
    socket.resume();
    pull?.reject(error);
    header?.reject(error);
    resolveEnded(error);
  }

  function withDeadline<T>(start: (resolve: (value: T) => void, reject: (error: SignetError) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const cancel = timers.after(STEP_MS, () => {
        fail(new StreamError('connect-timeout'), streamError('connection-timeout'));
      });
      start(
        (value) => {
          cancel();
          resolve(value);
        },
        (error) => {
          cancel();
          reject(error);
        },
      );
    });
  }

  async function next(): Promise<Element> {
    const first = waiting.shift();
    if (first !== undefined) return first;
    if (over !== undefined) throw over;
    try {
      return await withDeadline<Element>((resolve, reject) => (pull = { resolve, reject }));
    } finally {
      pull = undefined;
    }
  }

  return {
    async open() {
      if (over !== undefined) throw over;
      if (opened) parser.reset();
      opened = true;
      waiting.length = 0;
      try {
        await withDeadline<undefined>((resolve, reject) => {
          header = {
            resolve: () => {
              resolve(undefined);
            },
            reject,
          };
          socket.write(streamHeader(domain, from), 'utf8');
        });
      } finally {
        header = undefined;
      }
      const features = await next();
      if (!features.is('features', NS_STREAM)) {
        const error = new StreamError('stream-malformed', 'invalid-xml');
        fail(error, streamError('invalid-xml'));
        throw error;
      }
      return features;
    },
    next,
    listen(handler, refused) {
      listener = handler;
      parser.skipRefused((error) => {
        if (over === undefined) refused(error);
      });
      for (const element of waiting.splice(0)) handler(element);
    },
    write(xml) {
      if (over !== undefined) return;
      out.push(xml);
      flushSoon();
    },
    beforeFlush(give) {
      append = give;
    },
    flushSoon,
    pause() {
      socket.pause();
    },
    resume() {
      if (over === undefined) socket.resume();
    },
    get received() {
      return received;
    },
    ended,
    fail: (error, tell) => {
      fail(error, tell);
    },
    async close() {
      if (over !== undefined) return;
      flush();
      if (opened && socket.writable) {
        socket.resume();
        await new Promise<void>((resolve) => {
          const cancel = timers.after(CLOSE_MS, resolve);
          serverClosed = () => {
            cancel();
            resolve();
          };
          socket.write('</stream:stream>');
        });
      }
      fail(new StreamError('stream-error'));
    },
  };
}

/** RFC 6120 §4.7; `to` and, on a secured stream, `from`. */
export function streamHeader(domain: string, from?: string): string {
  const sender = from === undefined ? '' : ` from='${escapeAttribute(from)}'`;
  return (
    `<?xml version='1.0'?><stream:stream xmlns='${NS_CLIENT}' xmlns:stream='${NS_STREAM}'` +
    `${sender} to='${escapeAttribute(domain)}' version='1.0' xml:lang='en'>`
  );
}

/** RFC 6120 §4.7, §4.8: a stream of ours, of version 1.0 or above, from the domain that was asked for. */
export function headerError(root: Element, domain: string): StreamError | undefined {
  if (root.ns !== NS_STREAM) return new StreamError('stream-malformed', 'invalid-namespace');
  if (root.name !== 'stream') return new StreamError('stream-malformed', 'bad-format');
  const version = /^0*([1-9][0-9]{0,3})\.[0-9]{1,4}$/.exec(root.attr('version') ?? '');
  if (version === null) return new StreamError('stream-malformed', 'unsupported-version');
  const from = root.attr('from');
  if (from !== undefined && tryJid(from) !== domain) return new StreamError('stream-malformed', 'invalid-from');
  return undefined;
}
