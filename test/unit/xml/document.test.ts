import { describe, expect, it } from 'vitest';
import { XmlError } from '../../../src-main/xml/errors.ts';
import { parseDocument, type DocumentOptions } from '../../../src-main/xml/parser.ts';

/** The code of the error, which must be the same for the text and for its octets. */
function errorOf(text: string, options?: DocumentOptions): string {
  const codes = [text, Buffer.from(text)].map((input) => {
    try {
      parseDocument(input, options);
    } catch (error) {
      if (error instanceof XmlError) return error.code;
      throw error;
    }
    return 'no error';
  });
  expect(codes[1]).toBe(codes[0]);
  return codes[0] ?? '';
}

describe('a document', () => {
  it('is a tree with namespaces resolved', () => {
    const root = parseDocument(
      "<e:envelope xmlns:e='urn:e' xmlns='urn:d' a='1'><b e:c='2'/>x<e:d xmlns=''><f/></e:d></e:envelope>",
    );
    expect(root).toMatchObject({ name: 'envelope', ns: 'urn:e', prefix: 'e', foreign: [] });
    expect(root.attrs).toEqual({ a: '1' });
    expect(root.children[0]).toMatchObject({
      name: 'b',
      ns: 'urn:d',
      prefix: '',
      foreign: [{ prefix: 'e', ns: 'urn:e', name: 'c', value: '2' }],
    });
    expect(root.children[1]).toBe('x');
    expect(root.child('d')?.child('f', '')).toBeDefined();
  });

  it('gives attributes without a prototype', () => {
    const { attrs } = parseDocument("<a __proto__='1' constructor='2' xmlns:p='u' p:toString='3'/>");
    expect(Object.getPrototypeOf(attrs)).toBeNull();
    expect(Object.entries(attrs)).toEqual([
      ['__proto__', '1'],
      ['constructor', '2'],
    ]);
    expect(parseDocument('<a/>').attr('toString')).toBeUndefined();
  });

  it('has scopes that end with their element', () => {
    expect(errorOf("<a><b xmlns:p='u'/><p:c/></a>")).toBe('not-well-formed');
    expect(errorOf("<a xmlns:p='u'><p:c/><b xmlns:p='v'><p:d/></b><p:c/></a>")).toBe('no error');
    const root = parseDocument("<a xmlns='u' xmlns:p='1'><b xmlns='v'><p:c/><c/></b><b xmlns:p='2'><p:c/><c/></b><c/></a>");
    expect(root.elements().map((e) => [e.ns, ...e.elements().map((c) => c.ns)])).toEqual([
      ['v', '1', 'v'],
      ['u', '2', 'u'],
      ['u'],
    ]);
  });

  it('reads line ends and white space in attributes as XML has it', () => {
    const root = parseDocument("<a b='1\r\n2\t3\n4&#10;5&#13;'>\r\n\r&#13;</a>");
    expect(root.attr('b')).toBe('1 2 3 4\n5\r');
    expect(root.text()).toBe('\n\n\r');
  });

  it('has no CDATA and no XML declaration unless told', () => {
    expect(errorOf('<a><![CDATA[x]]></a>')).toBe('restricted-xml');
    expect(parseDocument('<a>1<![CDATA[<x>]]]]>2<![CDATA[]]>3</a>', { cdata: 'text' }).children).toEqual(['1<x>]]23']);
    expect(errorOf("<?xml version='1.0'?><a/>")).toBe('restricted-xml');
    expect(errorOf("<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<a/>\n", { xmlDeclaration: true })).toBe('no error');
    expect(errorOf("<?xml version='1.0' encoding='latin1'?><a/>", { xmlDeclaration: true })).toBe('unsupported-encoding');
  });

  it('is whole, and one', () => {
    for (const text of ['', ' ', '<a>', '<a', '<a/><b/>', '<a/></a>', '<a></a', '\ufeff<a/>', '<a>\ufffe</a>', '<a>&', "<a b='"])
      expect([text, errorOf(text)]).toEqual([text, 'not-well-formed']);
    for (const text of ['x', 'x<a/>', '<a/>x', '<a/>&#32;']) expect([text, errorOf(text)]).toEqual([text, 'stray-text']);
    for (const text of ['<!DOCTYPE a><a/>', '<a/><!-- x -->', '<a/><?x?>', '<a>&x;</a>', '<?x?><a/>'])
      expect([text, errorOf(text)]).toEqual([text, 'restricted-xml']);
  });

  it('is UTF-8', () => {
    expect(() => parseDocument(Uint8Array.of(0x3c, 0x61, 0x3e, 0xc3, 0x3c, 0x2f, 0x61, 0x3e))).toThrow('invalid-utf8');
    expect(() => parseDocument(Uint8Array.of(0x3c, 0x61, 0x2f, 0x3e, 0xc3))).toThrow('invalid-utf8');
    for (const lone of ['\ud800', '\udc00', '\udc00\ud800'])
      expect(() => parseDocument(`<a>${lone}</a>`)).toThrow('invalid-utf8');
  });

  it('is bounded', () => {
    expect(errorOf('<a>ä</a>', { limits: { octets: 9 } })).toBe('no error');
    expect(errorOf('<a>ä</a>', { limits: { octets: 8 } })).toBe('too-large');
    expect(errorOf('<a><b/></a>', { limits: { depth: 1 } })).toBe('too-deep');
    expect(errorOf('<a><b/></a>', { limits: { elements: 1 } })).toBe('too-many-elements');
    expect(errorOf("<a b='' c=''/>", { limits: { attributes: 1 } })).toBe('too-many-attributes');
  });
});
