/** XEP-0203: when a stanza was first sent. Anyone can write it, so it says by whom. */

import type { Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { jidAttr } from './stanza.ts';
import { formatDate, parseDateTime } from './xep0082-datetime.ts';

const NS_DELAY = 'urn:xmpp:delay';
/** A stanza that passed many hops has a few; more are not looked at. */
const MAX_DELAYS = 16;

export interface Delay {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Who says so; undefined where nobody put a name to it. */
  readonly by: Jid | undefined;
}

/** One `<delay/>`; undefined for anything else, a bad date or a bad address. */
export function readDelay(element: Element): Delay | undefined {
  if (!element.is('delay', NS_DELAY)) return undefined;
  const at = parseDateTime(element.attr('stamp') ?? '');
  const by = jidAttr(element, 'from');
  if (at === undefined || (by === undefined && element.attr('from') !== undefined)) return undefined;
  return { at, by };
}

/**
 * The delay of a stanza. Where several stand, the first by one of `trusted` (our server, our own account, a room)
 * counts; with no `trusted` given, the first that reads.
 */
export function delayOf(stanza: Element, trusted?: readonly Jid[]): Delay | undefined {
  for (const element of stanza.childrenOf('delay', NS_DELAY).slice(0, MAX_DELAYS)) {
    const delay = readDelay(element);
    if (delay === undefined) continue;
    if (trusted === undefined || (delay.by !== undefined && trusted.includes(delay.by))) return delay;
  }
  return undefined;
}

/** `<delay/>` with a protocol DATE. */
export function delay(at: number, by?: Jid): Element {
  return xml('delay', NS_DELAY, { stamp: formatDate(at), from: by });
}
