/** Bounds on what is read (protocol.md section 10). Depth and elements count from the stanza or document element, which is 1. */
export interface XmlLimits {
  /** Octets of one stanza, or of one document. Text and attribute values have no bound of their own below it. */
  readonly octets: number;
  readonly depth: number;
  readonly elements: number;
  /** Attributes of one element, namespace declarations included. */
  readonly attributes: number;
}

/** A refused stanza of a stream is skipped up to here: servers take 256 to 512 KiB, which escapes can make six times as long. */
export const MAX_SKIPPED = 4 * 1024 * 1024;

export const DEFAULT_LIMITS: XmlLimits = { octets: 256 * 1024, depth: 32, elements: 10_000, attributes: 64 };
