/** Microsoft's interop signatures, published attacks, keys and key agreements from Apache Santuario's tests. */

import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DS, DS11, XE } from '../../src-main/security/crypto/algorithms.ts';
import { fromBase64 } from '../../src-main/security/crypto/encoding.ts';
import { fromSpki } from '../../src-main/security/crypto/x25519.ts';
import { decryptData } from '../../src-main/security/xmlsec/encryption.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { compact, expectRefused, findAll, verifyByParts } from '../support/xml-vectors.ts';

interface Case {
  readonly id: string;
  readonly kind: 'verify' | 'parse-key' | 'decrypt';
  readonly xml: string;
  readonly expected: string;
  readonly keys?: readonly { readonly type: string; readonly file?: string }[];
  readonly spki_base64?: string;
}

const vectors = suite('santuario');
const xmlsecError = (code: string) => expect.objectContaining({ name: 'XmlsecError', code });

describe('santuario', () => {
  for (const c of vectors.json<{ cases: Case[] }>('cases.json').cases)
    it(c.id, () => {
      const root = parseDocument(vectors.read(c.xml), { xmlDeclaration: true });
      if (c.kind === 'verify') {
        const keys = (c.keys ?? [])
          .filter((k) => k.type === 'public-pem')
          .map((k) => createPublicKey(vectors.read(k.file ?? '')));
        expectRefused(root, keys);
        const [signature] = findAll(root, 'Signature', DS);
        const verdict = signature && verifyByParts(root, signature, keys);
        if (verdict === undefined) vectors.refused(c.id, 'algorithm or transform');
        else {
          expect(verdict).toBe(c.expected === 'valid');
          vectors.ran(c.id);
        }
      } else if (c.kind === 'parse-key') {
        const [value] = findAll(root, 'DEREncodedKeyValue', DS11);
        const spki = fromBase64(value?.text() ?? '');
        expect(Buffer.from(spki).toString('base64')).toBe(c.spki_base64?.replaceAll(/\s/g, ''));
        // The only DEREncodedKeyValue of the protocol is an X25519 sealing key; of these, none is.
        const type = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyType;
        if (type === 'x25519') expect(fromSpki(spki)).toHaveLength(32);
        else expect(() => fromSpki(spki)).toThrow(expect.objectContaining({ code: 'bad-key' }));
        vectors.ran(c.id);
      } else {
        const data = findAll(root, 'EncryptedData', XE);
        expect(data).toHaveLength(1);
        for (const el of data) expect(() => decryptData(compact(el), () => new Uint8Array(32))).toThrow(xmlsecError('malformed'));
        vectors.refused(c.id, 'key agreement by ECDH-ES or XML Encryption’s own derivation');
      }
    });
});
