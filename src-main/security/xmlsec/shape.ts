/** Law as a table (style rule 4): the exact structure of an element, checked before anything in it is used. */

import type { Element } from '../../xml/element.ts';
import { XmlsecError } from './errors.ts';

/** Attributes and children of an element, all of them and nothing else. `true` for an attribute: any value. */
export interface Shape {
  readonly name: string;
  readonly ns: string;
  readonly attrs?: Readonly<Record<string, string | true>>;
  /** Child elements in order; 'text' for an element with text only. Empty where left out. */
  readonly content?: readonly Shape[] | 'text';
}

/** Throws `malformed` unless `el` is exactly of this shape: no other attribute, child, or text between children. */
export function checkShape(el: Element | undefined, shape: Shape): asserts el is Element {
  if (el === undefined || !el.is(shape.name, shape.ns) || el.foreign.length > 0) throw new XmlsecError('malformed');
  const expected = Object.entries(shape.attrs ?? {});
  if (Object.keys(el.attrs).length !== expected.length) throw new XmlsecError('malformed');
  for (const [name, value] of expected) {
    const actual = Object.hasOwn(el.attrs, name) ? el.attrs[name] : undefined;
    if (actual === undefined || (value !== true && actual !== value)) throw new XmlsecError('malformed');
  }
  if (shape.content === 'text') {
    if (el.children.some((c) => typeof c !== 'string')) throw new XmlsecError('malformed');
    return;
  }
  const content = shape.content ?? [];
  if (el.children.length !== content.length) throw new XmlsecError('malformed');
  for (const [i, child] of el.children.entries()) {
    const law = content[i];
    if (law === undefined || typeof child === 'string') throw new XmlsecError('malformed');
    checkShape(child, law);
  }
}

/** A descendant that the shape has promised, by the names on the way from `el`. */
export function at(el: Element, ...names: readonly string[]): Element {
  let here: Element = el;
  for (const name of names) {
    const next = here.elements().find((c) => c.name === name);
    if (next === undefined) throw new XmlsecError('malformed');
    here = next;
  }
  return here;
}
