/**
 * Password-based encryption as files name it: PBES2 (RFC 8018, with PBKDF2 or scrypt of RFC 7914), the older PBES1 of
 * PKCS#5, and that of PKCS#12 (RFC 7292, appendix C). Read into a value first, so that nothing is derived before all of it
 * was looked at.
 */

import { Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { algorithmIn, expectBer, inside, numberIn, octetsIn, type Ber } from './ber.ts';
import type { Cipher } from './ciphers.ts';

export type Hmac = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export type KeyDerivation =
  | {
      readonly kind: 'pbkdf2';
      readonly salt: Uint8Array;
      readonly iterations: number;
      readonly keyLength: number | undefined;
      readonly prf: Hmac;
    }
  | {
      readonly kind: 'scrypt';
      readonly salt: Uint8Array;
      readonly cost: number;
      readonly blockSize: number;
      readonly parallel: number;
      readonly keyLength: number | undefined;
    };

export type Scheme =
  | { readonly kind: 'pbes2'; readonly derivation: KeyDerivation; readonly cipher: Cipher; readonly iv: Uint8Array }
  | {
      readonly kind: 'pkcs5';
      readonly hash: 'md5' | 'sha1';
      readonly cipher: Cipher;
      readonly salt: Uint8Array;
      readonly iterations: number;
    }
  | { readonly kind: 'pkcs12'; readonly cipher: Cipher; readonly salt: Uint8Array; readonly iterations: number };

const PBES2 = '1.2.840.113549.1.5.13';
const PBKDF2 = '1.2.840.113549.1.5.12';
const SCRYPT = '1.3.6.1.4.1.11591.4.11';

const HMACS: Readonly<Record<string, Hmac>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
};

const DES: Cipher = { name: 'des', key: 8, iv: 8 };
const rc2 = (key: number, effective: number): Cipher => ({ name: 'rc2', key, iv: 8, effective });

/** RFC 8018, B.2: the ciphers whose parameter is the IV alone. */
const CIPHERS: Readonly<Record<string, Cipher>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', key: 16, iv: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', key: 24, iv: 16 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', key: 32, iv: 16 },
  '1.2.840.113549.3.7': { name: '3des', key: 24, iv: 8 },
  '1.3.14.3.2.7': DES,
};
const RC2_CBC = '1.2.840.113549.3.2';
/** RFC 8018, B.2.3: the number that stands for so many effective bits; from 256 on it is the bits themselves. */
const RC2_VERSIONS: Readonly<Record<number, number>> = { 160: 40, 120: 64, 58: 128 };

const PKCS12: Readonly<Record<string, Cipher>> = {
  '1.2.840.113549.1.12.1.1': { name: 'rc4', key: 16, iv: 0 },
  '1.2.840.113549.1.12.1.2': { name: 'rc4', key: 5, iv: 0 },
  '1.2.840.113549.1.12.1.3': { name: '3des', key: 24, iv: 8 },
  '1.2.840.113549.1.12.1.4': { name: '3des', key: 16, iv: 8 },
  '1.2.840.113549.1.12.1.5': rc2(16, 128),
  '1.2.840.113549.1.12.1.6': rc2(5, 40),
};
/** RFC 8018, A.3; those with MD2 are left out. */
const PKCS5: Readonly<Record<string, { readonly hash: 'md5' | 'sha1'; readonly cipher: Cipher }>> = {
  '1.2.840.113549.1.5.3': { hash: 'md5', cipher: DES },
  '1.2.840.113549.1.5.6': { hash: 'md5', cipher: rc2(8, 64) },
  '1.2.840.113549.1.5.10': { hash: 'sha1', cipher: DES },
  '1.2.840.113549.1.5.11': { hash: 'sha1', cipher: rc2(8, 64) },
};

/** Reads the AlgorithmIdentifier of an encryption. Throws `unsupported` on one that is not known, `damaged` on one that is broken. */
export function readScheme(algorithm: Ber | undefined): Scheme {
  const { oid, parameters } = algorithmIn(algorithm);
  if (oid === PBES2) {
    const [derivation, encryption] = inside(parameters);
    return { kind: 'pbes2', derivation: readDerivation(derivation), ...readCipher(encryption) };
  }
  const pkcs12 = PKCS12[oid];
  const pkcs5 = PKCS5[oid];
  if (pkcs12 !== undefined) return { kind: 'pkcs12', cipher: pkcs12, ...readSaltAndCount(parameters) };
  if (pkcs5 !== undefined) return { kind: 'pkcs5', ...pkcs5, ...readSaltAndCount(parameters) };
  throw new PkiError('unsupported');
}

function readSaltAndCount(parameters: Ber | undefined) {
  const [salt, iterations] = inside(parameters);
  return { salt: octetsIn(salt), iterations: numberIn(iterations) };
}

/** PBKDF2-params (RFC 8018, A.2) or scrypt-params (RFC 7914, 7). Throws as {@link readScheme}. */
export function readDerivation(algorithm: Ber | undefined): KeyDerivation {
  const { oid, parameters } = algorithmIn(algorithm);
  const [salt, ...rest] = inside(parameters);
  if (oid === SCRYPT) {
    const [cost, blockSize, parallel, keyLength] = rest;
    return {
      kind: 'scrypt',
      salt: octetsIn(salt),
      ...{ cost: numberIn(cost), blockSize: numberIn(blockSize), parallel: numberIn(parallel) },
      keyLength: keyLength === undefined ? undefined : numberIn(keyLength),
    };
  }
  if (oid !== PBKDF2) throw new PkiError('unsupported');
  // A salt that another algorithm makes is a CHOICE that nobody ever used.
  if (salt?.tag === Tag.sequence) throw new PkiError('unsupported');
  const [iterations, ...options] = rest;
  const keyLength = options[0]?.tag === Tag.integer ? numberIn(options.shift()) : undefined;
  const prf = options[0] === undefined ? 'sha1' : HMACS[algorithmIn(options[0]).oid];
  if (prf === undefined) throw new PkiError('unsupported');
  return { kind: 'pbkdf2', salt: octetsIn(salt), iterations: numberIn(iterations), keyLength, prf };
}

/** The hash of an HMAC's AlgorithmIdentifier; undefined where it is another algorithm. */
export const hmacOf = (oid: string): Hmac | undefined => HMACS[oid];

function readCipher(algorithm: Ber | undefined): { readonly cipher: Cipher; readonly iv: Uint8Array } {
  const { oid, parameters } = algorithmIn(algorithm);
  const known = CIPHERS[oid];
  if (known !== undefined) return { cipher: known, iv: octetsIn(parameters) };
  if (oid !== RC2_CBC) throw new PkiError('unsupported');
  const [version, iv] = inside(expectBer(parameters, Tag.sequence));
  const number = numberIn(version);
  const effective = number >= 256 ? number : RC2_VERSIONS[number];
  if (effective === undefined || effective > 1024) throw new PkiError('unsupported');
  return { cipher: rc2(effective / 8, effective), iv: octetsIn(iv) };
}
