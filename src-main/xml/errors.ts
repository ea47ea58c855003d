/** What can be wrong with XML that was received or is about to be sent. No peer's text is ever in a message. */

export type XmlErrorCode =
  /** Comment, processing instruction, DTD, undeclared entity, and CDATA or an XML declaration where refused (RFC 6120 §11.1). */
  | 'restricted-xml'
  /** Not well-formed, or not namespace-well-formed (RFC 6120 §11.3). */
  | 'not-well-formed'
  /** The XML declaration names another encoding (RFC 6120 §11.6). */
  | 'unsupported-encoding'
  /** The octets are not UTF-8, or a string has a lone surrogate. */
  | 'invalid-utf8'
  /** Text where only white space may be: between stanzas, outside the root. */
  | 'stray-text'
  /** The limits of protocol.md section 10. */
  | 'too-large'
  | 'too-deep'
  | 'too-many-attributes'
  | 'too-many-elements'
  /** Serialising only: a character that XML 1.0 cannot carry, even escaped. */
  | 'illegal-character'
  /** Serialising only: not a name, or a namespace that cannot be declared. */
  | 'illegal-name';

/** Stream error conditions (RFC 6120 §4.9.3) with which a stream that sent such XML is closed. */
export type XmlStreamCondition =
  'restricted-xml' | 'not-well-formed' | 'unsupported-encoding' | 'bad-format' | 'policy-violation';

const CONDITIONS: Readonly<Record<XmlErrorCode, XmlStreamCondition>> = {
  'restricted-xml': 'restricted-xml',
  'not-well-formed': 'not-well-formed',
  'unsupported-encoding': 'unsupported-encoding',
  // RFC 6120 §4.9.3.23: also for octets that break the rules of UTF-8.
  'invalid-utf8': 'unsupported-encoding',
  'stray-text': 'bad-format',
  'too-large': 'policy-violation',
  'too-deep': 'policy-violation',
  'too-many-attributes': 'policy-violation',
  'too-many-elements': 'policy-violation',
  'illegal-character': 'not-well-formed',
  'illegal-name': 'not-well-formed',
};

export class XmlError extends Error {
  readonly code: XmlErrorCode;

  constructor(code: XmlErrorCode) {
    super(code);
    this.name = 'XmlError';
    this.code = code;
  }

  /** The condition of the stream error that answers it. */
  get condition(): XmlStreamCondition {
    return CONDITIONS[this.code];
  }
}

/**
 * What a server relays although we do not take it: a stanza beyond our limits, or a namespace name that none of ours could
 * have. Where it lies is known, so that a stream can go on behind it ({@link StreamParser.skipRefused}).
 */
export class Refusal extends XmlError {}
