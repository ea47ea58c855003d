/** Why a string is not an address (RFC 7622) or does not pass a PRECIS profile (RFC 8264). Never holds the string. */

export type PrecisErrorCode =
  | 'empty'
  /** A code point that the profile's string class does not hold, or not there (CONTEXTJ, CONTEXTO). */
  | 'disallowed-character'
  /** The Bidi rule of RFC 5893. */
  | 'bidi';

export type JidErrorCode =
  | 'empty-part'
  /** A part over 1023 octets (RFC 7622 §3.1). */
  | 'too-long'
  | 'bad-local'
  | 'bad-domain'
  | 'bad-resource'
  /** A full JID where a bare one is wanted, or the reverse. */
  | 'wrong-kind';

export class PrecisError extends Error {
  readonly code: PrecisErrorCode;

  constructor(code: PrecisErrorCode) {
    super(code);
    this.name = 'PrecisError';
    this.code = code;
  }
}

export class JidError extends Error {
  readonly code: JidErrorCode;

  constructor(code: JidErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'JidError';
    this.code = code;
  }
}
