/** Published signature wrapping attacks: our verifier hands on nothing from any of them, forged or genuine. */

import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { XmlError } from '../../src-main/xml/errors.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { expectRefused } from '../support/xml-vectors.ts';

interface Case {
  readonly id: string;
  readonly xml: string;
  readonly certificate: string | null;
  readonly expected: string;
}

const vectors = suite('signature-wrapping');

describe('signature wrapping', () => {
  for (const c of vectors.json<{ cases: Case[] }>('cases.json').cases)
    it(`${c.id}: ${c.expected}`, () => {
      try {
        const root = parseDocument(vectors.read(c.xml), { xmlDeclaration: true });
        expectRefused(root, c.certificate === null ? [] : certificateKey(vectors.read(c.certificate).toString()));
      } catch (error) {
        // Comments in text and the like never become an element.
        if (!(error instanceof XmlError)) throw error;
        expect(['restricted-xml', 'not-well-formed']).toContain(error.code);
      }
      if (c.expected.startsWith('reject')) vectors.ran(c.id);
      else vectors.refused(c.id, 'SHA-1, Reference by ID, comments');
    });
});

/** One of the certificates does not load anywhere (SOURCE.md): then there is no key to trust. */
function certificateKey(pem: string) {
  try {
    return [new X509Certificate(pem).publicKey];
  } catch {
    return [];
  }
}
