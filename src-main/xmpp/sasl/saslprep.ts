/** SASLprep (RFC 4013), as SCRAM prepares names and passwords (RFC 5802 §2.2). */

import prepare from '@mongodb-js/saslprep';

export class SaslprepError extends Error {
  /** `prohibited`: what RFC 4013 §2.3 to §2.5 refuse, and text of which nothing is left. */
  readonly code: 'empty' | 'prohibited';

  constructor(code: 'empty' | 'prohibited') {
    super(code);
    this.name = 'SaslprepError';
    this.code = code;
  }
}

/**
 * The stored-string form (unassigned code points refused), which both the client and its server compute.
 * @throws SaslprepError
 */
export function saslprep(text: string): string {
  if (text === '') throw new SaslprepError('empty');
  try {
    return prepare(text);
  } catch {
    throw new SaslprepError('prohibited');
  }
}
