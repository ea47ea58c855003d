/** The key derivation of PKCS#12 (RFC 7292, appendix B): for MACs and for the encryption of old files. */

import { sha1 } from '@noble/hashes/legacy.js';
import { sha224, sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { concat } from '../../security/crypto/encoding.ts';
import type { Allowance } from './limits.ts';

/** B.3: what the octets are for. */
export const Purpose = { key: 1, iv: 2, mac: 3 } as const;

/** Hashes, with u and v of B.2 in octets. The platform's own costs three times as much for one short block as the library's. */
const HASHES = {
  sha1: { hash: sha1, u: 20, v: 64 },
  sha224: { hash: sha224, u: 28, v: 64 },
  sha256: { hash: sha256, u: 32, v: 64 },
  sha384: { hash: sha384, u: 48, v: 128 },
  sha512: { hash: sha512, u: 64, v: 128 },
} as const;
export type KdfHash = keyof typeof HASHES;

/** Rounds between two pauses: some ten milliseconds. */
const ROUNDS_AT_ONCE = 20_000;

export interface Pkcs12Kdf {
  readonly hash: KdfHash;
  /** BMPString with its two zero octets at the end, or nothing at all (passwords.ts). */
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly iterations: number;
}

/** Lets others have their turn; a derivation of millions of rounds must not stop the program. */
export type Pause = () => Promise<void>;

/** `length` octets for one purpose. Throws PkiError `too-costly` where the file's allowance does not hold it. The caller wipes them. */
export async function pkcs12Kdf(
  { hash, password, salt, iterations }: Pkcs12Kdf,
  purpose: (typeof Purpose)[keyof typeof Purpose],
  length: number,
  allowance: Allowance,
  pause: Pause,
): Promise<Uint8Array> {
  const { u, v, hash: H } = HASHES[hash];
  const blocks = Math.ceil(length / u);
  allowance.spend(iterations, blocks);
  // B.2, steps 1 to 4: D = v octets of ID; S and P repeated to whole blocks of v
  const d = new Uint8Array(v).fill(purpose);
  const i = concat(repeated(salt, v), repeated(password, v));
  const out = new Uint8Array(blocks * u);
  const [fresh, state] = [H.create(), H.create()];
  for (let block = 0; block < blocks; block++) {
    // step 6.A: A_i = H^r(D | I)
    const a = H(concat(d, i));
    for (let round = 1; round < iterations; round++) {
      fresh._cloneInto(state);
      state.update(a).digestInto(a);
      if (round % ROUNDS_AT_ONCE === 0) await pause();
    }
    out.set(a, block * u);
    // steps 6.B and 6.C: I_j = (I_j + B + 1) mod 2^v for each block of I
    const b = repeated(a, v);
    for (let at = 0; at < i.length; at += v) addOne(i.subarray(at, at + v), b);
  }
  i.fill(0);
  const derived = out.slice(0, length);
  out.fill(0);
  return derived;
}

/** Copies of `octets` one after another, to the next multiple of v; nothing of nothing. */
function repeated(octets: Uint8Array, v: number): Uint8Array {
  const length = v * Math.ceil(octets.length / v);
  return Uint8Array.from({ length }, (_, at) => octets[at % octets.length] ?? 0);
}

/** n = n + b + 1, big endian, what overflows is dropped. */
function addOne(n: Uint8Array, b: Uint8Array): void {
  let carry = 1;
  for (let at = n.length - 1; at >= 0; at--) {
    carry += (n[at] ?? 0) + (b[at] ?? 0);
    n[at] = carry & 0xff;
    carry >>= 8;
  }
}
