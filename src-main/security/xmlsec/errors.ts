/** Why a signed or encrypted element was refused. Coded and quiet (style rule 7). */
export type XmlsecErrorCode =
  /** Not the form that protocol 1, 5.3 and 6.2 have: structure, prefixes, algorithms of the form, text. */
  | 'malformed'
  /** Signature, its method, FP or digest (protocol 5.2, failures). */
  | 'bad-signature'
  /** Key, unwrapping, GCM or what came out of it; never says which (protocol 5.5). */
  | 'undecryptable';

export class XmlsecError extends Error {
  readonly code: XmlsecErrorCode;

  constructor(code: XmlsecErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'XmlsecError';
    this.code = code;
  }
}
