import { hasIllegalCharacter, isNcName } from './chars.ts';
import { detached } from './detached.ts';
import type { Element } from './element.ts';
import { XmlError } from './errors.ts';
import { NS_XML, NS_XMLNS } from './namespaces.ts';

// `>` only has to be escaped after `]]`; always is simpler, and what c14n does. CR would be read back as LF.
const TEXT = /[&<>\r]/;
const TEXT_ALL = /[&<>\r]/g;
// Attribute values are normalised when read: TAB and LF would come back as spaces.
const ATTRIBUTE = /[&<"\t\n\r]/;
const ATTRIBUTE_ALL = /[&<"\t\n\r]/g;
/** Anything that may be illegal; the exact test follows only then. */
const SUSPECT = /[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]/;

const REFERENCES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};
const reference = (char: string): string => REFERENCES[char] ?? char;

/**
 * Text as the content of an element.
 * @throws XmlError `illegal-character` for what XML 1.0 cannot carry, lone surrogates included
 */
export function escapeText(text: string): string {
  if (SUSPECT.test(text) && hasIllegalCharacter(text)) throw new XmlError('illegal-character');
  return TEXT.test(text) ? text.replace(TEXT_ALL, reference) : text;
}

/**
 * Text as the value of an attribute in double quotes.
 * @throws XmlError `illegal-character`
 */
export function escapeAttribute(value: string): string {
  if (SUSPECT.test(value) && hasIllegalCharacter(value)) throw new XmlError('illegal-character');
  return ATTRIBUTE.test(value) ? value.replace(ATTRIBUTE_ALL, reference) : value;
}

/**
 * The element in the prefix-free form of protocol.md section 1: a default declaration where the namespace differs from the
 * parent's, no element prefixes. Only attributes in a namespace have a prefix, declared where they stand (`xml:` needs
 * none). `parentNs` is the default namespace in force around it, for stanzas the stream's (`jabber:client`).
 * @throws XmlError `illegal-character`, `illegal-name`
 */
export function serialize(el: Element, parentNs = ''): string {
  const name = checkedName(el.name);
  let out = `<${name}`;
  if (el.ns !== parentNs) {
    if (isUndeclarable(el.ns)) throw new XmlError('illegal-name');
    out += ` xmlns="${escapeAttribute(el.ns)}"`;
  }
  for (const key in el.attrs) {
    if (key === 'xmlns') throw new XmlError('illegal-name');
    out += ` ${checkedName(key)}="${escapeAttribute(el.attrs[key] ?? '')}"`;
  }
  if (el.foreign.length > 0) out += foreignAttributes(el);
  if (el.children.length === 0) return `${out}/>`;
  out += '>';
  for (const child of el.children) out += typeof child === 'string' ? escapeText(child) : serialize(child, el.ns);
  return `${out}</${name}>`;
}

/** The reserved namespaces, and what the parser refuses too: no URI has white space around it. */
const isUndeclarable = (ns: string): boolean => ns === NS_XML || ns === NS_XMLNS || ns.trim() !== ns;

function foreignAttributes(el: Element): string {
  let out = '';
  const declared = new Map<string, string>([['xml', NS_XML]]);
  for (const { prefix, ns, name, value } of el.foreign) {
    const known = declared.get(prefix);
    if (known === undefined) {
      if (ns === '' || isUndeclarable(ns) || prefix === 'xmlns') throw new XmlError('illegal-name');
      declared.set(prefix, ns);
      out += ` xmlns:${checkedName(prefix)}="${escapeAttribute(ns)}"`;
    } else if (known !== ns) {
      throw new XmlError('illegal-name');
    }
    out += ` ${prefix}:${checkedName(name)}="${escapeAttribute(value)}"`;
  }
  return out;
}

/** Names written before; almost all are from a small set, so they are checked once. */
const names = new Set<string>();
const NAMES_KEPT = 1000;

function checkedName(name: string): string {
  if (names.has(name)) return name;
  if (!isNcName(name)) throw new XmlError('illegal-name');
  if (names.size < NAMES_KEPT) names.add(detached(name));
  return name;
}
