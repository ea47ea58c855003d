import type { Element } from '../xml/element.ts';
import { fromBase64 } from './crypto/encoding.ts';

/** Reading what is exactly of one structure (protocol 1, 6.2): anything else is refused, and why is never told (5.5). */

/** A check failed: `undecryptable`, whatever the cause. Whoever opens something catches it. */
class Refused extends Error {}

export function refuse(): never {
  throw new Refused('undecryptable');
}

export function inNamespace(el: Element | undefined, ns: string): Element {
  return el?.ns === ns ? el : refuse();
}

export function named(el: Element | undefined, name: string, ns: string): Element {
  return el?.is(name, ns) === true ? el : refuse();
}

/** Exactly these attributes, and only elements inside. */
export function exactElements(el: Element, attrs: Readonly<Record<string, string>>): Element[] {
  exactAttributes(el, attrs);
  const elements = el.elements();
  return elements.length === el.children.length ? elements : refuse();
}

export function exactChildren(el: Element, attrs: Readonly<Record<string, string>>, ...names: readonly string[]): Element[] {
  const elements = exactElements(el, attrs);
  if (elements.length !== names.length || names.some((name, i) => elements[i]?.name !== name)) refuse();
  return elements;
}

export function exactAttributes(el: Element, attrs: Readonly<Record<string, string>>): void {
  const names = Object.keys(attrs);
  if (el.foreign.length > 0 || Object.keys(el.attrs).length !== names.length) refuse();
  for (const name of names) if (el.attr(name) !== attrs[name]) refuse();
}

/** An empty element that names this algorithm. */
export function exactMethod(el: Element, algorithm: string): void {
  exactAttributes(el, { Algorithm: algorithm });
  if (el.children.length > 0) refuse();
}

/** The values of exactly these attributes of an empty element. */
export function attributes<Name extends string>(el: Element, ...names: readonly Name[]): Record<Name, string> {
  if (el.children.length > 0 || el.foreign.length > 0 || Object.keys(el.attrs).length !== names.length) refuse();
  const out: Partial<Record<Name, string>> = {};
  for (const name of names) out[name] = el.attr(name) ?? refuse();
  return out as Record<Name, string>;
}

/** The text of an element without attributes. */
export function textOf(el: Element): string {
  exactAttributes(el, {});
  return el.children.every((child) => typeof child === 'string') ? el.text() : refuse();
}

/** The octets in the `CipherValue` of a `CipherData`, both in the namespace of the latter. Throws CryptoError too. */
export function cipherValue(cipherData: Element): Uint8Array {
  const [value] = exactChildren(cipherData, {}, 'CipherValue');
  return fromBase64(textOf(inNamespace(value, cipherData.ns)));
}
