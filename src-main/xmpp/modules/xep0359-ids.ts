/** XEP-0359: the name a message keeps (origin-id) and the one an archive gave it (stanza-id). */

import type { OriginId } from '../../../src-shared/ids.ts';
import { isOriginId } from '../../../src-shared/ids.ts';
import type { Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { jidAttr, token } from './stanza.ts';

export const NS_SID = 'urn:xmpp:sid:0';
const MAX_ID = 1023;

/** `<origin-id/>`, to be put on a message whose `id` equals it. */
export function originId(id: OriginId): Element {
  return xml('origin-id', NS_SID, { id });
}

/** The origin-id of a message; undefined where there is none, more than one or one that is too long. */
export function readOriginId(parent: Element): OriginId | undefined {
  const [first, second] = parent.childrenOf('origin-id', NS_SID);
  const id = first?.attr('id');
  return second === undefined && id !== undefined && isOriginId(id) ? id : undefined;
}

/**
 * The stanza-id that `by` gave. Believe it only where `by` is our own bare JID (our archive), or a room that we are in,
 * and only if that server announces this XEP, for only then does it remove forged ones (§6). Two by the same: none.
 */
export function readStanzaId(message: Element, by: Jid): string | undefined {
  const [first, second] = message.childrenOf('stanza-id', NS_SID).filter((e) => jidAttr(e, 'by') === by);
  return second === undefined ? token(first?.attr('id'), MAX_ID) : undefined;
}
