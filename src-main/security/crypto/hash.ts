/** H, prf and HKDF of protocol 1 and 2. */

import { createHash, createHmac, hash as oneShot } from 'node:crypto';
import { CryptoError } from './errors.ts';
import { HMAC_SHA256, HMAC_SHA512, type PrfMethod } from './algorithms.ts';

export type HashName = 'sha256' | 'sha512';

/** Octets that H gives. */
export const hashLength: Readonly<Record<HashName, number>> = { sha256: 32, sha512: 64 };

/** The hash behind a DigestMethod of an association. */
export const hashOfPrf: Readonly<Record<PrfMethod, HashName>> = { [HMAC_SHA256]: 'sha256', [HMAC_SHA512]: 'sha512' };

/** The types allow no other; a name from elsewhere must not get past them. */
function checkHash(hash: HashName): void {
  if (!Object.hasOwn(hashLength, hash)) throw new CryptoError('bad-algorithm');
}

/** H(a | b | …). */
export function digest(hash: HashName, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  checkHash(hash);
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return oneShot(hash, only, 'buffer');
  const h = createHash(hash);
  for (const part of parts) h.update(part);
  return h.digest();
}

/** SHA-256(a | b | …), which is H wherever there is no association. A string counts as its UTF-8. */
export function sha256(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return digest('sha256', ...parts);
}

/** prf(k, m) = HMAC-H(k, a | b | …); a string part counts as its UTF-8 (protocol 1). */
export function prf(hash: HashName, key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Uint8Array {
  checkHash(hash);
  const h = createHmac(hash, key);
  for (const part of parts) h.update(part);
  return h.digest();
}

/**
 * HKDF-Expand of RFC 5869, 2.3: `length` octets, at most 255 times those of the hash (RangeError).
 */
export function hkdfExpand(hash: HashName, prk: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  const step = hashLength[hash];
  if (!Number.isInteger(length) || length < 0 || length > 255 * step) throw new RangeError('hkdf length');
  const out = new Uint8Array(length);
  let t: Uint8Array = new Uint8Array(0);
  // T(i) = HMAC-Hash(PRK, T(i-1) | info | i)   [RFC 5869, 2.3]
  for (let i = 1, at = 0; at < length; i++, at += step) {
    t = prf(hash, prk, t, info, Uint8Array.of(i));
    out.set(at + step <= length ? t : t.subarray(0, length - at), at);
  }
  return out;
}

/** HKDF of RFC 5869: extract under `salt` (empty: as many zero octets as the hash has), then expand. */
export function hkdf(hash: HashName, ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, length: number): Uint8Array {
  // PRK = HMAC-Hash(salt, IKM)   [RFC 5869, 2.2]; HMAC pads an empty key with zeros by itself
  const prk = prf(hash, salt, ikm);
  const out = hkdfExpand(hash, prk, info, length);
  prk.fill(0);
  return out;
}
