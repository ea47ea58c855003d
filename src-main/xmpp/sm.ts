/**
 * Stream management (XEP-0198): two counters, one of what the server has confirmed to us, one of what we have confirmed
 * to it. Pure bookkeeping; session.ts says when stanzas move.
 *
 *   outbound   send ──► unacked ──<a h/>──► acked        lost session: unacked go back to the engine
 *   inbound    arrived ──► pending ──committed──► h      h is the longest prefix of what is committed
 */

import { SignetError } from '../../src-shared/errors.ts';
import { xml, type Element } from '../xml/element.ts';
import type { Outgoing } from './types.ts';

export const NS_SM = 'urn:xmpp:sm:3';

/** Counters are unsigned 32-bit and wrap (XEP-0198 §4). */
const MODULUS = 2 ** 32;
const MAX_UNACKED = 10_000;
const MAX_UNACKED_OCTETS = 16 * 1024 * 1024;

/** The value of an `h` attribute, or undefined where it is not one. */
export function readCounter(text: string | undefined): number | undefined {
  if (text === undefined || !/^[0-9]{1,10}$/.test(text)) return undefined;
  const h = Number(text);
  return h < MODULUS ? h : undefined;
}

/** `<handled-count-too-high/>` beside undefined-condition (XEP-0198 §4). */
export function countTooHigh(h: number, sent: number): Element {
  return xml('handled-count-too-high', NS_SM, { h: String(h), 'send-count': String(sent) });
}

export interface Unacked {
  readonly stanza: Outgoing;
  readonly xml: string;
  readonly acked: (() => void) | undefined;
}

export interface Outbound {
  /** Stanzas sent, modulo 2^32. */
  readonly sent: number;
  readonly unacked: readonly Unacked[];
  /** @throws SignetError server-busy over 10,000 stanzas or 16 MiB unacknowledged */
  push(entry: Unacked): void;
  /**
   * Takes the server's `h`; calls `acked` of every stanza it covers, in order.
   * @returns false where `h` is not between what was acknowledged before and what was sent
   */
  acknowledge(h: number): boolean;
}

export function createOutbound(): Outbound {
  let acked = 0;
  let queue: Unacked[] = [];
  let octets = 0;
  return {
    get sent() {
      return (acked + queue.length) % MODULUS;
    },
    get unacked() {
      return queue;
    },
    push(entry) {
      if (queue.length >= MAX_UNACKED || octets + entry.xml.length > MAX_UNACKED_OCTETS) throw new SignetError('server-busy');
      queue.push(entry);
      octets += entry.xml.length;
    },
    acknowledge(h) {
      const count = (h - acked + MODULUS) % MODULUS;
      if (count > queue.length) return false;
      if (count === 0) return true;
      const done = queue.slice(0, count);
      queue = queue.slice(count);
      acked = h;
      for (const entry of done) octets -= entry.xml.length;
      for (const entry of done) entry.acked?.();
      return true;
    },
  };
}

export interface Inbound {
  /** What we confirm. */
  readonly h: number;
  /** Stanzas that arrived, modulo 2^32: `h` once all of them are committed. */
  readonly arrivedCount: number;
  readonly pending: number;
  /** Octets received since the last stanza that `h` covers. */
  pendingOctets(received: number): number;
  /** Counts a stanza; `received`: octets on this stream so far. */
  arrived(received: number): Arrival;
  /** Resolves once nothing is being worked on any more. */
  settled(): Promise<void>;
  /** Forgets what was not committed: the server sends it again on the next stream. */
  rewind(): void;
}

/** One stanza on its way into the store; exactly one of the two is called. */
export interface Arrival {
  committed(): void;
  /** `h` never passes this stanza on this stream. */
  failed(): void;
}

interface Pending {
  done: boolean;
  readonly at: number;
}

/** @param advanced called after `h` moved */
export function createInbound(advanced: () => void): Inbound {
  let h = 0;
  let committedAt = 0;
  let pending: Pending[] = [];
  let outstanding = 0;
  const waiters: (() => void)[] = [];

  const oneSettled = () => {
    outstanding--;
    if (outstanding > 0) return;
    for (const resolve of waiters.splice(0)) resolve();
  };
  const advance = () => {
    let n = 0;
    for (const entry of pending) {
      if (!entry.done) break;
      committedAt = entry.at;
      n++;
    }
    if (n === 0) return;
    pending = pending.slice(n);
    h = (h + n) % MODULUS;
    advanced();
  };

  return {
    get h() {
      return h;
    },
    get arrivedCount() {
      return (h + pending.length) % MODULUS;
    },
    get pending() {
      return pending.length;
    },
    pendingOctets: (received) => (pending.length === 0 ? 0 : received - committedAt),
    arrived(received) {
      if (pending.length === 0) committedAt = received;
      const entry: Pending = { done: false, at: received };
      pending.push(entry);
      outstanding++;
      return {
        committed() {
          entry.done = true;
          oneSettled();
          advance();
        },
        failed: oneSettled,
      };
    },
    settled: () => (outstanding === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiters.push(resolve))),
    rewind() {
      pending = [];
      committedAt = 0;
    },
  };
}
