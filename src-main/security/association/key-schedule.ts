import { hashLength, digest, hkdfExpand, prf, type HashName } from '../crypto/hash.ts';
import { Secret } from '../crypto/secret.ts';
import { concat, utf8 } from '../crypto/encoding.ts';

/** Keys of an exchange (protocol 5.2). */

/** TH_0 = "" */
export const TH_0 = new Uint8Array(0);

/** TH_k = H(TH_(k-1) | c14n(query of message k)), its Signature included; H as AM2 names it. */
export function transcript(hash: HashName, previous: Uint8Array, query: Uint8Array): Uint8Array {
  return digest(hash, previous, query);
}

export interface Keys {
  /** sKEYID_d: the exporter (section 9). */
  readonly d: Secret;
  /** sKEYID_a: authenticates the exchange; erased once the SA stands. */
  readonly a: Secret;
  /** sKEYID_e: starts the chains (6.1); erased then. */
  readonly e: Secret;
}

/**
 * The keys of an exchange. Takes KEY and erases it, with sKEYID.
 * @param th TH_2 in aggressive mode, TH_5 in main mode
 */
export function schedule(hash: HashName, ni: Uint8Array, nr: Uint8Array, key: Uint8Array, th: Uint8Array): Keys {
  // sKEYID   = prf(Ni | Nr, KEY)
  const skeyid = prf(hash, concat(ni, nr), key);
  key.fill(0);
  // sKEYID_x = expand(sKEYID, "xmpp:sec x" | TH, length of H)     x = d, a, e
  const x = (letter: string): Secret =>
    new Secret(hkdfExpand(hash, skeyid, concat(utf8(`xmpp:sec ${letter}`), th), hashLength[hash]));
  const keys = { d: x('d'), a: x('a'), e: x('e') };
  skeyid.fill(0);
  return keys;
}

/** HASH_I = prf(sKEYID_a, "I" | TH_2) */
export function hashI(hash: HashName, a: Secret, th2: Uint8Array): Uint8Array {
  return prf(hash, a.reveal(), 'I', th2);
}

/** HASH_R = prf(sKEYID_a, "R" | TH_3) */
export function hashR(hash: HashName, a: Secret, th3: Uint8Array): Uint8Array {
  return prf(hash, a.reveal(), 'R', th3);
}

/** CK_0(i→r) = prf(sKEYID_e, "i>r"), CK_0(r→i) = prf(sKEYID_e, "r>i")   [protocol 6.1] */
export function chainStarts(hash: HashName, e: Secret): { readonly initiator: Uint8Array; readonly responder: Uint8Array } {
  return { initiator: prf(hash, e.reveal(), 'i>r'), responder: prf(hash, e.reveal(), 'r>i') };
}
