import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DS, SEC } from '../../../src-main/security/crypto/algorithms.ts';
import { c14n, c14nWithout } from '../../../src-main/security/xmlsec/c14n.ts';
import { byCodePoint } from '../../../src-main/security/xmlsec/escape.ts';
import { exclusiveC14n } from '../../../src-main/security/xmlsec/exclusive-c14n.ts';
import type { Element } from '../../../src-main/xml/element.ts';
import { xml } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';

const malformed = expect.objectContaining({ name: 'XmlsecError', code: 'malformed' });
const parse = (text: string) => parseDocument(text, { cdata: 'refuse' });

/** A tree without prefixes, of names, namespaces and texts that are awkward. */
const name = fc.constantFrom('a', 'B', 'query', 'é', '𐐀', 'x-1', '_');
const ns = fc.constantFrom('', 'xmpp:sec', 'urn:x?a=1&b=2', DS);
const text = fc.string({ unit: fc.constantFrom('a', '<', '>', '&', '"', "'", ' ', 'é', '𐐀', ']'), maxLength: 8 });
const attrs = fc.dictionary(name, text, { maxKeys: 4 });
const { tree } = fc.letrec<{ tree: Element }>((tie) => ({
  tree: fc
    .tuple(name, ns, attrs, fc.array(fc.oneof({ maxDepth: 3 }, text, tie('tree')), { maxLength: 3 }))
    .map(([n, space, a, children]) => xml(n, space, a, ...children)),
}));

/** The same element as a server may write it: prefixes of its own, attributes in another order, other quotes. */
function rewritten(el: Element, parent: Element | undefined, prefix: string): string {
  const usesPrefix = el.ns !== '' && prefix !== '';
  const tag = usesPrefix ? `${prefix}:${el.name}` : el.name;
  const inherits = !usesPrefix && parent?.ns === el.ns && prefix === '';
  const declaration = usesPrefix
    ? ` xmlns:${prefix}='${escape(el.ns)}' xmlns:unused="urn:u"`
    : inherits
      ? ''
      : ` xmlns='${escape(el.ns)}'`;
  const attributes = Object.entries(el.attrs)
    .reverse()
    .map(([k, v]) => ` ${k}='${escape(v)}'`)
    .join('');
  const children = el.children.map((c) => (typeof c === 'string' ? escape(c) : rewritten(c, el, prefix))).join('');
  return children === '' ? `<${tag}${attributes}${declaration}/>` : `<${tag}${attributes}${declaration} >${children}</${tag}>`;
}
const escape = (s: string): string =>
  Array.from(s)
    .map((c) => (/[a-z ]/.test(c) ? c : `&#x${(c.codePointAt(0) ?? 0).toString(16)};`))
    .join('');

describe('c14n of protocol 1', () => {
  it('comes out the same after prefixes, order, quotes and references were rewritten', () => {
    fc.assert(
      fc.property(tree, fc.constantFrom('', 'p', 's', '_q'), (el, prefix) => {
        expect(c14n(parse(rewritten(el, undefined, prefix)))).toBe(c14n(el));
      }),
      { numRuns: 500 },
    );
  });

  it('is its own canonical form', () => {
    fc.assert(
      fc.property(tree, (el) => {
        expect(c14n(parse(c14n(el)))).toBe(c14n(el));
      }),
      { numRuns: 300 },
    );
  });

  it('differs where names, namespaces, attributes or text differ', () => {
    const forms = [
      '<a xmlns="xmpp:sec"/>',
      '<a/>',
      '<b xmlns="xmpp:sec"/>',
      '<a xmlns="xmpp:sec" b=""/>',
      '<a xmlns="xmpp:sec" b=" "/>',
      '<a xmlns="xmpp:sec"> </a>',
      '<a xmlns="xmpp:sec"><a/></a>',
      '<a xmlns="xmpp:sec"><a xmlns=""/></a>',
    ].map((form) => c14n(parse(form)));
    expect(new Set(forms).size).toBe(forms.length);
  });

  it.each([
    ['xml:lang', '<a xmlns="xmpp:sec" xml:lang="en"/>'],
    ['an attribute of our own namespace', '<a xmlns="xmpp:sec" xmlns:s="xmpp:sec"><b s:c=""/></a>'],
    ['a line feed in an attribute', '<a xmlns="xmpp:sec" b="&#xA;"/>'],
    ['a tab in an attribute', '<a xmlns="xmpp:sec" b="&#9;"/>'],
    ['a carriage return in text', '<a xmlns="xmpp:sec">x&#xD;y</a>'],
    ['a line between elements', '<a xmlns="xmpp:sec">\n<b/></a>'],
    ['a line in the name of a key', `<KeyName xmlns="${DS}">A\nB</KeyName>`],
    ['a line in an element only called like base64', '<SignatureValue xmlns="xmpp:sec">A\nB</SignatureValue>'],
  ])('refuses %s', (_, form) => {
    expect(() => c14n(parse(form))).toThrow(malformed);
  });

  it('lets base64 break its lines', () => {
    expect(c14n(parse(`<SignatureValue xmlns="${DS}">AQ\nID\t&#xD;</SignatureValue>`))).toBe(
      `<SignatureValue xmlns="${DS}">AQ\nID\t&#xD;</SignatureValue>`,
    );
    expect(c14n(parse('<query xmlns="xmpp:sec"><Public>AQ\nID</Public></query>'))).toContain('AQ\nID');
  });

  it('leaves out one child, and only that very one', () => {
    const [b1, b2] = [xml('b', SEC), xml('b', SEC)];
    const el = xml('a', SEC, {}, b1, 'x', b2);
    expect(c14nWithout(el, b2)).toBe('<a xmlns="xmpp:sec"><b></b>x</a>');
    expect(c14nWithout(xml('a', SEC, {}, el), b2)).toBe(c14n(xml('a', SEC, {}, el)));
  });

  it('orders names by code point, not by UTF-16 unit', () => {
    expect(['𐐀', '豈', 'a', 'ab', 'Z'].sort(byCodePoint)).toEqual(['Z', 'a', 'ab', '豈', '𐐀']);
  });
});

describe('plain Exclusive C14N', () => {
  it.each([
    ['keeps prefixes', '<p:a xmlns:p="urn:p"/>', '<p:a xmlns:p="urn:p"></p:a>'],
    [
      'declares where first used',
      '<a xmlns:p="urn:p"><p:b/><p:b/></a>',
      '<a><p:b xmlns:p="urn:p"></p:b><p:b xmlns:p="urn:p"></p:b></a>',
    ],
    ['declares once on a path', '<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:p"/></p:a>', '<p:a xmlns:p="urn:p"><p:b></p:b></p:a>'],
    [
      'redeclares a prefix that changed',
      '<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:q"><p:c/></p:b></p:a>',
      '<p:a xmlns:p="urn:p"><p:b xmlns:p="urn:q"><p:c></p:c></p:b></p:a>',
    ],
    ['undeclares the default', '<a xmlns="urn:a"><b xmlns=""/></a>', '<a xmlns="urn:a"><b xmlns=""></b></a>'],
    [
      'keeps the default below a prefixed element',
      '<a xmlns="urn:a"><p:b xmlns:p="urn:p"><c/></p:b></a>',
      '<a xmlns="urn:a"><p:b xmlns:p="urn:p"><c></c></p:b></a>',
    ],
    ['drops unused declarations', '<a xmlns:u="urn:u" xmlns="urn:a"/>', '<a xmlns="urn:a"></a>'],
    ['counts attributes as uses', '<a xmlns:p="urn:p" p:x="1" b="2"/>', '<a xmlns:p="urn:p" b="2" p:x="1"></a>'],
    [
      'orders attributes by namespace, then name',
      '<a xmlns:b="urn:1" xmlns:a="urn:2" a:x="1" b:y="2" b:x="3" z="4"/>',
      '<a xmlns:a="urn:2" xmlns:b="urn:1" z="4" b:x="3" b:y="2" a:x="1"></a>',
    ],
    ['never declares xml', '<a xml:lang="en"/>', '<a xml:lang="en"></a>'],
    ['keeps lines and tabs', '<a b="&#xA;&#9;">x&#xD;\n\ty</a>', '<a b="&#xA;&#x9;">x&#xD;\n\ty</a>'],
  ])('%s', (_, input, expected) => {
    expect(exclusiveC14n(parse(input))).toBe(expected);
  });

  it('equals the form of protocol 1 where there are no prefixes', () => {
    fc.assert(
      fc.property(tree, (el) => {
        expect(exclusiveC14n(parse(c14n(el)))).toBe(c14n(el));
      }),
      { numRuns: 300 },
    );
  });
});
