/** Project Wycheproof through our primitives; what protocol 2 does not have must be refused by them, with a code. */

import { createPrivateKey, createPublicKey, pbkdf2Sync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { open, seal } from '../../src-main/security/crypto/aes-gcm.ts';
import {
  DS,
  ECDSA_SHA256,
  ED25519,
  RSA_PSS_SHA256,
  RSA_SHA256,
  signatureMethods,
  XE,
  type SignatureMethod,
} from '../../src-main/security/crypto/algorithms.ts';
import { equal } from '../../src-main/security/crypto/constant-time.ts';
import { concat, toBase64 } from '../../src-main/security/crypto/encoding.ts';
import { hkdf, prf, type HashName } from '../../src-main/security/crypto/hash.ts';
import { hasPlatformKeyWrap, libraryKeyWrap, platformKeyWrap } from '../../src-main/security/crypto/key-wrap.ts';
import { checkPublic } from '../../src-main/security/crypto/modp.ts';
import { verify } from '../../src-main/security/crypto/signature.ts';
import * as x25519 from '../../src-main/security/crypto/x25519.ts';
import { decryptData } from '../../src-main/security/xmlsec/encryption.ts';
import { childrenOf, expectTag, readDer, Tag } from '../../src-main/pki/der.ts';
import { xml } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';

type Fields = Readonly<Record<string, string>>;
interface Test {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
  readonly fields: Fields;
  readonly group: Fields;
  readonly number: (name: string) => number;
}

const vectors = suite('wycheproof');
const hex = (s: string | undefined): Uint8Array => Buffer.from(s ?? '', 'hex');
const coded = (name: string, code: string) => expect.objectContaining({ name, code });

/** Runs each case of a file: `run` asserts, and says whether the case was refused by our profile. */
function file(name: string, run: (test: Test) => 'ran' | { refused: string }): void {
  it(name, () => {
    const { testGroups } = vectors.json<{ testGroups: (Record<string, unknown> & { tests: Record<string, unknown>[] })[] }>(
      `${name}_test.json`,
    );
    for (const [g, group] of testGroups.entries())
      for (const test of group.tests) {
        const t: Test = {
          tcId: test['tcId'] as number,
          result: test['result'] as Test['result'],
          flags: (test['flags'] ?? []) as string[],
          fields: test as Fields,
          group: group as unknown as Fields,
          number: (field) => (test[field] ?? group[field]) as number,
        };
        const id = `${name}/${String(g)}/${String(t.tcId)}`;
        let outcome: ReturnType<typeof run>;
        try {
          outcome = run(t);
        } catch (error) {
          throw new Error(`${id}: ${String(test['comment'])}`, { cause: error });
        }
        if (outcome === 'ran') vectors.ran(id);
        else vectors.refused(id, outcome.refused);
      }
  });
}

/** The call works exactly if the vector says so; `acceptable` may do either. */
function expectVerdict(result: Test['result'], call: () => void, refusal: unknown): void {
  if (result === 'valid') call();
  else if (result === 'invalid') expect(call).toThrow(refusal);
  else
    try {
      call();
    } catch (error) {
      expect(error).toEqual(refusal);
    }
}

const spki = (t: Test): KeyObject =>
  createPublicKey({ key: Buffer.from(hex(t.group['publicKeyDer'])), format: 'der', type: 'spki' });

describe('wycheproof: used by the protocol', () => {
  file('aes_gcm', (t) => {
    const { key, iv, aad, msg, ct, tag } = t.fields;
    const sealed = concat(hex(ct), hex(tag));
    const run = (): Uint8Array => open(hex(key), hex(iv), sealed, hex(aad));
    if (t.number('keySize') !== 256 || t.number('ivSize') !== 96) {
      expect(run).toThrow(coded('CryptoError', 'bad-key'));
      expect(() => seal(hex(key), hex(iv), hex(msg), hex(aad))).toThrow(coded('CryptoError', 'bad-key'));
      return { refused: 'AES-256 with an IV of 96 bits only' };
    }
    if (t.result === 'valid') {
      expect(Buffer.from(run())).toEqual(hex(msg));
      expect(Buffer.from(seal(hex(key), hex(iv), hex(msg), hex(aad)))).toEqual(Buffer.from(sealed));
    } else expect(run).toThrow(coded('CryptoError', 'undecryptable'));
    return 'ran';
  });

  file('aes_wrap', (t) => {
    const { key, msg, ct } = t.fields;
    const implementations = hasPlatformKeyWrap ? [platformKeyWrap, libraryKeyWrap] : [libraryKeyWrap];
    for (const { wrap, unwrap } of implementations) {
      if (t.number('keySize') !== 256) expect(() => unwrap(hex(key), hex(ct))).toThrow(coded('CryptoError', 'bad-key'));
      else {
        if (t.result === 'valid') expect(Buffer.from(wrap(hex(key), hex(msg)))).toEqual(hex(ct));
        expectVerdict(
          t.result,
          () => {
            expect(Buffer.from(unwrap(hex(key), hex(ct)))).toEqual(hex(msg));
          },
          coded('CryptoError', 'undecryptable'),
        );
      }
    }
    return t.number('keySize') === 256 ? 'ran' : { refused: 'wrapping keys of 256 bits only' };
  });

  for (const hash of ['sha256', 'sha512'] as const)
    file(`hmac_${hash}`, (t) => {
      const mac = prf(hash, hex(t.fields['key']), hex(t.fields['msg'])).subarray(0, t.number('tagSize') / 8);
      expect(equal(mac, hex(t.fields['tag']))).toBe(t.result === 'valid');
      return 'ran';
    });

  file('hkdf_sha256', (t) => {
    const { ikm, salt, info, okm } = t.fields;
    const run = () => hkdf('sha256', hex(ikm), hex(salt), hex(info), t.number('size'));
    if (t.result === 'valid') expect(Buffer.from(run())).toEqual(hex(okm));
    else expect(run).toThrow(RangeError);
    return 'ran';
  });

  const agree = (t: Test, privateKey: KeyObject, publicRaw: () => Uint8Array): 'ran' => {
    const derive = () => {
      expect(Buffer.from(x25519.derive(privateKey, publicRaw()))).toEqual(hex(t.fields['shared']));
    };
    // Protocol 2: an all-zero secret is rejected; what else is 'acceptable' (the twist, non-canonical values) is RFC 7748.
    if (t.flags.includes('ZeroSharedSecret')) expect(derive).toThrow(coded('CryptoError', 'bad-share'));
    else derive();
    return 'ran';
  };
  file('x25519', (t) => {
    const { privateKey } = x25519.importPrivate(hex(t.fields['private']));
    expect(Buffer.from(x25519.exportPrivate(privateKey))).toEqual(hex(t.fields['private']));
    return agree(t, privateKey, () => hex(t.fields['public']));
  });
  file('x25519_pem', (t) => {
    const der = Buffer.from((t.fields['public'] ?? '').replaceAll(/-----[A-Z ]+-----|\n/g, ''), 'base64');
    return agree(t, createPrivateKey(t.fields['private'] ?? ''), () => x25519.fromSpki(der));
  });

  const signature = (t: Test, method: SignatureMethod, value: Uint8Array): 'ran' => {
    const run = () => {
      verify(method, spki(t), hex(t.fields['msg']), value);
    };
    expectVerdict(t.result, run, coded('CryptoError', 'bad-signature'));
    // No other method of ours takes a right signature for its own.
    for (const other of signatureMethods.filter((m) => t.result === 'valid' && m !== method))
      expect(() => {
        verify(other, spki(t), hex(t.fields['msg']), value);
      }).toThrow(coded('CryptoError', 'bad-signature'));
    return 'ran';
  };
  file('ed25519', (t) => signature(t, ED25519, hex(t.fields['sig'])));
  file('ecdsa_secp256r1_sha256_p1363', (t) => signature(t, ECDSA_SHA256, hex(t.fields['sig'])));
  file('rsa_pss_2048_sha256_mgf1_32', (t) => signature(t, RSA_PSS_SHA256, hex(t.fields['sig'])));
  file('rsa_signature_2048_sha256', (t) => signature(t, RSA_SHA256, hex(t.fields['sig'])));

  file('ecdsa_secp256r1_sha256', (t) => {
    // DER, which XML Signature does not use: as it stands it is refused, and through our strict DER it has to be right.
    const sig = hex(t.fields['sig']);
    if (t.result === 'valid')
      expect(() => {
        verify(ECDSA_SHA256, spki(t), hex(t.fields['msg']), sig);
      }).toThrow(coded('CryptoError', 'bad-signature'));
    let p1363: Uint8Array;
    try {
      p1363 = fromDer(sig);
    } catch (error) {
      expect(t.result, String(error)).toBe('invalid');
      return 'ran';
    }
    return signature(t, ECDSA_SHA256, p1363);
  });

  for (const hash of ['sha1', 'sha256'] as const)
    file(`pbkdf2_hmac${hash}`, (t) => {
      // What SCRAM stands on (RFC 5802, Hi): the platform's own.
      const { password, salt, dk } = t.fields;
      expect(pbkdf2Sync(hex(password), hex(salt), t.number('iterationCount'), t.number('dkLen'), hash)).toEqual(hex(dk));
      return 'ran';
    });
});

/** r | s, 32 octets each, of an ECDSA-Sig-Value. Throws on anything but DER of two positive integers of that size. */
function fromDer(sig: Uint8Array): Uint8Array {
  const [r, s, ...rest] = childrenOf(expectTag(readDer(sig), Tag.sequence));
  if (rest.length > 0) throw new Error('more than r and s');
  const parts = [r, s].map((part) => {
    const value = expectTag(part, Tag.integer).value;
    if ((value[0] ?? 0x80) >= 0x80) throw new Error('negative');
    const magnitude = value[0] === 0 ? value.subarray(1) : value;
    if (magnitude.length > 32) throw new Error('over the order');
    return concat(new Uint8Array(32 - magnitude.length), magnitude);
  });
  return concat(...parts);
}

describe('wycheproof: refused by our profile', () => {
  const cipherData = (octets: Uint8Array) => xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(octets)));
  const named = (name: string) => xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, name));

  file('aes_cbc_pkcs5', (t) => {
    const { key, iv, ct } = t.fields;
    const data = xml(
      'EncryptedData',
      XE,
      {},
      xml('EncryptionMethod', XE, { Algorithm: `${XE}aes${String(t.number('keySize'))}-cbc` }),
      named('k'),
      cipherData(concat(hex(iv), hex(ct))),
    );
    expect(() => decryptData(data, () => hex(key))).toThrow(coded('XmlsecError', 'malformed'));
    return { refused: 'CBC' };
  });

  const transport = (algorithm: string) => (t: Test) => {
    const encryptedKey = xml(
      'EncryptedKey',
      XE,
      {},
      xml('EncryptionMethod', XE, { Algorithm: algorithm }),
      named('k'),
      cipherData(hex(t.fields['ct'])),
    );
    const data = xml(
      'EncryptedData',
      XE,
      {},
      xml('EncryptionMethod', XE, { Algorithm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm' }),
      xml('KeyInfo', DS, {}, encryptedKey),
      cipherData(new Uint8Array(28)),
    );
    expect(() => decryptData(data, () => hex(t.group['privateKeyPkcs8']))).toThrow(coded('XmlsecError', 'malformed'));
    return { refused: 'RSA key transport' };
  };
  file('rsa_oaep_2048_sha1_mgf1sha1', transport(`${XE}rsa-oaep-mgf1p`));
  file('rsa_oaep_2048_sha256_mgf1sha1', transport(`${XE}rsa-oaep-mgf1p`));
  file('rsa_oaep_2048_sha256_mgf1sha256', transport('http://www.w3.org/2009/xmlenc11#rsa-oaep'));
  file('rsa_pkcs1_2048', transport(`${XE}rsa-1_5`));

  file('dsa_2048_256_sha256_p1363', (t) => {
    for (const method of [...signatureMethods, 'http://www.w3.org/2009/xmldsig11#dsa-sha256' as SignatureMethod])
      expect(() => {
        verify(method, spki(t), hex(t.fields['msg']), hex(t.fields['sig']));
      }).toThrow(coded('CryptoError', 'bad-signature'));
    return { refused: 'DSA' };
  });

  file('ecdh_secp256r1', (t) => {
    expect(() => x25519.fromSpki(hex(t.fields['public']))).toThrow(coded('CryptoError', 'bad-key'));
    return { refused: 'ECDH on P-256' };
  });

  file('mlkem_768', (t) => {
    const { privateKey } = x25519.generate();
    expect(() => x25519.derive(privateKey, hex(t.fields['c']))).toThrow(coded('CryptoError', 'bad-share'));
    return { refused: 'ML-KEM (reserved)' };
  });

  file('hmac_sha1', (t) => {
    expect(() => prf('sha1' as HashName, hex(t.fields['key']), hex(t.fields['msg']))).toThrow(
      coded('CryptoError', 'bad-algorithm'),
    );
    return { refused: 'SHA-1' };
  });
  file('hkdf_sha1', (t) => {
    const { ikm, salt, info } = t.fields;
    expect(() => hkdf('sha1' as HashName, hex(ikm), hex(salt), hex(info), t.number('size'))).toThrow(
      t.result === 'valid' ? coded('CryptoError', 'bad-algorithm') : expect.any(Error),
    );
    return { refused: 'SHA-1' };
  });

  file('primality', (t) => {
    // Groups are named by their length: a peer's numbers are only ever public values, and these are none.
    expect(() => {
      checkPublic(3072, hex(t.fields['value']));
    }).toThrow(coded('CryptoError', 'bad-share'));
    return { refused: 'fixed groups only' };
  });

  file('json_web_encryption', (t) => {
    expect(() => parseDocument(t.fields['jwe'] ?? '')).toThrow(expect.objectContaining({ name: 'XmlError' }));
    return { refused: 'JSON Web Encryption' };
  });
});
