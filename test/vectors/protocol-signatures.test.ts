import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../src-shared/ids.ts';
import { SEC } from '../../src-main/security/crypto/algorithms.ts';
import { fromBase64, hexUpper } from '../../src-main/security/crypto/encoding.ts';
import { sha256 } from '../../src-main/security/crypto/hash.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { verifyEnveloped } from '../../src-main/security/xmlsec/signature.ts';
import { DS } from '../../src-main/security/crypto/algorithms.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly certificate: string;
  readonly element: string;
  readonly digest?: string;
  readonly signedInfo?: string;
  readonly refused?: true;
}

const vectors = suite('protocol', 'signatures');
const ROOT = { name: 'KeyTransport', ns: SEC };

describe('enveloped signatures of protocol 5.3', () => {
  for (const c of vectors.json<{ cases: Case[] }>('signatures.json').cases)
    it(c.name, () => {
      const der = fromBase64(c.certificate);
      const key = { fp: hexUpper(sha256(der)) as Fingerprint, publicKey: new X509Certificate(der).publicKey };
      const element = parseDocument(c.element, { cdata: 'refuse' });
      const verify = () => verifyEnveloped(element, key, ROOT, { mode: 'prefix-free' });
      if (c.refused === true) {
        expect(verify).toThrow(expect.objectContaining({ name: 'XmlsecError', code: 'bad-signature' }));
      } else {
        const verified = verify();
        expect(hexUpper(verified.digest)).toBe(c.digest);
        expect(verified.signer).toBe(key.fp);
        expect(verified.content.elements().map((e) => e.name)).toEqual(['SealingKey']);
        const info = element.child('Signature', DS)?.child('SignedInfo');
        expect(info && c14n(info)).toBe(c.signedInfo);
      }
      vectors.ran(c.name);
    });
});
