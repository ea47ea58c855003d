/**
 * Plain Exclusive XML Canonicalization 1.0 without comments (`{EXC}`), prefixes kept: what holds inside an envelope
 * (protocol 6.2), which no server touches. The element is the apex; nothing above it is rendered.
 */

import type { Element } from '../../xml/element.ts';
import { byCodePoint, canonicalAttribute, canonicalText } from './escape.ts';

const XML_NS = 'http://www.w3.org/XML/1998/namespace';

/** Namespace declarations that output ancestors have rendered, by prefix; '' is the default one. */
type Rendered = ReadonlyMap<string, string>;

/** Exclusive C14N of an element, as text; its UTF-8 is what is digested. */
export function exclusiveC14n(el: Element): string {
  return write(el, new Map([['', '']]), undefined);
}

/** The same without one of its own children: after the enveloped-signature transform. */
export function exclusiveC14nWithout(el: Element, omitted: Element): string {
  return write(el, new Map([['', '']]), omitted);
}

function write(el: Element, inherited: Rendered, omitted: Element | undefined): string {
  const qname = el.prefix === '' ? el.name : `${el.prefix}:${el.name}`;
  const { rendered, declarations } = declare(el, inherited);
  let out = `<${qname}${declarations}`;
  for (const name of Object.keys(el.attrs).sort(byCodePoint)) out += ` ${name}="${canonicalAttribute(el.attrs[name] ?? '')}"`;
  // Attributes in no namespace come first, then by namespace, then by local name.
  const foreign = [...el.foreign].sort((a, b) => byCodePoint(a.ns, b.ns) || byCodePoint(a.name, b.name));
  for (const a of foreign) out += ` ${a.prefix}:${a.name}="${canonicalAttribute(a.value)}"`;
  out += '>';
  for (const child of el.children) {
    if (typeof child === 'string') out += canonicalText(child);
    else if (child !== omitted) out += write(child, rendered, undefined);
  }
  return `${out}</${qname}>`;
}

/** Declares the prefixes that this element visibly uses and that no output ancestor has rendered with this value. */
function declare(el: Element, inherited: Rendered): { rendered: Rendered; declarations: string } {
  const used = new Map<string, string>([[el.prefix, el.ns]]);
  for (const a of el.foreign) used.set(a.prefix, a.ns);
  const fresh = [...used].filter(([prefix, ns]) => ns !== XML_NS && inherited.get(prefix) !== ns);
  if (fresh.length === 0) return { rendered: inherited, declarations: '' };
  fresh.sort(([a], [b]) => byCodePoint(a, b));
  const declarations = fresh
    .map(([prefix, ns]) => ` ${prefix === '' ? 'xmlns' : `xmlns:${prefix}`}="${canonicalAttribute(ns)}"`)
    .join('');
  return { rendered: new Map([...inherited, ...fresh]), declarations };
}
