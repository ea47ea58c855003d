import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasLoneSurrogate } from '../../src-main/xml/chars.ts';
import { parseStrictly } from '../../src-main/xml/document.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { XmlError } from '../../src-main/xml/errors.ts';
import { DEFAULT_LIMITS, type XmlLimits } from '../../src-main/xml/limits.ts';
import { parsePlain } from '../../src-main/xml/plain.ts';

/** Few of each, so that bounds are met. */
const LIMITS: XmlLimits = { octets: 4096, depth: 4, elements: 8, attributes: 3 };

const shapeOf = (el: Element): unknown => [
  el.name,
  el.ns,
  el.prefix,
  Object.getPrototypeOf(el.attrs),
  Object.entries(el.attrs),
  el.foreign,
  el.children.map((c) => (typeof c === 'string' ? c : shapeOf(c))),
];

function strictly(text: string, limits: XmlLimits): unknown {
  try {
    return shapeOf(parseStrictly(text, limits, {}));
  } catch (error) {
    if (error instanceof XmlError) return error.code;
    throw error;
  }
}

/** Whether the short way read it; then the strict parser reads the same. */
function readsTheSame(text: string, limits: XmlLimits): boolean {
  const plain = parsePlain(text, limits);
  if (plain !== undefined) expect(shapeOf(plain)).toEqual(strictly(text, limits));
  return plain !== undefined;
}

const NAMES = ['a', 'b', '_c', 'x-y.1', 'xmlns', 'xml', '__proto__', 'constructor', 'ä', 'p:a', '1', '-a'];
const VALUES = [
  '',
  'u',
  ' u',
  "'",
  '"',
  '>',
  'ä🕯',
  '&amp;',
  '<',
  '\n',
  '\t',
  'http://www.w3.org/XML/1998/namespace',
  ']]>',
  '\u0085',
];
const name = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom('a', 'b', '_c', 'x-y.1', '__proto__', 'xml') },
  fc.constantFrom(...NAMES),
);
const value = fc.oneof({ weight: 20, arbitrary: fc.constantFrom('', 'u', 'v', 'w w') }, fc.constantFrom(...VALUES));
const attribute = fc
  .tuple(
    fc.oneof({ weight: 20, arbitrary: fc.constant(' ') }, fc.constantFrom('  ', '\n', '')),
    name,
    value,
    fc.constantFrom('"', "'"),
  )
  .map(([space, key, v, quote]) => `${space}${key}=${quote}${v}${quote}`);
const text = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('text', ' ', '>', 'ä€🕯', ']]') },
  fc.constantFrom(
    '',
    '',
    'text',
    ' ',
    '\n',
    '>',
    'ä€🕯',
    '\u0085\ufeff',
    '&lt;',
    '\r\n',
    ']]>',
    ']]',
    '\0',
    '\ufffe',
    '<!---->',
    '<?a?>',
  ),
  fc.constant('<![CDATA[x]]>'),
);
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      name,
      fc.array(attribute, { maxLength: 4 }),
      fc.array(fc.oneof({ maxDepth: 5, depthSize: 'small' }, text, tie('element')), { maxLength: 3 }),
      fc.oneof({ weight: 20, arbitrary: fc.constant('') }, fc.constant(' ')),
    )
    .map(([n, attributes, children, space]) =>
      children.length === 0
        ? `<${n}${attributes.join('')}${space}/>`
        : `<${n}${attributes.join('')}${space}>${children.join('')}</${n}${space}>`,
    ),
}));
/** A document with up to two pieces of it lost, doubled or replaced. */
const mutated = fc
  .tuple(
    element,
    fc.array(
      fc.tuple(fc.nat(), fc.nat(4), fc.constantFrom('', '<', '>', '/', '"', "'", '=', ' ', '&', 'a', '</a>', '<a>', '\t', ']]>')),
      {
        maxLength: 2,
      },
    ),
  )
  .map(([document, changes]) =>
    changes.reduce((s, [at, drop, put]) => {
      const i = at % (s.length + 1);
      return s.slice(0, i) + put + s.slice(i + drop);
    }, document),
  )
  .filter((s) => !hasLoneSurrogate(s));

describe('the short way through a document', () => {
  it('reads what the strict parser reads, as it reads it, or nothing', () => {
    const read = new Set<string>();
    fc.assert(
      fc.property(mutated, (document) => {
        if (readsTheSame(document, LIMITS)) read.add(document);
        readsTheSame(document, DEFAULT_LIMITS);
      }),
      { numRuns: 20_000 },
    );
    expect(read.size).toBeGreaterThan(1000);
  });

  it.each([
    ['<a xmlns="u" b="1" c=\'"\'><d>text &gt; ]] </d><e xmlns=""/></a>'.replace('&gt;', '>'), true],
    ['<a><b></b>\n</a>', true],
    ['<a b="1" b="2"/>', false],
    ['<a xmlns="u" xmlns="v"/>', false],
    ['<a xmlns=" u"/>', false],
    ['<a xmlns="http://www.w3.org/2000/xmlns/"/>', false],
    ['<a b="\n"/>', false],
    ['<a b="<"/>', false],
    ['<a>]]></a>', false],
    ['<a>\r</a>', false],
    ['<a></b>', false],
    ['<a></a> ', false],
    ['<a/><a/>', false],
    ['<a', false],
    ['<a b="', false],
    ['<a>text', false],
    ['', false],
    ['<p:a xmlns:p="u"/>', false],
  ])('%j', (document, read) => {
    expect(readsTheSame(document, DEFAULT_LIMITS)).toBe(read);
  });

  it.each([
    ['depth', '<a><a><a><a/></a></a></a>', '<a><a><a><a><a/></a></a></a></a>'],
    ['elements', `<a>${'<b/>'.repeat(7)}</a>`, `<a>${'<b/>'.repeat(8)}</a>`],
    ['attributes', '<a b="" c="" xmlns="u"/>', '<a b="" c="" d="" xmlns="u"/>'],
  ])('leaves what is over the limit of %s', (_, within, over) => {
    expect(readsTheSame(within, LIMITS)).toBe(true);
    expect(readsTheSame(over, LIMITS)).toBe(false);
  });
});
