/** Why a primitive refused. Coded and quiet: no key, no octets of a peer in it (style rule 7). */
export type CryptoErrorCode =
  /** Not hex, base64 or UTF-8 as protocol 1 has them. */
  | 'bad-encoding'
  /** A key of a kind, curve or size that protocol 2 does not have, or an argument of a wrong length. */
  | 'bad-key'
  /** A hash that protocol 2 does not have. */
  | 'bad-algorithm'
  /** A key agreement value of wrong length or range, or one that gives an all-zero secret. */
  | 'bad-share'
  /** AES-GCM or AES key wrap did not open; never says why (protocol 5.5). */
  | 'undecryptable'
  /** A signature that does not hold, or a method that does not fit the key. */
  | 'bad-signature';

export class CryptoError extends Error {
  readonly code: CryptoErrorCode;

  constructor(code: CryptoErrorCode) {
    super(code);
    this.name = 'CryptoError';
    this.code = code;
  }
}
