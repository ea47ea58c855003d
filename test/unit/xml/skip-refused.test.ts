/** A stream that goes on behind what it does not take: one stanza of a stranger must not end a session again and again. */

import { describe, expect, it } from 'vitest';
import { XmlError } from '../../../src-main/xml/errors.ts';
import { StreamParser } from '../../../src-main/xml/parser.ts';

const OPEN = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";
const nested = (depth: number): string => '<d>'.repeat(depth) + '</d>'.repeat(depth);
const many = (n: number): string => `<m>${'<e/>'.repeat(n - 1)}</m>`;
const wide = (n: number): string => `<w ${Array.from({ length: n }, (_, i) => `a${String(i)}=""`).join(' ')}>x<y/></w>`;
const long = (octets: number): string => `<l><b>${'x'.repeat(octets)}</b><c>y</c></l>`;

/** What is told of this text after the root, cut into pieces of `size`. */
function told(text: string, size: number): string[] {
  const out: string[] = [];
  const parser = new StreamParser({
    onOpen: () => undefined,
    onStanza: (stanza) => void out.push(stanza.name),
    onClose: () => void out.push('end'),
  });
  parser.write(Buffer.from(OPEN));
  parser.skipRefused((error) => void out.push(`refused: ${error.code}`));
  const octets = Buffer.from(text);
  try {
    for (let at = 0; at < octets.length; at += size) parser.write(octets.subarray(at, at + size));
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    out.push(`over: ${error.code}`);
  }
  return out;
}

describe.each([1_000_000_000, 4096, 7])('in pieces of %i octets', (size) => {
  it.each([
    ['too deep', nested(33), 'too-deep'],
    ['too many elements', many(10_001), 'too-many-elements'],
    ['too many attributes of the stanza', wide(65), 'too-many-attributes'],
    ['too many attributes inside', `<a><b/>${wide(65)}<c/></a>`, 'too-many-attributes'],
    ['too large', long(300 * 1024), 'too-large'],
    ['too large before its start tag ends', `<a b="${'x'.repeat(300 * 1024)}"><c/></a>`, 'too-large'],
    ['the xml namespace by default', `<a><x xmlns="http://www.w3.org/XML/1998/namespace"/></a>`, 'not-well-formed'],
    ['an element in the xml namespace', '<a><xml:x/></a>', 'not-well-formed'],
    ['a namespace with white space', `<a><x xmlns=" urn:x"/></a>`, 'not-well-formed'],
  ])('%s: told in its place, between the others', (_, refused, code) => {
    expect(told(`<one/>${refused}<two/>${refused} ${refused}<three><a/></three>`, size)).toEqual([
      'one',
      `refused: ${code}`,
      'two',
      `refused: ${code}`,
      `refused: ${code}`,
      'three',
    ]);
  });

  it('what is no XML ends the stream, also inside of what is read over', () => {
    for (const [bad, code] of [
      ['<!-- x -->', 'restricted-xml'],
      ['</wrong>', 'not-well-formed'],
      ['&lol;', 'restricted-xml'],
    ]) {
      expect(told(`<one/>${'<d>'.repeat(40)}${bad ?? ''}`, size)).toEqual(['one', `over: ${code ?? ''}`]);
    }
  });

  it('what never ends does', () => {
    expect(told(`<one/>${long(4200 * 1024)}`, Math.max(size, 4096))).toEqual(['one', 'over: too-large']);
    expect(told(`<one/><a b="${'x'.repeat(4200 * 1024)}`, Math.max(size, 4096))).toEqual(['one', 'over: too-large']);
  });

  it('the end of the stream is told after it', () => {
    expect(told(`${nested(40)}</stream:stream>`, size)).toEqual(['refused: too-deep', 'end']);
  });
});
