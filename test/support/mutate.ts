import { Element, xml } from '../../src-main/xml/element.ts';
import { SEC } from '../../src-main/security/crypto/algorithms.ts';

/** How many ways {@link mutate} knows: `how` is below it. */
export const MUTATIONS = 7;

/** The tree with one of its elements, the `where`th, changed in one way. */
export function mutate(root: Element, where: number, how: number, text: string): Element {
  let left = where % count(root);
  const change = (el: Element): Element => {
    switch (how) {
      case 0:
        return el.withChildren([...el.children, xml('extra', SEC)]);
      case 1:
        return el.withChildren(el.children.slice(1));
      case 2:
        return el.withAttrs({ [Object.keys(el.attrs)[0] ?? 'extra']: text });
      case 3:
        return el.withChildren([text, ...el.children]);
      case 4:
        return el.withChildren([...el.children].reverse());
      case 5:
        return new Element(el.name, text, el.attrs, el.children);
      default:
        return new Element(el.name, el.ns, el.attrs, el.children, '', [{ prefix: 'xml', ns: 'n', name: 'lang', value: text }]);
    }
  };
  const walk = (el: Element): Element => {
    if (left-- === 0) return change(el);
    return el.withChildren(el.children.map((c) => (typeof c === 'string' ? c : walk(c))));
  };
  return walk(root);
}

function count(el: Element): number {
  return el.elements().reduce((sum, child) => sum + count(child), 1);
}

/** Canonical text but for white space, which base64 may hold: with it the same value has another text. */
export const withoutSpace = (text: string): string => text.replaceAll(/\s|&#xD;/g, '');
