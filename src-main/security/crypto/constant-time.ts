import { timingSafeEqual } from 'node:crypto';

/**
 * Compares MACs, digests, cookies and nonces in a time that depends on their lengths only (protocol 1). Lengths are
 * public here: another length is unequal at once.
 */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
