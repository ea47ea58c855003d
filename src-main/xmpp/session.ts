/**
 * One signed-in session: joins requests, handlers and acknowledgement, and outlives its connection where the server lets it
 * be resumed (XEP-0198).
 *
 *   attached ◄──attach── detached        detached: what is sent waits in the unacknowledged queue
 *      │ detach ────────────►│
 *      └──── end ──► ended ◄─┘           ended: takes stanzas without sending them; `acked` is never called
 */

import { SignetError } from '../../src-shared/errors.ts';
import { bareOf, domainOf, type BareJid, type FullJid } from '../../src-shared/jid.ts';
import { tryJid } from '../jid/jid.ts';
import { Element, xml } from '../xml/element.ts';
import type { XmlError } from '../xml/errors.ts';
import { serialize } from '../xml/serialize.ts';
import { createIq } from './iq.ts';
import type { Random, Timers } from './ports.ts';
import { NS_SM, countTooHigh, createInbound, createOutbound, readCounter } from './sm.ts';
import { NS_CLIENT, StreamError, streamError } from './stream-error.ts';
import type { XmlStream } from './stream.ts';
import type { Deliver, Outgoing, Session } from './types.ts';

/** Reading stops above these, and goes on below half of them. */
const MAX_PENDING = 1_000;
const MAX_PENDING_OCTETS = 4 * 1024 * 1024;
const HALF_COUNTER = 2 ** 31;
const MODULUS = 2 ** 32;

export interface SessionOptions {
  readonly jid: FullJid;
  /** Whether the server acknowledges (XEP-0198 enabled). */
  readonly acknowledged: boolean;
  readonly maxStanza: () => number;
  readonly deliver: Deliver;
  readonly onFault: (error: unknown) => void;
  /** An `<r/>` went out: an answer is due. */
  readonly onAckAsked: () => void;
  readonly random: Random;
  readonly timers: Timers;
}

export interface SessionMachine extends Session {
  readonly h: number;
  readonly unacked: number;
  /** True while reading is stopped for back-pressure. */
  readonly paused: boolean;
  /** Takes a new stream to write to. */
  attach(stream: XmlStream): void;
  /** Reads from it, once the modules are set up; `early` came before counting began. */
  listen(early: readonly Element[]): void;
  /** Takes the stream on which the session was resumed: drops what the server has (its `h`), sends the rest again. */
  resume(stream: XmlStream, h: string | undefined): void;
  detach(): void;
  /** Resolves once nothing incoming is being worked on; what was not committed is forgotten then. */
  settle(): Promise<void>;
  /** Sends something that the server answers: `<r/>`, or a ping (XEP-0199) where it does not acknowledge. */
  probe(): void;
  /** Has `h` sent once more with whatever is written next, before a goodbye. */
  acknowledgeLast(): void;
  /** Takes the server's last word about what it has (`<failed h/>`); a wrong one says nothing. */
  lastWord(h: string | undefined): void;
  /** Returns what was not acknowledged. */
  end(): readonly Outgoing[];
}

export function createSession(o: SessionOptions): SessionMachine {
  const bare = bareOf(o.jid);
  const outbound = createOutbound();
  const inbound = createInbound(onAdvanced);
  const messageHandlers = new Set<(stanza: Element) => void>();
  const presenceHandlers = new Set<(stanza: Element) => void>();
  let stream: XmlStream | undefined;
  let ended = false;
  let paused = false;
  let answerDue = false;
  let requestDue = false;
  let probeDue = false;
  /** We answered an `<r/>` before all was committed: answer again, unasked, once `h` is there. */
  let owed: number | undefined;

  const iq = createIq({ bare, random: o.random, timers: o.timers, send: (stanza) => send(stanza) });

  function send(stanza: Outgoing, acked?: () => void): void {
    const text = stanza instanceof Element ? serialize(stanza, NS_CLIENT) : stanza.xml;
    if (Buffer.byteLength(text, 'utf8') > o.maxStanza()) throw new SignetError('message-too-long');
    if (ended) return;
    if (!o.acknowledged) {
      if (stream === undefined) return;
      stream.write(text);
      if (acked !== undefined) guarded(acked);
      return;
    }
    outbound.push({ stanza, xml: text, acked: acked === undefined ? undefined : () => guarded(acked) });
    requestDue = true;
    stream?.write(text);
  }

  function guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      o.onFault(error);
    }
  }

  function receive(element: Element): void {
    if (element.ns === NS_SM) receiveNonza(element);
    else if (element.ns === NS_CLIENT && STANZAS.has(element.name)) receiveStanza(element);
    // Anything else at this level is an extension that we did not ask for.
  }

  function receiveStanza(element: Element): void {
    const arrival = inbound.arrived(stream?.received ?? 0);
    const from = stream;
    const failed = (error: unknown) => {
      arrival.failed();
      // Not acknowledged: the server sends it again on the next stream.
      from?.fail(error instanceof SignetError ? error : new SignetError('internal', { cause: error }));
    };
    let work: Promise<void> | void;
    try {
      work = dispatch(element);
    } catch (error) {
      failed(error);
      return;
    }
    if (work instanceof Promise) {
      work.then(() => {
        arrival.committed();
      }, failed);
    } else arrival.committed();
    const octets = inbound.pendingOctets(stream?.received ?? 0);
    if (!paused && (inbound.pending > MAX_PENDING || octets > MAX_PENDING_OCTETS)) {
      paused = true;
      stream?.pause();
    }
  }

  /** A stanza that nobody sees. It counts as received, or the server would send it again and again (XEP-0198). */
  function refused(error: XmlError): void {
    o.onFault(error);
    inbound.arrived(stream?.received ?? 0).committed();
  }

  function dispatch(element: Element): Promise<void> | void {
    const stanza = addressed(element, o.jid, bare);
    if (stanza === undefined) return;
    if (stanza.name === 'iq') return iq.receive(stanza);
    for (const handler of [...(stanza.name === 'message' ? messageHandlers : presenceHandlers)]) {
      guarded(() => {
        handler(stanza);
      });
    }
    return o.deliver(stanza);
  }

  function onAdvanced(): void {
    if (owed !== undefined && (inbound.h - owed + MODULUS) % MODULUS < HALF_COUNTER) {
      owed = undefined;
      answerDue = true;
      stream?.flushSoon();
    }
    if (!paused) return;
    if (inbound.pending > MAX_PENDING / 2 || inbound.pendingOctets(stream?.received ?? 0) > MAX_PENDING_OCTETS / 2) return;
    paused = false;
    stream?.resume();
  }

  function receiveNonza(element: Element): void {
    if (!o.acknowledged) return;
    if (element.name === 'r') {
      answerDue = true;
      owed = inbound.arrivedCount;
      stream?.flushSoon();
    } else if (element.name === 'a') acknowledge(element.attr('h'), stream);
  }

  function acknowledge(text: string | undefined, on: XmlStream | undefined): boolean {
    const h = readCounter(text);
    if (h !== undefined && outbound.acknowledge(h)) return true;
    const error = new StreamError('stream-malformed', 'undefined-condition');
    on?.fail(error, streamError('undefined-condition', countTooHigh(h ?? 0, outbound.sent)));
    return false;
  }

  /** The acknowledgements that go out with a batch: the count as it is now, and one request for the whole batch. */
  function acknowledgements(): string {
    let text = '';
    if (answerDue) {
      answerDue = false;
      if (owed === inbound.h) owed = undefined;
      text += `<a xmlns='${NS_SM}' h='${String(inbound.h)}'/>`;
    }
    if (probeDue || (requestDue && outbound.unacked.length > 0)) {
      text += `<r xmlns='${NS_SM}'/>`;
      o.onAckAsked();
    }
    requestDue = false;
    probeDue = false;
    return text;
  }

  function attach(next: XmlStream): void {
    stream = next;
    if (o.acknowledged) next.beforeFlush(acknowledgements);
  }

  function listen(early: readonly Element[]): void {
    const from = stream;
    const failed = (error: unknown) => {
      from?.fail(error instanceof SignetError ? error : new SignetError('internal', { cause: error }));
    };
    for (const element of early) {
      const work = dispatch(element);
      if (work instanceof Promise) work.catch(failed);
    }
    from?.listen(receive, refused);
  }

  const registered = (set: Set<(stanza: Element) => void>) => (handler: (stanza: Element) => void) => {
    // A wrapper, so that the same function registered twice is called and removed twice.
    const entry = (stanza: Element) => {
      handler(stanza);
    };
    set.add(entry);
    return () => {
      set.delete(entry);
    };
  };

  return {
    jid: o.jid,
    bare,
    domain: domainOf(o.jid),
    iq,
    send,
    onMessage: registered(messageHandlers),
    onPresence: registered(presenceHandlers),
    get h() {
      return inbound.h;
    },
    get unacked() {
      return outbound.unacked.length;
    },
    get paused() {
      return paused;
    },
    attach,
    listen,
    resume(next, h) {
      // Still detached: what an `acked` function sends is queued behind the rest, and written with it.
      if (!acknowledge(h, next)) return;
      for (const entry of outbound.unacked) next.write(entry.xml);
      requestDue = outbound.unacked.length > 0;
      attach(next);
      listen([]);
    },
    detach() {
      stream = undefined;
      paused = false;
      answerDue = false;
      owed = undefined;
    },
    async settle() {
      await inbound.settled();
      inbound.rewind();
    },
    probe() {
      if (o.acknowledged) {
        probeDue = true;
        stream?.flushSoon();
        return;
      }
      const ping = xml('ping', 'urn:xmpp:ping');
      // Whatever comes back shows that the path lives; where nothing comes, keepalive.ts ends the stream.
      iq.get(domainOf(o.jid) as BareJid, ping).catch(() => undefined);
    },
    acknowledgeLast() {
      answerDue = o.acknowledged;
    },
    lastWord(h) {
      const count = readCounter(h);
      if (count !== undefined) outbound.acknowledge(count);
    },
    end() {
      ended = true;
      iq.end();
      messageHandlers.clear();
      presenceHandlers.clear();
      return outbound.unacked.map((entry) => entry.stanza);
    },
  };
}

const STANZAS: ReadonlySet<string> = new Set(['message', 'presence', 'iq']);

/**
 * The stanza with its addresses prepared (RFC 7622), or undefined for one that is not for us or whose addresses are not
 * addresses. Without `from` it comes from our own account or server (RFC 6120 §8.1.2.1).
 */
function addressed(stanza: Element, full: string, bare: string): Element | undefined {
  const rawFrom = stanza.attr('from');
  const rawTo = stanza.attr('to');
  const from = rawFrom === undefined ? undefined : tryJid(rawFrom);
  if (rawFrom !== undefined && from === undefined) return undefined;
  if (rawTo !== undefined && rawTo !== full && rawTo !== bare) {
    const to = tryJid(rawTo);
    if (to !== full && to !== bare) return undefined;
    return stanza.withAttrs({ from, to });
  }
  return from === rawFrom ? stanza : stanza.withAttrs({ from });
}
