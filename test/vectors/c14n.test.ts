/** Canonical XML cases: subtrees in exclusive form run; DTDs, comments and inclusive form are refused; node-sets are not run. */

import { describe, expect, it } from 'vitest';
import { DS, ED25519, ENVELOPED_SIGNATURE, EXC, SHA256 } from '../../src-main/security/crypto/algorithms.ts';
import { exclusiveC14n } from '../../src-main/security/xmlsec/exclusive-c14n.ts';
import { verifyEnveloped } from '../../src-main/security/xmlsec/signature.ts';
import { xml, type Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { findAll } from '../support/xml-vectors.ts';

interface Case {
  readonly id: string;
  readonly algorithm: string;
  readonly input: string;
  readonly expected_octets: string;
  readonly node_set_xpath?: string;
  readonly apex_local_name?: string;
}

const vectors = suite('c14n');
/** Exclusive, one whole subtree, no prefix list: a node-set only in its notation. */
const SUBTREES: Readonly<Record<string, { name: string; ns: string }>> = {
  'exc-without-comments/merlin-c14n-two-09': { name: 'Something', ns: 'http://example.org/bar' },
  'exc-without-comments/test-2': { name: 'SignedInfo', ns: DS },
};

describe('c14n', () => {
  for (const c of vectors.json<{ cases: Case[] }>('cases.json').cases)
    it(c.id, () => {
      const parse = () => parseDocument(vectors.read(c.input), { xmlDeclaration: true });
      const subtree = SUBTREES[c.id];
      if (subtree !== undefined || c.apex_local_name !== undefined) {
        const apexes = subtree ? findAll(parse(), subtree.name, subtree.ns) : named(parse(), c.apex_local_name ?? '');
        const [apex] = apexes;
        expect(apex && exclusiveC14n(apex)).toBe(vectors.read(c.expected_octets).toString());
        vectors.ran(c.id);
      } else if (c.node_set_xpath !== undefined) {
        vectors.notRun(c.id, 'node-set (XPath 1.0): a signature of protocol 5.3 has no such transform');
      } else {
        // Inclusive or with comments: no signature that asks for it is verified, whatever the document.
        for (const [whole, transform] of [
          [c.algorithm, EXC],
          [EXC, c.algorithm],
        ] as const)
          expect(() =>
            verifyEnveloped(signed(whole, transform), () => undefined, { name: 'a', ns: 'xmpp:sec' }, { mode: 'envelope' }),
          ).toThrow(expect.objectContaining({ name: 'XmlsecError', code: 'malformed' }));
        // DTDs and processing instructions do not get so far; and what parses has the expected octets all the same.
        if (/example-2$/.test(c.id)) expect(exclusiveC14n(parse())).toBe(vectors.read(c.expected_octets).toString());
        else expect(parse).toThrow(expect.objectContaining({ name: 'XmlError' }));
        if (/example-2$/.test(c.id)) vectors.ran(c.id);
        else vectors.refused(c.id, 'DTD, processing instruction or another encoding than UTF-8; inclusive C14N');
      }
    });
});

function named(root: Element, name: string): Element[] {
  return [...(root.name === name ? [root] : []), ...root.elements().flatMap((e) => named(e, name))];
}

function signed(canonicalization: string, transform: string): Element {
  const method = (name: string, Algorithm: string) => xml(name, DS, { Algorithm });
  const transforms = xml('Transforms', DS, {}, method('Transform', ENVELOPED_SIGNATURE), method('Transform', transform));
  const reference = xml(
    'Reference',
    DS,
    { URI: '' },
    transforms,
    method('DigestMethod', SHA256),
    xml('DigestValue', DS, {}, 'AA=='),
  );
  const info = xml(
    'SignedInfo',
    DS,
    {},
    method('CanonicalizationMethod', canonicalization),
    method('SignatureMethod', ED25519),
    reference,
  );
  const keyInfo = xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, 'A'.repeat(64)));
  return xml('a', 'xmpp:sec', {}, xml('Signature', DS, {}, info, xml('SignatureValue', DS, {}, 'AA=='), keyInfo));
}
