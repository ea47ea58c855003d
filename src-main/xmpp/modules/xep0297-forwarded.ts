/** XEP-0297: a stanza inside another. Whoever forwards answers for it: the carrier's sender is checked by the caller. */

import { type Element, xml } from '../../xml/element.ts';
import { NS_CLIENT, readHeader } from './stanza.ts';
import { type Delay, readDelay } from './xep0203-delay.ts';

export const NS_FORWARD = 'urn:xmpp:forward:0';
const STANZAS: readonly string[] = ['message', 'presence', 'iq'];

export interface Forwarded {
  readonly stanza: Element;
  readonly delay: Delay | undefined;
}

/** Reads `<forwarded/>` with exactly one stanza whose addresses are JIDs; undefined for anything else. */
export function readForwarded(element: Element): Forwarded | undefined {
  if (!element.is('forwarded', NS_FORWARD)) return undefined;
  const inside = element.elements();
  const stanzas = inside.filter((e) => e.ns === NS_CLIENT && STANZAS.includes(e.name));
  const [stanza] = stanzas;
  if (stanza === undefined || stanzas.length !== 1 || readHeader(stanza) === undefined) return undefined;
  const delays = inside.map(readDelay).filter((d) => d !== undefined);
  return { stanza, delay: delays[0] };
}

/** `<forwarded/>` around a stanza. */
export function forwarded(stanza: Element, delay?: Element): Element {
  return xml('forwarded', NS_FORWARD, {}, delay, stanza);
}
