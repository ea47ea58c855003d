/** XEP-0334: what servers should do with a message. */

import { type Element, xml } from '../../xml/element.ts';

const NS_HINTS = 'urn:xmpp:hints';

export type Hint = 'no-permanent-store' | 'no-store' | 'no-copy' | 'store';

const HINTS: readonly string[] = ['no-permanent-store', 'no-store', 'no-copy', 'store'] satisfies Hint[];

/** `<store xmlns='urn:xmpp:hints'/>` and its like. */
export function hint(name: Hint): Element {
  return xml(name, NS_HINTS);
}

/** The hints of a message. */
export function readHints(message: Element): ReadonlySet<Hint> {
  const found = message.elements().filter((e) => e.ns === NS_HINTS && HINTS.includes(e.name));
  return new Set(found.map((e) => e.name as Hint));
}
