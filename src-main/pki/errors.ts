/** Why a certificate, chain, credential or file was refused. Coded and quiet (style rule 7). */
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
  | 'key-mismatch'
  /** A file in which nothing is recognised. */
  | 'unknown-format'
  /** A file whose outer structure is broken: cut off, or not what it says it is. */
  | 'damaged'
  /** More octets, values or items than files/limits.ts allows. */
  | 'file-too-large'
  /** The file asks for more key derivation than files/limits.ts allows. */
  | 'too-costly'
  /** Protected in a way that is not read here. */
  | 'unsupported'
  | 'password-needed'
  | 'password-wrong'
  /** A passphrase that is not strong enough to write a private key under. */
  | 'password-weak';

export class PkiError extends Error {
  readonly code: PkiErrorCode;

  constructor(code: PkiErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'PkiError';
    this.code = code;
  }
}
