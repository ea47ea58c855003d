/** JSON lines (docs/headless.md): bounded, decoded across reads, malformed lines told apart from ended input. */

/** One line of input at most, in octets; longer ones are answered with an error and skipped. */
export const MAX_LINE_OCTETS = 1_048_576;

export type Line = { readonly kind: 'line'; readonly text: string } | { readonly kind: 'malformed' };

const LF = 0x0a;

/** Splits octets into lines. Feed it every chunk; it holds at most one unfinished line. */
export class LineReader {
  readonly #most: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #skipping = false;

  constructor(most = MAX_LINE_OCTETS) {
    this.#most = most;
  }

  /** The lines that `chunk` completes. */
  push(chunk: Uint8Array): Line[] {
    const lines: Line[] = [];
    let from = 0;
    for (let at = chunk.indexOf(LF); at >= 0; at = chunk.indexOf(LF, from)) {
      this.#keep(chunk.subarray(from, at));
      lines.push(...this.#finish());
      from = at + 1;
    }
    this.#keep(chunk.subarray(from));
    return lines;
  }

  /** The last line, where the input ended without a line feed. */
  end(): Line[] {
    return this.#finish();
  }

  #keep(octets: Uint8Array): void {
    if (this.#skipping || octets.length === 0) return;
    this.#length += octets.length;
    if (this.#length > this.#most) {
      this.#skipping = true;
      this.#parts = [];
      return;
    }
    this.#parts.push(octets);
  }

  #finish(): Line[] {
    const [parts, skipped] = [this.#parts, this.#skipping];
    this.#parts = [];
    this.#length = 0;
    this.#skipping = false;
    if (skipped) return [{ kind: 'malformed' }];
    const octets = Buffer.concat(parts);
    if (octets.length === 0) return [];
    try {
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
      return text.trim() === '' ? [] : [{ kind: 'line', text }];
    } catch {
      // Not UTF-8: told to whoever wrote it.
      return [{ kind: 'malformed' }];
    }
  }
}

export interface Request {
  readonly id: string | number;
  readonly command: string;
  readonly input: unknown;
}

/** The request of a line, or undefined where it is none: not JSON, a member missing, of the wrong type or unknown. */
export function parseRequest(text: string): Request | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { id, command, input, ...rest } = value as Record<string, unknown>;
  if (Object.keys(rest).length > 0 || typeof command !== 'string') return undefined;
  if (typeof id === 'string' ? id.length > 256 : !Number.isSafeInteger(id)) return undefined;
  return { id: id as string | number, command, input };
}
