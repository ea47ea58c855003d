import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBareJid } from '../../src-main/jid/jid.ts';
import { readCertificate } from '../../src-main/pki/certificate.ts';
import { PkiError } from '../../src-main/pki/errors.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';

const [der = new Uint8Array()] = makeSelfSigned({
  jid: parseBareJid('alice@a.example'),
  now: Date.UTC(2026, 8, 21),
  random: systemRandom,
}).chain;

function readsOrRefuses(octets: Uint8Array): void {
  try {
    expect(typeof readCertificate(octets).selfSigned).toBe('boolean');
  } catch (error) {
    expect(error).toBeInstanceOf(PkiError);
  }
}

const place = fc.nat({ max: der.length - 1 });
const mutation = fc.oneof(
  fc.record({ kind: fc.constant('set' as const), at: place, value: fc.nat({ max: 255 }) }),
  fc.record({ kind: fc.constant('cut' as const), at: place, value: fc.nat({ max: 8 }) }),
  fc.record({ kind: fc.constant('repeat' as const), at: place, value: fc.nat({ max: 40 }) }),
);

it('reads a mutated certificate or refuses it with a code', () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
      let octets = Buffer.from(der);
      for (const { kind, at, value } of mutations) {
        if (kind === 'set') octets[Math.min(at, octets.length - 1)] = value;
        else if (kind === 'cut') octets = Buffer.concat([octets.subarray(0, at), octets.subarray(at + value)]);
        else octets = Buffer.concat([octets.subarray(0, at + value), octets.subarray(at)]);
        if (octets.length === 0) octets = Buffer.alloc(1);
      }
      readsOrRefuses(octets);
    }),
    { numRuns: 1500 },
  );
});

it('reads any octets or refuses them with a code', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), readsOrRefuses), { numRuns: 1000 });
});

it('notices each single octet that is another: the fingerprint or the reading changes', () => {
  for (let at = 0; at < der.length; at++) {
    const octets = Uint8Array.from(der);
    octets[at] = (octets[at] ?? 0) ^ 0x01;
    try {
      // Whatever still reads is no longer signed by its own key.
      expect(readCertificate(octets).selfSigned, String(at)).toBe(false);
    } catch (error) {
      expect(error, String(at)).toBeInstanceOf(PkiError);
    }
  }
});
