/**
 * libxmlsec1's cases: the interoperability sets of two decades. None has our exact form, so our readers refuse each; where
 * its algorithms are ours the arithmetic is put through our parts too, and has to give upstream's verdict.
 */

import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AES256_GCM, DS, XE } from '../../src-main/security/crypto/algorithms.ts';
import { decryptData } from '../../src-main/security/xmlsec/encryption.ts';
import { XmlError } from '../../src-main/xml/errors.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { compact, expectRefused, findAll, keysIn, verifyByParts } from '../support/xml-vectors.ts';

interface Case {
  readonly id: string;
  readonly kind: 'verify' | 'decrypt';
  readonly xml: string;
  readonly expected: 'valid' | 'invalid' | 'decrypts' | 'fails';
  readonly keys: readonly { readonly type: string; readonly file: string }[];
  readonly algorithms: readonly string[];
  readonly plaintext?: string;
  readonly plaintext_encoding?: string;
}

const vectors = suite('xmlsec');
const symmetric = vectors.json<Record<string, Record<string, { hex: string }>>>('symmetric-keys.json');
const { cases } = vectors.json<{ cases: Case[] }>('cases.json');

describe('xmlsec: signatures', () => {
  for (const c of cases.filter((k) => k.kind === 'verify'))
    it(`${c.id} ${c.xml}`, () => {
      const root = parsed(c);
      if (root === undefined) {
        vectors.refused(c.id, 'DTD, comment, processing instruction or CDATA');
        return;
      }
      const given = c.keys
        .filter((k) => k.type === 'certificate-der')
        .map((k) => new X509Certificate(vectors.read(k.file)).publicKey);
      const keys = [...given, ...keysIn(root)];
      expectRefused(root, given);
      const [signature] = findAll(root, 'Signature', DS);
      const verdict = signature && verifyByParts(root, signature, keys);
      // The invalid ones are right signatures under certificates that nothing vouches for, or at another time: refused, above.
      if (c.expected === 'valid' && verdict !== undefined) expect(verdict).toBe(true);
      if (verdict === undefined) vectors.refused(c.id, 'algorithm, transform, key or external Reference');
      else vectors.ran(c.id);
    });
});

describe('xmlsec: decryption', () => {
  for (const c of cases.filter((k) => k.kind === 'decrypt'))
    it(`${c.id} ${c.xml}`, () => {
      const root = parsed(c);
      if (root === undefined) {
        vectors.refused(c.id, 'DTD, comment, processing instruction or CDATA');
        return;
      }
      const [data] = findAll(root, 'EncryptedData', XE);
      if (data === undefined) throw new Error('no EncryptedData');
      // White space between elements and MimeType are no part of our form.
      expect(() => decryptData(data, (name) => keyNamed(c, name))).toThrow(
        expect.objectContaining({ name: 'XmlsecError', code: 'malformed' }),
      );
      const decrypt = () => decryptData(compact(data).withAttrs({ MimeType: undefined }), (name) => keyNamed(c, name));
      if (c.algorithms.length === 1 && c.algorithms[0] === AES256_GCM) {
        if (c.expected === 'fails')
          expect(decrypt).toThrow(expect.objectContaining({ name: 'XmlsecError', code: 'undecryptable' }));
        else {
          const plaintext = Buffer.from(decrypt());
          const expected = vectors
            .read(c.plaintext ?? '')
            .toString('latin1')
            .trim();
          expect(c.plaintext_encoding === undefined ? plaintext.toString('latin1').trim() : plaintext.toString('base64')).toBe(
            expected,
          );
        }
        vectors.ran(c.id);
      } else {
        expect(decrypt).toThrow(expect.objectContaining({ name: 'XmlsecError' }));
        vectors.refused(c.id, 'CBC, AES-128 or -192, another key transport or derivation');
      }
    });
});

/** The document, or undefined where it is refused as XML. */
function parsed(c: Case): Element | undefined {
  try {
    return parseDocument(vectors.read(c.xml), { xmlDeclaration: true });
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    return undefined;
  }
}

/** Octets of a key by its name in the case's key files. */
function keyNamed(c: Case, name: string): Uint8Array | undefined {
  for (const { file } of c.keys) {
    const found = symmetric[file]?.[name]?.hex;
    if (found !== undefined) return Buffer.from(found, 'hex');
  }
  return undefined;
}
