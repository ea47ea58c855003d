import { isUtf8 } from 'node:buffer';

const NONE = new Uint8Array(0);

/** UTF-8 read across octet boundaries, fatal on a bad sequence; a byte order mark is a character like others. */
export class Utf8Reader {
  // Not in stream mode: one-shot decoding is several times faster, so an unfinished sequence is kept here instead.
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #rest: Uint8Array = NONE;
  #broken = false;

  /** True once a bad sequence was met. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Octets read that end inside a character, 0 to 3. */
  get held(): number {
    return this.#rest.length;
  }

  /**
   * The characters that are complete; those before a bad sequence too, after which {@link broken} is true.
   */
  read(octets: Uint8Array): string {
    const first = octets[0] ?? 0x80;
    if (octets.length === 1 && first < 0x80 && this.#rest.length === 0) return String.fromCharCode(first);
    const all = this.#rest.length === 0 ? octets : join(this.#rest, octets);
    const end = all.length - unfinished(all);
    this.#rest = end === all.length ? NONE : all.slice(end);
    try {
      return this.#decoder.decode(end === all.length ? all : all.subarray(0, end));
    } catch {
      this.#broken = true;
      this.#rest = NONE;
      return this.#decoder.decode(validPrefix(all));
    }
  }
}

/** The longest beginning that is whole characters. */
function validPrefix(octets: Uint8Array): Uint8Array {
  let good = 0;
  let bad = octets.length;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    const part = octets.subarray(0, middle);
    if (isUtf8(part.subarray(0, middle - unfinished(part)))) good = middle;
    else bad = middle;
  }
  return octets.subarray(0, good - unfinished(octets.subarray(0, good)));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/** How many octets at the end begin a sequence that is not complete; what cannot be a beginning is left to the decoder. */
function unfinished(octets: Uint8Array): number {
  for (let back = 1; back <= 3 && back <= octets.length; back++) {
    const octet = octets[octets.length - back] ?? 0;
    if (octet < 0x80) return 0;
    if (octet >= 0xc0) {
      const needs = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2;
      return octet <= 0xf4 && back < needs ? back : 0;
    }
  }
  return 0;
}
