/**
 * One table for every engine that we ship on (protocol 2): each primitive gives known octets, and refuses what it must,
 * whichever library is behind it. Run it under each engine; nothing here asks which one it is.
 */

import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { x25519 as nobleX25519 } from '@noble/curves/ed25519.js';
import { hkdf as nobleHkdf } from '@noble/hashes/hkdf.js';
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { open, seal } from '../../../src-main/security/crypto/aes-gcm.ts';
import { signatureMethods } from '../../../src-main/security/crypto/algorithms.ts';
import { equal } from '../../../src-main/security/crypto/constant-time.ts';
import { fromHex, hexUpper, utf8 } from '../../../src-main/security/crypto/encoding.ts';
import { digest, hkdf, hkdfExpand, prf, sha256 } from '../../../src-main/security/crypto/hash.ts';
import { hasPlatformKeyWrap, libraryKeyWrap, platformKeyWrap, unwrap, wrap } from '../../../src-main/security/crypto/key-wrap.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { methodFor, methodsFor, sign, verify } from '../../../src-main/security/crypto/signature.ts';
import * as x25519 from '../../../src-main/security/crypto/x25519.ts';

const coded = (code: string) => expect.objectContaining({ name: 'CryptoError', code });
const aa = (octet: number, n: number) => new Uint8Array(n).fill(octet);

describe('known octets', () => {
  const KEK = fromHex('000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F');
  const KEY = fromHex('00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F');
  it.each<[string, () => Uint8Array, string]>([
    ['SHA-256("abc")', () => sha256('abc'), 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD'],
    ['SHA-256 in parts', () => sha256('a', utf8('b'), 'c'), 'BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD'],
    ['SHA-256 of nothing', () => sha256(), 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855'],
    [
      'HMAC-SHA-256, RFC 4231 case 2',
      () => prf('sha256', utf8('Jefe'), 'what do ya want ', 'for nothing?'),
      '5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843',
    ],
    [
      'kw-aes256, RFC 3394 4.6',
      () => wrap(KEK, KEY),
      '28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21',
    ],
    ['kw-aes256 back', () => unwrap(KEK, wrap(KEK, KEY)), hexUpper(KEY)],
    [
      'aes256-gcm, all zero',
      () => seal(aa(0, 32), aa(0, 12), aa(0, 16)),
      'CEA7403D4D606B6E074EC5D3BAF39D18D0D1C8A799996BF0265B98B5D48AB919',
    ],
    [
      'X25519, RFC 7748 6.1',
      () => x25519.importPrivate(fromHex('77076D0A7318A57D3C16C17251B26645DF4C2F87EBC0992AB177FBA51DB92C2A')).publicRaw,
      '8520F0098930A754748B7DDCB43EF75A0DBF3A0D26381AF4EBA4A98EAA9B4E6A',
    ],
    // protocol 13, 5.2 and 6.1
    [
      'sKEYID_e',
      () =>
        hkdfExpand(
          'sha256',
          prf('sha256', new Uint8Array([...aa(2, 32), ...aa(3, 32)]), aa(1, 32)),
          new Uint8Array([...utf8('xmpp:sec e'), ...aa(4, 32)]),
          32,
        ),
      '2E6B835F13571255E2BC9C33B4B4F114BACF2C6E60DB576976D471A53B2A39E4',
    ],
  ])('%s', (_, run, expected) => {
    expect(hexUpper(run())).toBe(expected);
  });
});

describe('two libraries agree', () => {
  it('key wrap', () => {
    if (!hasPlatformKeyWrap) return;
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat({ max: 14 }), (kek, blocks) => {
        const key = systemRandom(16 + 8 * blocks);
        expect(hexUpper(libraryKeyWrap.wrap(kek, key))).toBe(hexUpper(platformKeyWrap.wrap(kek, key)));
        expect(hexUpper(libraryKeyWrap.unwrap(kek, platformKeyWrap.wrap(kek, key)))).toBe(hexUpper(key));
        expect(hexUpper(platformKeyWrap.unwrap(kek, libraryKeyWrap.wrap(kek, key)))).toBe(hexUpper(key));
      }),
    );
  });
  it('X25519', () => {
    for (let i = 0; i < 20; i++) {
      const [a, b] = [systemRandom(32), systemRandom(32)];
      const pair = x25519.importPrivate(a);
      expect(hexUpper(pair.publicRaw)).toBe(hexUpper(nobleX25519.getPublicKey(a)));
      expect(hexUpper(x25519.derive(pair.privateKey, nobleX25519.getPublicKey(b)))).toBe(
        hexUpper(nobleX25519.getSharedSecret(b, pair.publicRaw)),
      );
    }
  });
  it('hashes and HKDF', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 80 }), fc.nat({ max: 200 }), (a, b, n) => {
        expect(hexUpper(digest('sha256', a))).toBe(hexUpper(nobleSha256(a)));
        expect(hexUpper(digest('sha512', a, b))).toBe(createHash('sha512').update(a).update(b).digest('hex').toUpperCase());
        expect(hexUpper(hkdf('sha256', a, b, b, n))).toBe(hexUpper(nobleHkdf(nobleSha256, a, b, b, n)));
        expect(hexUpper(hkdf('sha512', a, b, a, n))).toBe(hexUpper(nobleHkdf(nobleSha512, a, b, a, n)));
      }),
    );
  });
});

describe('what must be refused', () => {
  it('key wrap: each octet that is another, and lengths', () => {
    const kek = systemRandom(32);
    const wrapped = wrap(kek, systemRandom(32));
    for (const implementation of hasPlatformKeyWrap ? [platformKeyWrap, libraryKeyWrap] : [libraryKeyWrap]) {
      for (let i = 0; i < wrapped.length; i++) {
        const other = Uint8Array.from(wrapped);
        other[i] = (other[i] ?? 0) ^ 0x80;
        expect(() => implementation.unwrap(kek, other)).toThrow(coded('undecryptable'));
      }
      for (const n of [0, 8, 16, 23, 41])
        expect(() => implementation.unwrap(kek, new Uint8Array(n))).toThrow(coded('undecryptable'));
      for (const n of [0, 8, 15, 33]) expect(() => implementation.wrap(kek, new Uint8Array(n))).toThrow(coded('bad-key'));
      expect(() => implementation.unwrap(new Uint8Array(16), wrapped)).toThrow(coded('bad-key'));
    }
  });
  it('GCM: each octet of ciphertext, tag, IV and additional data', () => {
    const [key, iv, aad] = [systemRandom(32), systemRandom(12), utf8('aad')];
    const sealed = seal(key, iv, utf8('plaintext'), aad);
    expect(hexUpper(open(key, iv, sealed, aad))).toBe(hexUpper(utf8('plaintext')));
    for (let i = 0; i < sealed.length; i++) {
      const other = Uint8Array.from(sealed);
      other[i] = (other[i] ?? 0) ^ 1;
      expect(() => open(key, iv, other, aad)).toThrow(coded('undecryptable'));
    }
    expect(() => open(key, systemRandom(12), sealed, aad)).toThrow(coded('undecryptable'));
    expect(() => open(key, iv, sealed)).toThrow(coded('undecryptable'));
    for (const n of [0, 15]) expect(() => open(key, iv, sealed.subarray(0, n), aad)).toThrow(coded('undecryptable'));
  });
  it('X25519: every point of low order, other lengths', () => {
    const { privateKey } = x25519.generate();
    const low = [
      '0000000000000000000000000000000000000000000000000000000000000000',
      '0100000000000000000000000000000000000000000000000000000000000000',
      'E0EB7A7C3B41B8AE1656E3FAF19FC46ADA098DEB9C32B1FD866205165F49B800',
      '5F9C95BCA3508C24B1D0B1559C83EF5B04445CC4581C8E86D8224EDDD09F1157',
      'ECFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F',
      'EDFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F',
      'EEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF7F',
    ];
    for (const point of low) expect(() => x25519.derive(privateKey, fromHex(point)), point).toThrow(coded('bad-share'));
    for (const n of [0, 31, 33, 44]) expect(() => x25519.derive(privateKey, aa(9, n))).toThrow(coded('bad-share'));
    expect(() => x25519.importPrivate(aa(9, 31))).toThrow(coded('bad-key'));
  });
  it('X25519: a SubjectPublicKeyInfo of another kind', () => {
    const { publicRaw } = x25519.generate();
    const spki = x25519.toSpki(publicRaw);
    expect(spki).toHaveLength(44);
    expect(hexUpper(x25519.fromSpki(spki))).toBe(hexUpper(publicRaw));
    expect(createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' }).asymmetricKeyType).toBe('x25519');
    const ed = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' });
    for (const other of [ed, spki.subarray(1), new Uint8Array([...spki, 0])])
      expect(() => x25519.fromSpki(other)).toThrow(coded('bad-key'));
  });
  it('HKDF: more than 255 blocks', () => {
    expect(hkdfExpand('sha256', aa(1, 32), aa(2, 1), 255 * 32)).toHaveLength(255 * 32);
    expect(() => hkdfExpand('sha256', aa(1, 32), aa(2, 1), 255 * 32 + 1)).toThrow(RangeError);
  });
});

describe('signatures, by method', () => {
  const pairs = {
    Ed25519: generateKeyPairSync('ed25519'),
    'P-256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    'P-384': generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
    'P-521': generateKeyPairSync('ec', { namedCurve: 'secp521r1' }),
    RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  };
  const lengths: Record<keyof typeof pairs, number> = { Ed25519: 64, 'P-256': 64, 'P-384': 96, 'P-521': 132, RSA: 256 };
  const message = utf8('message');

  it.each(Object.entries(pairs))('%s signs and verifies with its own methods only', (name, { privateKey, publicKey }) => {
    const own = methodsFor(publicKey);
    expect(own.length).toBe(name === 'RSA' ? 2 : 1);
    expect(methodFor(privateKey)).toBe(own[0]);
    for (const method of signatureMethods) {
      if (!own.includes(method)) {
        expect(() => sign(method, privateKey, message)).toThrow(coded('bad-key'));
        continue;
      }
      const value = sign(method, privateKey, message);
      expect(value).toHaveLength(lengths[name as keyof typeof pairs]);
      verify(method, publicKey, message, value);
      for (const other of Object.values(pairs))
        for (const wrong of signatureMethods)
          if (other.publicKey !== publicKey || wrong !== method)
            expect(() => {
              verify(wrong, other.publicKey, message, value);
            }).toThrow(coded('bad-signature'));
      const flipped = Uint8Array.from(value);
      flipped[10] = (flipped[10] ?? 0) ^ 1;
      for (const bad of [
        flipped,
        value.subarray(1),
        new Uint8Array([...value, 0]),
        new Uint8Array([0, ...value]),
        new Uint8Array(),
      ])
        expect(() => {
          verify(method, publicKey, message, bad);
        }).toThrow(coded('bad-signature'));
      expect(() => {
        verify(method, publicKey, utf8('another'), value);
      }).toThrow(coded('bad-signature'));
    }
  });

  it('knows no key that protocol 2 has no place for', () => {
    const others = [
      generateKeyPairSync('rsa', { modulusLength: 1024 }),
      generateKeyPairSync('rsa', { modulusLength: 2040 }),
      generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('ed448'),
      generateKeyPairSync('x25519'),
    ];
    for (const { privateKey, publicKey } of others) {
      expect(methodsFor(publicKey)).toEqual([]);
      expect(() => methodFor(publicKey)).toThrow(coded('bad-key'));
      for (const method of signatureMethods) expect(() => sign(method, privateKey, message)).toThrow(coded('bad-key'));
    }
  });
});

describe('small things', () => {
  it('equal compares octets of one length', () => {
    expect(equal(aa(1, 4), aa(1, 4))).toBe(true);
    expect(equal(aa(1, 4), aa(1, 5))).toBe(false);
    expect(equal(aa(1, 4), Uint8Array.of(1, 1, 1, 2))).toBe(false);
  });
  it('systemRandom gives memory of its own', () => {
    const a = systemRandom(32);
    expect(a.buffer.byteLength).toBe(32);
    expect(hexUpper(a)).not.toBe(hexUpper(systemRandom(32)));
  });
});
