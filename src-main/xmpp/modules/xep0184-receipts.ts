/** XEP-0184: a device of theirs has the message. */

import { isOriginId, type OriginId } from '../../../src-shared/ids.ts';
import { type Element, xml } from '../../xml/element.ts';

export const NS_RECEIPTS = 'urn:xmpp:receipts';

/** `<request/>`, to be put on a message with an `id`. */
export function receiptRequest(): Element {
  return xml('request', NS_RECEIPTS);
}

/** `<received/>` for the message of that id. */
export function receipt(id: OriginId): Element {
  return xml('received', NS_RECEIPTS, { id });
}

/**
 * True for a message (or an envelope's content) that asks for a receipt. What is itself a receipt never does (§5.5),
 * so two clients cannot answer each other for ever.
 */
export function asksForReceipt(parent: Element): boolean {
  return parent.child('request', NS_RECEIPTS) !== undefined && parent.child('received', NS_RECEIPTS) === undefined;
}

/** The id of the message that arrived; undefined where this is no receipt, or more than one. */
export function readReceipt(parent: Element): OriginId | undefined {
  const [first, second] = parent.childrenOf('received', NS_RECEIPTS);
  const id = first?.attr('id');
  return second === undefined && id !== undefined && isOriginId(id) ? id : undefined;
}
