/** NIST's key wrap and key derivation cases, and a secret with a leading zero, through our primitives. */

import { describe, expect, it } from 'vitest';
import { HKDF } from '../../src-main/security/crypto/algorithms.ts';
import { hasPlatformKeyWrap, libraryKeyWrap, platformKeyWrap } from '../../src-main/security/crypto/key-wrap.ts';
import * as modp from '../../src-main/security/crypto/modp.ts';
import { digest, type HashName } from '../../src-main/security/crypto/hash.ts';
import { decryptData } from '../../src-main/security/xmlsec/encryption.ts';
import { DS, KW_AES256, XE, XE11, AES256_GCM } from '../../src-main/security/crypto/algorithms.ts';
import { concat, toBase64, u32 } from '../../src-main/security/crypto/encoding.ts';
import { xml } from '../../src-main/xml/element.ts';
import { suite } from '../support/vectors.ts';

const vectors = suite('nist-cavp');
const hex = (s: string): Buffer => Buffer.from(s, 'hex');
const coded = (name: string, code: string) => expect.objectContaining({ name, code });
const implementations = hasPlatformKeyWrap ? [platformKeyWrap, libraryKeyWrap] : [libraryKeyWrap];

interface Wrap {
  readonly count: number;
  readonly plaintext_bits: number;
  readonly kek: string;
  readonly wrapped: string;
  readonly key_data?: string;
  readonly expected?: 'reject';
}

describe('AES key wrap', () => {
  for (const file of ['KW_AD_128', 'KW_AD_256', 'KW_AE_128'])
    it(file, () => {
      for (const [i, c] of vectors.json<{ cases: Wrap[] }>(`keywrap/${file}.json`).cases.entries()) {
        const id = `${file}/${String(i)}`;
        for (const { wrap, unwrap } of implementations) {
          const open = () => Buffer.from(unwrap(hex(c.kek), hex(c.wrapped)));
          if (hex(c.kek).length !== 32) expect(open, id).toThrow(coded('CryptoError', 'bad-key'));
          else if (c.key_data === undefined) expect(open, id).toThrow(coded('CryptoError', 'undecryptable'));
          else {
            expect(open(), id).toEqual(hex(c.key_data));
            expect(Buffer.from(wrap(hex(c.kek), hex(c.key_data))), id).toEqual(hex(c.wrapped));
          }
        }
        if (hex(c.kek).length === 32) vectors.ran(id);
        else vectors.refused(id, 'wrapping keys of 256 bits only');
      }
    });
});

describe('ConcatKDF', () => {
  interface Case {
    readonly hash: string;
    readonly z: string;
    readonly other_info: string;
    readonly key_material: string;
  }
  for (const [i, c] of vectors.json<{ cases: Case[] }>('concatkdf.json').cases.entries())
    it(`${c.hash} ${String(i)}`, () => {
      const hash = c.hash.toLowerCase();
      // KDF(z, info) = H(1 | z | info) | H(2 | z | info) | …   [SP 800-56A, 5.8.1]: our H agrees, where it is one of ours,
      const round = (n: number) => digest(hash as HashName, u32(n), hex(c.z), hex(c.other_info));
      if (hash === 'sha256' || hash === 'sha512') {
        const out = concat(round(1), round(2), round(3)).subarray(0, hex(c.key_material).length);
        expect(Buffer.from(out)).toEqual(hex(c.key_material));
      } else expect(() => round(1)).toThrow(coded('CryptoError', 'bad-algorithm'));
      // and no reader of ours takes a key derived so: HKDF is the only KeyDerivationMethod.
      const derived = xml(
        'EncryptedKey',
        XE,
        {},
        xml('EncryptionMethod', XE, { Algorithm: KW_AES256 }),
        xml(
          'KeyInfo',
          DS,
          {},
          xml(
            'AgreementMethod',
            XE,
            { Algorithm: `${XE11}ECDH-ES` },
            xml('KeyDerivationMethod', XE11, { Algorithm: `${XE11}ConcatKDF` }),
          ),
        ),
        xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(new Uint8Array(40)))),
      );
      const data = xml(
        'EncryptedData',
        XE,
        {},
        xml('EncryptionMethod', XE, { Algorithm: AES256_GCM }),
        xml('KeyInfo', DS, {}, derived),
        xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(new Uint8Array(28)))),
      );
      expect(() => decryptData(data, () => hex(c.key_material))).toThrow(coded('XmlsecError', 'malformed'));
      expect(HKDF).not.toContain('Concat');
      if (hash === 'sha256' || hash === 'sha512') vectors.ran(`concatkdf ${String(i)}`);
      else vectors.refused(`concatkdf ${String(i)}`, 'SHA-224, SHA-384 or SHA-1 as H');
    });
});

describe('a shared secret that starts with a zero octet', () => {
  for (const [i, c] of vectors.json<{ cases: { x_a: string; y_b: string }[] }>('dh/leading-zero-secret.json').cases.entries())
    it('is of a group that has no place here', () => {
      // Its group has 2048 bits. That our secrets keep a leading zero is in test/unit/crypto/modp.test.ts.
      const pair = modp.importExponent(3072, hex(c.x_a));
      expect(() => modp.derive(pair, hex(c.y_b))).toThrow(coded('CryptoError', 'bad-share'));
      vectors.refused(`leading zero ${String(i)}`, 'groups under 3072 bits');
    });
});
