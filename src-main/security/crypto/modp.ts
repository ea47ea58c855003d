/**
 * Finite-field Diffie-Hellman in groups 15 and 16 of RFC 3526 (`{XE}dh` with `length`, protocol 2): generator 2, a fresh
 * exponent of 512 random bits, values big endian at the length of p.
 *
 * The platform's generic key API checks a peer's value with an exponentiation as long as p and costs 4 to 5 times its
 * group API; so this uses the latter and does the check that the protocol asks for, 2 … p-2, itself. In these groups,
 * p = 2q + 1 with q prime, nothing in that range has a small order.
 */

import { createDiffieHellman, getDiffieHellman } from 'node:crypto';
import type { Random } from '../ports.ts';
import type { ModpLength } from './algorithms.ts';
import { CryptoError } from './errors.ts';

const NAMES: Readonly<Record<ModpLength, string>> = { 3072: 'modp15', 4096: 'modp16' };
const GENERATOR = 2;
/** 512 bits. */
const EXPONENT_LENGTH = 64;

export interface ModpPair {
  readonly length: ModpLength;
  /** Octets of the exponent, big endian: the caller wipes them. */
  readonly exponent: Uint8Array;
  /** 2^exponent mod p at the length of p. */
  readonly publicRaw: Uint8Array;
}

const primes = new Map<ModpLength, Buffer>();

/** p of a group, big endian. */
export function primeOf(length: ModpLength): Buffer {
  let p = primes.get(length);
  if (p === undefined) {
    p = getDiffieHellman(NAMES[length]).getPrime();
    primes.set(length, p);
  }
  return p;
}

/** A pair with a fresh exponent of 512 bits from `random`. */
export function generate(length: ModpLength, random: Random): ModpPair {
  return importExponent(length, random(EXPONENT_LENGTH));
}

/** The pair of a given exponent (vectors). Throws `bad-key` where its public value would not be one. */
export function importExponent(length: ModpLength, exponent: Uint8Array): ModpPair {
  const p = primeOf(length);
  const group = createDiffieHellman(p, GENERATOR);
  group.setPrivateKey(exponent);
  let publicRaw: Uint8Array;
  try {
    publicRaw = leftPad(group.generateKeys(), p.length);
  } catch {
    throw new CryptoError('bad-key');
  }
  if (!inRange(publicRaw, p)) throw new CryptoError('bad-key');
  return { length, exponent, publicRaw };
}

/**
 * KEY = g^xy mod p, left-padded to the length of p. Throws `bad-share` on a public value that is not at the length of
 * p or not in 2 … p-2.
 */
export function derive(pair: ModpPair, peerRaw: Uint8Array): Uint8Array {
  const p = primeOf(pair.length);
  checkPublic(pair.length, peerRaw);
  const group = createDiffieHellman(p, GENERATOR);
  group.setPrivateKey(pair.exponent);
  try {
    return leftPad(group.computeSecret(peerRaw), p.length);
  } catch {
    throw new CryptoError('bad-share');
  }
}

/** Throws `bad-share` unless the value is at the length of p and in 2 … p-2. */
export function checkPublic(length: ModpLength, publicRaw: Uint8Array): void {
  const p = primeOf(length);
  if (publicRaw.length !== p.length || !inRange(publicRaw, p)) throw new CryptoError('bad-share');
}

/** 2 <= y <= p-2, both big endian at the same length; y is public. */
function inRange(y: Uint8Array, p: Buffer): boolean {
  const last = y.length - 1;
  const small = y.subarray(0, last).every((octet) => octet === 0) && (y[last] ?? 0) < 2;
  // p is odd, so p-1 and p-2 differ from it in the last octet only (it ends in FF in both groups).
  const pMinus1 = Buffer.from(p);
  pMinus1[last] = (p[last] ?? 0) - 1;
  return !small && Buffer.compare(y, pMinus1) < 0;
}

function leftPad(value: Uint8Array, length: number): Uint8Array {
  if (value.length === length) return value;
  const out = new Uint8Array(length);
  out.set(value, length - value.length);
  return out;
}
