import { describe, expect, it } from 'vitest';
import { MODP_LENGTHS } from '../../../src-main/security/crypto/algorithms.ts';
import { hexUpper } from '../../../src-main/security/crypto/encoding.ts';
import { checkPublic, derive, generate, importExponent, primeOf } from '../../../src-main/security/crypto/modp.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';

const coded = (code: string) => expect.objectContaining({ name: 'CryptoError', code });
const big = (octets: Uint8Array) => BigInt(`0x${hexUpper(octets)}`);
const octetsOf = (n: bigint, length: number) => Buffer.from(n.toString(16).padStart(2 * length, '0'), 'hex');

function power(base: bigint, exponent: bigint, p: bigint): bigint {
  let out = 1n;
  for (const bit of exponent.toString(2)) out = (((out * out) % p) * (bit === '1' ? base : 1n)) % p;
  return out;
}

describe.each(MODP_LENGTHS)('the group of %i bits', (length) => {
  const prime = primeOf(length);
  const p = big(prime);

  it('agrees on g^xy mod p', () => {
    const [a, b] = [generate(length, systemRandom), generate(length, systemRandom)];
    expect(a.exponent).toHaveLength(64);
    expect(a.publicRaw).toHaveLength(length / 8);
    expect(big(a.publicRaw)).toBe(power(2n, big(a.exponent), p));
    expect(big(derive(a, b.publicRaw))).toBe(power(big(b.publicRaw), big(a.exponent), p));
    expect(hexUpper(derive(b, a.publicRaw))).toBe(hexUpper(derive(a, b.publicRaw)));
  });

  it('pads public values and secrets on the left to the length of p', () => {
    // 2^8: a public value that begins with zeros; its secret with exponent 3 is 2^24
    const small = importExponent(length, Uint8Array.of(8));
    expect(big(small.publicRaw)).toBe(256n);
    expect(small.publicRaw).toHaveLength(length / 8);
    const secret = derive(importExponent(length, Uint8Array.of(3)), small.publicRaw);
    expect(secret).toHaveLength(length / 8);
    expect(big(secret)).toBe(2n ** 24n);
  });

  it('takes public values in 2 … p-2 only, at the length of p', () => {
    const octets = length / 8;
    for (const y of [0n, 1n, p - 1n, p, p + 1n])
      expect(
        () => {
          checkPublic(length, octetsOf(y, octets));
        },
        String(y - p),
      ).toThrow(coded('bad-share'));
    for (const y of [2n, 3n, 256n, p - 2n, p - 3n])
      expect(() => {
        checkPublic(length, octetsOf(y, octets));
      }).not.toThrow();
    const pair = generate(length, systemRandom);
    for (const n of [0, octets - 1, octets + 1])
      expect(() => derive(pair, new Uint8Array(n).fill(2))).toThrow(coded('bad-share'));
    expect(() => derive(pair, octetsOf(p - 1n, octets))).toThrow(coded('bad-share'));
  });

  it('has no use for an exponent of zero', () => {
    expect(() => importExponent(length, new Uint8Array(64))).toThrow(coded('bad-key'));
  });

  it('takes exactly the exponent that it is given', () => {
    const exponent = systemRandom(64);
    expect(big(importExponent(length, exponent).publicRaw)).toBe(power(2n, big(exponent), p));
  });
});
