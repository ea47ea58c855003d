/**
 * Signatures of protocol 2, by Algorithm URI. The method must fit the key: one table says which kind of key a method
 * takes, and everything else is refused before any arithmetic.
 */

import { constants, sign as platformSign, verify as platformVerify, type KeyObject } from 'node:crypto';
import {
  ECDSA_SHA256,
  ECDSA_SHA384,
  ECDSA_SHA512,
  ED25519,
  RSA_PSS_SHA256,
  RSA_SHA256,
  signatureMethods,
  type SignatureMethod,
} from './algorithms.ts';
import { CryptoError } from './errors.ts';

/** Kinds of key that a certificate may have, by the names the user sees. */
export type KeyType = 'Ed25519' | 'P-256' | 'P-384' | 'P-521' | 'RSA';

interface Law {
  readonly key: KeyType;
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly options: { readonly dsaEncoding?: 'ieee-p1363'; readonly padding?: number; readonly saltLength?: number };
  /** Octets of a signature: fixed, or those of the RSA modulus. */
  readonly octets: number | 'modulus';
}

/** r and s, each left-padded to the order's length, not DER (protocol 2). */
const P1363 = { dsaEncoding: 'ieee-p1363' } as const;

const LAW: Readonly<Record<SignatureMethod, Law>> = {
  [ED25519]: { key: 'Ed25519', hash: null, options: {}, octets: 64 },
  [ECDSA_SHA256]: { key: 'P-256', hash: 'sha256', options: P1363, octets: 64 },
  [ECDSA_SHA384]: { key: 'P-384', hash: 'sha384', options: P1363, octets: 96 },
  [ECDSA_SHA512]: { key: 'P-521', hash: 'sha512', options: P1363, octets: 132 },
  [RSA_PSS_SHA256]: {
    key: 'RSA',
    hash: 'sha256',
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
    octets: 'modulus',
  },
  [RSA_SHA256]: { key: 'RSA', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING }, octets: 'modulus' },
};

const CURVES: Readonly<Record<string, KeyType>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };
const RSA_BITS = { min: 2048, max: 4096 } as const;

interface Kind {
  readonly type: KeyType;
  readonly bits: number;
}

/** The platform reads a key's details anew each time, and every signature asks; a key never changes. */
const kinds = new WeakMap<KeyObject, Kind>();

/** Kind and size of a key that may sign, or undefined where protocol 2 has no place for it. */
export function kindOf(key: KeyObject): Kind | undefined {
  const known = kinds.get(key);
  if (known !== undefined) return known;
  const kind = readKind(key);
  if (kind !== undefined) kinds.set(key, kind);
  return kind;
}

function readKind(key: KeyObject): Kind | undefined {
  const details = key.asymmetricKeyDetails;
  switch (key.asymmetricKeyType) {
    case 'ed25519':
      return { type: 'Ed25519', bits: 256 };
    case 'ec': {
      const type = CURVES[details?.namedCurve ?? ''];
      return type === undefined ? undefined : { type, bits: Number(type.slice(2)) };
    }
    case 'rsa': {
      const bits = details?.modulusLength ?? 0;
      const e = details?.publicExponent ?? 0n;
      // An even exponent is none, and with e = 1 anybody signs.
      if (bits < RSA_BITS.min || bits > RSA_BITS.max || e < 3n || e % 2n === 0n) return undefined;
      return { type: 'RSA', bits };
    }
    default:
      return undefined;
  }
}

/** Methods that a key signs with, most preferred first; empty where protocol 2 has no place for the key. */
export function methodsFor(key: KeyObject): readonly SignatureMethod[] {
  const kind = kindOf(key);
  return kind === undefined ? [] : signatureMethods.filter((method) => LAW[method].key === kind.type);
}

/** The most preferred method of a key. Throws `bad-key`. */
export function methodFor(key: KeyObject): SignatureMethod {
  const [method] = methodsFor(key);
  if (method === undefined) throw new CryptoError('bad-key');
  return method;
}

/** The method's row, if key and method fit; and the octets of a signature by that key. */
function lawFor(method: SignatureMethod, key: KeyObject): { law: Law; octets: number } | undefined {
  // A method from the wire may be any string in spite of its type: then there is no row.
  const law: Law | undefined = Object.hasOwn(LAW, method) ? LAW[method] : undefined;
  const kind = kindOf(key);
  if (law === undefined || kind === undefined || kind.type !== law.key) return undefined;
  return { law, octets: law.octets === 'modulus' ? Math.ceil(kind.bits / 8) : law.octets };
}

/** SignatureValue's octets. Throws `bad-key` where method and key do not fit or the key is not private. */
export function sign(method: SignatureMethod, privateKey: KeyObject, octets: Uint8Array): Uint8Array {
  const fit = lawFor(method, privateKey);
  if (fit === undefined || privateKey.type !== 'private') throw new CryptoError('bad-key');
  return platformSign(fit.law.hash, octets, { key: privateKey, ...fit.law.options });
}

/**
 * Returns where `signature` over `octets` holds under `publicKey`; else throws `bad-signature`, also where the method
 * does not fit the key or the length is not exact.
 */
export function verify(method: SignatureMethod, publicKey: KeyObject, octets: Uint8Array, signature: Uint8Array): void {
  const fit = lawFor(method, publicKey);
  if (fit === undefined || publicKey.type !== 'public' || signature.length !== fit.octets) throw new CryptoError('bad-signature');
  let holds: boolean;
  try {
    holds = platformVerify(fit.law.hash, octets, { key: publicKey, ...fit.law.options }, signature);
  } catch {
    holds = false;
  }
  if (!holds) throw new CryptoError('bad-signature');
}
