/**
 * What ends an exchange, by cause (protocol 5.5), and the stanza error that says so: plain data, since nothing here knows
 * of XMPP's error class.
 */

export const ERRORS_NS = 'xmpp:sec#errors';

/** How each application condition of 5.5 travels: XEP-0102's 401, its 406, and `busy`. */
const NOT_AUTHORIZED = { type: 'auth', condition: 'not-authorized' } as const;
const NOT_ACCEPTABLE = { type: 'modify', condition: 'not-acceptable' } as const;

export const stanzaErrors = {
  'bad-signature': NOT_AUTHORIZED,
  'untrusted-credential': NOT_AUTHORIZED,
  'cookie-mismatch': NOT_AUTHORIZED,
  'unknown-association': NOT_AUTHORIZED,
  undecryptable: NOT_AUTHORIZED,
  'no-common-suite': NOT_ACCEPTABLE,
  'unsupported-group': NOT_ACCEPTABLE,
  'use-main-mode': NOT_ACCEPTABLE,
  malformed: NOT_ACCEPTABLE,
  busy: { type: 'wait', condition: 'resource-constraint' },
} as const;

export type AssociationErrorCode = keyof typeof stanzaErrors;

export const isAssociationErrorCode = (s: string): s is AssociationErrorCode => Object.hasOwn(stanzaErrors, s);

export type Step = 'AM1' | 'AM2' | 'AM3' | 'AM4';

/** A check of an exchange failed. It names the cause and the message, never what the peer sent. */
export class AssociationError extends Error {
  readonly code: AssociationErrorCode;
  /** The message that failed; undefined where it could not even be told which it was. */
  readonly step: Step | undefined;

  constructor(code: AssociationErrorCode, at: { readonly step?: Step | undefined } = {}, options?: { cause?: unknown }) {
    super(at.step === undefined ? code : `${at.step}: ${code}`, options);
    this.name = 'AssociationError';
    this.code = code;
    this.step = at.step;
  }
}

/** A stanza error as plain data (RFC 6120 §8.3): the engine makes its `StanzaError` of it. */
export interface WireError {
  readonly type: 'auth' | 'modify' | 'wait' | 'cancel';
  readonly condition: string;
  /** Absent for `<conflict/>` only (glare). */
  readonly application?: { readonly name: AssociationErrorCode; readonly ns: typeof ERRORS_NS };
}

export function wireError(code: AssociationErrorCode): WireError {
  return { ...stanzaErrors[code], application: { name: code, ns: ERRORS_NS } };
}

/** Glare: the only answer without an application condition (5.5). */
export const CONFLICT: WireError = { type: 'cancel', condition: 'conflict' };
