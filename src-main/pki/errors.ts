/** Why a certificate, chain or credential was refused. Coded and quiet (style rule 7). */
export type PkiErrorCode =
  /** Not an X.509 certificate in strict DER. */
  | 'malformed'
  /** Over the bounds of protocol 10. */
  | 'too-large'
  /** A key that protocol 2 has no place for: another algorithm or curve, RSA outside 2048 to 4096 bits. */
  | 'bad-key'
  /** A certificate that the next one in the chain did not certify. */
  | 'bad-chain'
  /** A private key that is not the certificate's. */
  | 'key-mismatch';

export class PkiError extends Error {
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'PkiError';
    this.code = code;
  }
}
