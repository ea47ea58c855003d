/** Random element trees for property tests: what XML can carry, in the form that the parser builds. */
import fc from 'fast-check';
import { Element, type Node } from '../../../src-main/xml/element.ts';
import { NS_XML } from '../../../src-main/xml/namespaces.ts';

const legal = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;
const special = fc.constantFrom(
  '&',
  '<',
  '>',
  '"',
  "'",
  ']]>',
  '\r\n',
  '\r',
  '\n',
  '\t',
  ' ',
  'é',
  '🕯️',
  '\u{85}',
  '\u2028',
  '&amp;',
  '<![CDATA[',
);
export const text = fc
  .array(
    fc.oneof(
      special,
      fc.string({ unit: 'binary', maxLength: 8 }).filter((s) => legal.test(s)),
      fc.string({ maxLength: 8 }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join(''));
const name = fc.oneof(
  fc.constantFrom(
    'message',
    'x',
    'body',
    'query',
    '_',
    'é',
    'a-b.c',
    '田中',
    '\u{10000}x',
    '__proto__',
    'constructor',
    'xml',
    'toString',
  ),
  fc
    .string({ unit: fc.constantFrom(...Array.from('abcXYZ_09-.')), minLength: 1, maxLength: 6 })
    .map((s) => (/^[A-Za-z_]/.test(s) ? s : `_${s}`)),
);
const ns = fc.constantFrom('', 'jabber:client', 'xmpp:sec', 'urn:x?a=1&b="2"', 'spa ced', 'http://www.w3.org/2000/09/xmldsig#');
const attributes = fc
  .array(
    fc.tuple(
      name.filter((n) => n !== 'xmlns'),
      text,
    ),
    { maxLength: 5 },
  )
  .map((pairs) => {
    const record = Object.create(null) as Record<string, string>;
    for (const [key, value] of pairs) record[key] = value;
    return record;
  });
const foreign = fc.constantFrom(
  [],
  [{ prefix: 'xml', ns: NS_XML, name: 'lang', value: 'de' }],
  [
    { prefix: 'p', ns: 'urn:p', name: 'id', value: '<1>' },
    { prefix: 'q', ns: 'urn:q', name: 'id', value: '"2"' },
  ],
);

/** Adjacent text is one string and empty text is none, as the parser has it. */
function merged(children: readonly Node[]): Node[] {
  const out: Node[] = [];
  for (const child of children) {
    const last = out.at(-1);
    if (child === '') continue;
    if (typeof child === 'string' && typeof last === 'string') out[out.length - 1] = last + child;
    else out.push(child);
  }
  return out;
}

export const element: fc.Arbitrary<Element> = fc.letrec<{ node: Node; element: Element }>((tie) => ({
  node: fc.oneof({ maxDepth: 4, depthSize: 'small' }, text, tie('element')),
  element: fc
    .tuple(name, ns, attributes, fc.array(tie('node'), { maxLength: 4 }), foreign)
    .map(([n, uri, attrs, children, others]) => new Element(n, uri, attrs, merged(children), '', others)),
})).element;

/** What two elements must share to be equal; a prefix is none of it. */
export function plain(el: Element): unknown {
  return [
    el.name,
    el.ns,
    Object.entries(el.attrs).sort(),
    el.foreign,
    el.children.map((c) => (typeof c === 'string' ? c : plain(c))),
  ];
}
