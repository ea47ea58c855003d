import { describe, expect, it } from 'vitest';
import { hexUpper } from '../../src-main/security/crypto/encoding.ts';
import { sha256 } from '../../src-main/security/crypto/hash.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { XmlsecError } from '../../src-main/security/xmlsec/errors.ts';
import { XmlError } from '../../src-main/xml/errors.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly input: string;
  readonly c14n?: string;
  readonly sha256?: string;
  readonly error?: 'malformed';
}

const vectors = suite('protocol', 'c14n');
const canonical = (input: string): string => c14n(parseDocument(input, { cdata: 'refuse' }));

describe('the canonical form of protocol 1', () => {
  for (const c of vectors.json<{ cases: Case[] }>('c14n.json').cases)
    it(c.name, () => {
      if (c.error === undefined) {
        expect(canonical(c.input)).toBe(c.c14n);
        expect(hexUpper(sha256(canonical(c.input)))).toBe(c.sha256);
      } else {
        let thrown: unknown;
        try {
          canonical(c.input);
        } catch (error) {
          thrown = error;
        }
        // Refused by the parser, or by what the form says about prefixes: both are `malformed` on the wire.
        expect(thrown instanceof XmlError || (thrown instanceof XmlsecError && thrown.code === 'malformed')).toBe(true);
      }
      vectors.ran(c.name);
    });

  it('section 13, line c14n', () => {
    const DS = 'http://www.w3.org/2000/09/xmldsig#';
    const input =
      `<s:query xmlns:s='xmpp:sec'><s:SecurityAssociation step='AM1' id="T" initiator='i@a/&lt;&amp;"x&gt;'>` +
      `<d:KeyName xmlns:d='${DS}'>a>b</d:KeyName></s:SecurityAssociation></s:query>`;
    expect(canonical(input)).toBe(
      `<query xmlns="xmpp:sec"><SecurityAssociation id="T" initiator="i@a/&lt;&amp;&quot;x>" step="AM1">` +
        `<KeyName xmlns="${DS}">a&gt;b</KeyName></SecurityAssociation></query>`,
    );
    expect(hexUpper(sha256(canonical(input)))).toBe('B185A146056C5FE859F199235EF11B15294626F9E63A8429DCAC25579C6BE75F');
    vectors.extra('section 13');
  });
});
