import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Element, xml } from '../../../src-main/xml/element.ts';
import { XmlError } from '../../../src-main/xml/errors.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { escapeAttribute, escapeText, serialize } from '../../../src-main/xml/serialize.ts';
import { element, plain } from './arbitraries.ts';

const code = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof XmlError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('serialize', () => {
  it('reads back as it was, whatever the tree', () => {
    fc.assert(
      fc.property(element, (el) => {
        expect(plain(parseDocument(serialize(el), { limits: { octets: 1 << 22, elements: 1e6 } }))).toEqual(plain(el));
      }),
      { numRuns: 500 },
    );
  });

  it('writes every name that the parser reads', () => {
    // The ends of the ranges of NameStartChar and NameChar, and what lies beside them.
    const ends =
      '2c 30 39 3b 41 5a 5f 61 7a b7 c0 d6 d8 f6 f8 2ff 300 36f 370 37d 37f 1fff 200c 200d 203f 2040 2070 218f 2c00 2fef 3001 d7ff f900 fdcf fdf0 fffd 10000 effff';
    const points = ends.split(' ').flatMap((hex) => [-1, 0, 1].map((by) => parseInt(hex, 16) + by));
    const names = points
      .map((point) => String.fromCodePoint(point))
      .flatMap((char) => [char, `a${char}`, `p:${char}`, `p:a${char}`]);
    let read = 0;
    for (const name of names) {
      for (const text of [`<a xmlns:p="u"><${name}/></a>`, `<a xmlns:p="u" ${name}=""/>`]) {
        let el: Element;
        try {
          el = parseDocument(text);
        } catch (error) {
          expect(error).toBeInstanceOf(XmlError);
          continue;
        }
        read++;
        expect(plain(parseDocument(serialize(el)))).toEqual(plain(el));
      }
    }
    expect(read).toBeGreaterThan(200);
  });

  it('declares a default namespace only where it differs from the parent’s', () => {
    const iq = xml('iq', 'jabber:client', { type: 'get' }, xml('query', 'jabber:iq:roster', {}, xml('item', 'jabber:iq:roster')));
    expect(serialize(iq, 'jabber:client')).toBe('<iq type="get"><query xmlns="jabber:iq:roster"><item/></query></iq>');
    expect(serialize(xml('a', 'urn:a', {}, xml('b', '')))).toBe('<a xmlns="urn:a"><b xmlns=""/></a>');
  });

  it('drops element prefixes and keeps those of attributes', () => {
    const el = new Element('a', 'urn:a', {}, [], 'p', [
      { prefix: 'xml', ns: 'http://www.w3.org/XML/1998/namespace', name: 'lang', value: 'en' },
      { prefix: 'f', ns: 'urn:f', name: 'x', value: '1' },
      { prefix: 'f', ns: 'urn:f', name: 'y', value: '2' },
    ]);
    expect(serialize(el)).toBe('<a xmlns="urn:a" xml:lang="en" xmlns:f="urn:f" f:x="1" f:y="2"/>');
  });

  it('escapes what a reader would change or misread', () => {
    expect(escapeText('a & b < c > d "e" \' \t\n\r')).toBe('a &amp; b &lt; c &gt; d "e" \' \t\n&#xD;');
    expect(escapeAttribute('a & b < c > d "e" \t\n\r')).toBe('a &amp; b &lt; c > d &quot;e&quot; &#x9;&#xA;&#xD;');
  });

  it('refuses what XML cannot carry', () => {
    for (const bad of ['\0', '\x08', '\x1f', '\ufffe', '\uffff', '\ud800', 'a\udc00b', '\udc00\ud800']) {
      expect(
        code(() => escapeText(bad)),
        JSON.stringify(bad),
      ).toBe('illegal-character');
      expect(
        code(() => escapeAttribute(bad)),
        JSON.stringify(bad),
      ).toBe('illegal-character');
    }
    expect(escapeText('\u{1f56f}\x7f\x85\ufffd')).toBe('\u{1f56f}\x7f\x85\ufffd');
  });

  it('refuses names that are none, so that nothing can be smuggled through one', () => {
    for (const bad of ['', 'a b', 'a>', '1a', 'p:a', '-a', 'a="1"', 'a\n']) {
      expect(
        code(() => serialize(xml(bad, ''))),
        bad,
      ).toBe('illegal-name');
      expect(
        code(() => serialize(xml('a', '', { [bad]: '1' }))),
        bad,
      ).toBe('illegal-name');
    }
    expect(code(() => serialize(xml('a', '', { xmlns: 'urn:x' })))).toBe('illegal-name');
    expect(code(() => serialize(xml('a', 'http://www.w3.org/2000/xmlns/')))).toBe('illegal-name');
    for (const foreign of [
      [{ prefix: 'xmlns', ns: 'urn:x', name: 'a', value: '' }],
      [{ prefix: 'p', ns: '', name: 'a', value: '' }],
      [{ prefix: 'xml', ns: 'urn:x', name: 'a', value: '' }],
      [
        { prefix: 'p', ns: 'urn:1', name: 'a', value: '' },
        { prefix: 'p', ns: 'urn:2', name: 'b', value: '' },
      ],
    ])
      expect(code(() => serialize(new Element('a', '', {}, [], '', foreign)))).toBe('illegal-name');
  });
});
