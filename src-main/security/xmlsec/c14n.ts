/**
 * The canonical form of protocol 1: Exclusive C14N 1.0 (`{EXC}`, no comments, no prefix list) of an element as the root
 * of its own document, after every element prefix was dropped. So it comes out the same whatever servers do to prefixes,
 * the order of attributes, quotes and empty tags.
 */

import { DS, DS11, M21, SEC, XE } from '../crypto/algorithms.ts';
import type { Element } from '../../xml/element.ts';
import { byCodePoint, canonicalAttribute, canonicalText } from './escape.ts';
import { XmlsecError } from './errors.ts';

/** Elements of ours whose text is base64, in which alone a line may break (protocol 1). */
const BASE64: Readonly<Record<string, ReadonlySet<string>>> = {
  [SEC]: new Set(['KA-Nonce', 'Public', 'DigestValue', 'Authenticator', 'Share', 'Tag']),
  [DS]: new Set(['DigestValue', 'SignatureValue', 'X509Certificate']),
  [DS11]: new Set(['DEREncodedKeyValue']),
  [XE]: new Set(['CipherValue']),
  [M21]: new Set(['Info']),
};

const LINE_OR_TAB = /[\t\n\r]/;

/**
 * c14n(e) of protocol 1. Throws `malformed` on an attribute in a namespace, and on TAB, CR or LF in an attribute or in
 * text other than base64.
 */
export function c14n(el: Element): string {
  return write(el, '', undefined);
}

/** c14n of `el` without one of its own children: the enveloped-signature transform of 5.3. */
export function c14nWithout(el: Element, omitted: Element): string {
  return write(el, '', omitted);
}

function write(el: Element, parentNs: string, omitted: Element | undefined): string {
  if (el.foreign.length > 0) throw new XmlsecError('malformed');
  let out = `<${el.name}`;
  if (el.ns !== parentNs) out += ` xmlns="${canonicalAttribute(el.ns)}"`;
  const names = Object.keys(el.attrs);
  if (names.length > 1) names.sort(byCodePoint);
  for (const name of names) {
    const value = el.attrs[name] ?? '';
    if (LINE_OR_TAB.test(value)) throw new XmlsecError('malformed');
    out += ` ${name}="${canonicalAttribute(value)}"`;
  }
  out += '>';
  for (const child of el.children) {
    if (typeof child === 'string') {
      if (LINE_OR_TAB.test(child) && BASE64[el.ns]?.has(el.name) !== true) throw new XmlsecError('malformed');
      out += canonicalText(child);
    } else if (child !== omitted) {
      out += write(child, el.ns, undefined);
    }
  }
  return `${out}</${el.name}>`;
}
