import type { Random } from '../ports.ts';
import { X25519, type Agreement } from '../crypto/algorithms.ts';
import { CryptoError } from '../crypto/errors.ts';
import * as modp from '../crypto/modp.ts';
import * as x25519 from '../crypto/x25519.ts';
import { AssociationError, type Step } from './errors.ts';

/** Our half of a key agreement, of whichever kind (protocol 2). */
export interface KeyShare {
  readonly agreement: Agreement;
  readonly pair: x25519.X25519Pair | modp.ModpPair;
}

/**
 * A fresh half. An X25519 pair comes from the platform's own generator, which is many times cheaper than the import of
 * octets, unless `x25519Random` is told (vectors).
 */
export function makeShare(agreement: Agreement, random: Random, x25519Random?: Random): KeyShare {
  return agreement.algorithm === X25519
    ? { agreement, pair: x25519.generate(x25519Random) }
    : { agreement, pair: modp.generate(agreement.length, random) };
}

/**
 * KEY = shared secret: X25519 output, or g^xy mod p left-padded to the length of p. The caller erases it.
 * @throws AssociationError `malformed` for a share of wrong length or value
 */
export function sharedSecret(share: KeyShare, peerRaw: Uint8Array, step: Step): Uint8Array {
  try {
    return 'exponent' in share.pair ? modp.derive(share.pair, peerRaw) : x25519.derive(share.pair.privateKey, peerRaw);
  } catch (cause) {
    if (cause instanceof CryptoError) throw new AssociationError('malformed', { step }, { cause });
    throw cause;
  }
}

/** Erases an exponent. An X25519 private key lies in the platform, which erases it with its last reference. */
export function wipeShare(share: KeyShare): void {
  if ('exponent' in share.pair) share.pair.exponent.fill(0);
}
