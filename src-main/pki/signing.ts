/** Signing what we make ourselves: certificates and requests. */

import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { kindOf, type KeyType } from '../security/crypto/signature.ts';
import { der, NULL, objectId, Tag } from './der.ts';
import { PkiError } from './errors.ts';

/** Kinds of key that are made here. RSA keys sign what more tools read; the others are smaller. */
export type NewKey = 'P-256' | 'P-384' | 'Ed25519' | 'RSA 3072';

/** A new private key, from the platform's own generator. */
export function newKey(kind: NewKey): KeyObject {
  switch (kind) {
    case 'P-256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey;
    case 'P-384':
      return generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey;
    case 'Ed25519':
      return generateKeyPairSync('ed25519').privateKey;
    case 'RSA 3072':
      return generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey;
  }
}

interface Method {
  readonly algorithm: Uint8Array;
  readonly hash: string | null;
}

/** AlgorithmIdentifiers of RFC 5758 and 8410 (without parameters) and of RFC 4055 (with NULL). */
const METHODS: Readonly<Record<KeyType, Method>> = {
  'P-256': { algorithm: der(Tag.sequence, objectId('1.2.840.10045.4.3.2')), hash: 'sha256' },
  'P-384': { algorithm: der(Tag.sequence, objectId('1.2.840.10045.4.3.3')), hash: 'sha384' },
  'P-521': { algorithm: der(Tag.sequence, objectId('1.2.840.10045.4.3.4')), hash: 'sha512' },
  Ed25519: { algorithm: der(Tag.sequence, objectId('1.3.101.112')), hash: null },
  RSA: { algorithm: der(Tag.sequence, objectId('1.2.840.113549.1.1.11'), NULL), hash: 'sha256' },
};

function methodOf(privateKey: KeyObject): Method {
  const kind = kindOf(privateKey);
  if (kind === undefined) throw new PkiError('bad-key');
  return METHODS[kind.type];
}

/** The AlgorithmIdentifier by which this key signs. Throws `bad-key` where protocol 2 has no place for it. */
export const signatureAlgorithm = (privateKey: KeyObject): Uint8Array => methodOf(privateKey).algorithm;

/** SIGNED { tbs } (RFC 5280, 4.1.1): what is signed, how, and the signature. */
export function signed(tbs: Uint8Array, privateKey: KeyObject): Uint8Array {
  const { algorithm, hash } = methodOf(privateKey);
  // signatureValue: a BIT STRING without unused bits; of ECDSA the DER form of r and s
  return der(Tag.sequence, tbs, algorithm, der(Tag.bitString, Uint8Array.of(0), sign(hash, tbs, privateKey)));
}
