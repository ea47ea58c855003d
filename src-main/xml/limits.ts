/** Bounds on what is read (protocol.md section 10). Depth and elements count from the stanza or document element, which is 1. */
export interface XmlLimits {
  /** Octets of one stanza, or of one document. Text and attribute values have no bound of their own below it. */
  readonly octets: number;
  readonly depth: number;
  readonly elements: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
}

export const DEFAULT_LIMITS: XmlLimits = { octets: 256 * 1024, depth: 32, elements: 10_000, attributes: 64 };
