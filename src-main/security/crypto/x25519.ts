/** X25519 of RFC 7748 (`{M21}x25519`, protocol 2). Public values are 32 octets, as they stand in `Public`. */

import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { Random } from '../ports.ts';
import { concat } from './encoding.ts';
import { CryptoError } from './errors.ts';

/** SubjectPublicKeyInfo of RFC 8410 up to the 32 octets. */
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');
const LENGTH = 32;
/** Octets of an X25519 SubjectPublicKeyInfo (a sealing key, protocol 4). */
export const SPKI_LENGTH = SPKI.length + LENGTH;

export interface X25519Pair {
  readonly privateKey: KeyObject;
  readonly publicRaw: Uint8Array;
}

/** A fresh pair; `random` replaces the platform's own generator (tests, vectors). */
export function generate(random?: Random): X25519Pair {
  if (random !== undefined) return importPrivate(random(LENGTH));
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  return { privateKey, publicRaw: rawOf(publicKey) };
}

/** The pair of a private key of 32 octets (RFC 7748 clamps it on use). Throws `bad-key` on another length. */
export function importPrivate(raw: Uint8Array): X25519Pair {
  if (raw.length !== LENGTH) throw new CryptoError('bad-key');
  // Engines read `d` alone of a private JWK, though they want an `x` to be there; known values in the tests hold them to it.
  const key = { kty: 'OKP', crv: 'X25519', d: base64url(raw), x: base64url(new Uint8Array(LENGTH)) };
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return { privateKey, publicRaw: rawOf(createPublicKey(privateKey)) };
}

/** The 32 octets of a private key, for the encrypted store. Throws `bad-key`. */
export function exportPrivate(privateKey: KeyObject): Uint8Array {
  if (privateKey.type !== 'private' || privateKey.asymmetricKeyType !== 'x25519') throw new CryptoError('bad-key');
  return new Uint8Array(Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'));
}

/**
 * KEY = the X25519 output of our private and their public value. Throws `bad-share` on a value of another length and
 * on one of low order, which would make the secret all zero (protocol 2).
 */
export function derive(privateKey: KeyObject, peerRaw: Uint8Array): Uint8Array {
  if (peerRaw.length !== LENGTH) throw new CryptoError('bad-share');
  let secret: Uint8Array;
  try {
    secret = diffieHellman({ privateKey, publicKey: publicOf(peerRaw) });
  } catch {
    throw new CryptoError('bad-share');
  }
  // Some engines refuse by themselves, above; none may get past this.
  let any = 0;
  for (const octet of secret) any |= octet;
  if (any === 0) throw new CryptoError('bad-share');
  return secret;
}

/** SubjectPublicKeyInfo of a public value (44 octets). Throws `bad-key` on another length than 32. */
export function toSpki(publicRaw: Uint8Array): Uint8Array {
  if (publicRaw.length !== LENGTH) throw new CryptoError('bad-key');
  return concat(SPKI, publicRaw);
}

/** The 32 octets in an X25519 SubjectPublicKeyInfo of exactly the form of RFC 8410. Throws `bad-key`. */
export function fromSpki(spki: Uint8Array): Uint8Array {
  if (spki.length !== SPKI_LENGTH || !SPKI.equals(spki.subarray(0, SPKI.length))) throw new CryptoError('bad-key');
  return new Uint8Array(spki.subarray(SPKI.length));
}

/** JWK is the one form that the platform reads and writes without its general (and slow) ASN.1 machinery. */
function publicOf(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: base64url(raw) }, format: 'jwk' });
}

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64url');
}

function rawOf(publicKey: KeyObject): Uint8Array {
  return new Uint8Array(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
}
