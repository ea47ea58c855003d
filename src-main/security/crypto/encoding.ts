/** Octets and their written forms, exactly as protocol 1 has them: strict in, exact out. */

import { CryptoError } from './errors.ts';

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** `a | b | …`. The result shares no memory with the parts. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** 4 octets, big endian. Throws a RangeError outside 0 … 2^32 - 1. */
export function u32(n: number): Uint8Array {
  if (!Number.isInteger(n) || n < 0 || n > 0xffffffff) throw new RangeError('u32');
  return Uint8Array.of(n >>> 24, (n >>> 16) & 0xff, (n >>> 8) & 0xff, n & 0xff);
}

/** `lp(x) = u32(octets of x) | x`; a string counts as its UTF-8. */
export function lp(x: Uint8Array | string): Uint8Array {
  const octets = typeof x === 'string' ? utf8(x) : x;
  return concat(u32(octets.length), octets);
}

/** UTF-8 of a string. */
export function utf8(s: string): Uint8Array {
  return Buffer.from(s, 'utf8');
}

/** The string that these octets are the UTF-8 of; a byte order mark is kept. Throws `bad-encoding`. */
export function fromUtf8(octets: Uint8Array): string {
  try {
    return strictUtf8.decode(octets);
  } catch {
    throw new CryptoError('bad-encoding');
  }
}

function view(octets: Uint8Array): Buffer {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
}

/** Hex in upper case, the only form that we write. */
export function hexUpper(octets: Uint8Array): string {
  return view(octets).toString('hex').toUpperCase();
}

/**
 * Octets of upper-case hex of an even number of digits; of exactly `octets` where told. Throws `bad-encoding`:
 * two spellings of one name would be two names to whoever compares strings.
 */
export function fromHex(s: string, octets?: number): Uint8Array {
  if (!/^(?:[0-9A-F]{2})*$/.test(s) || (octets !== undefined && s.length !== 2 * octets)) throw new CryptoError('bad-encoding');
  return Buffer.from(s, 'hex');
}

/** Base64 of RFC 4648 with padding, without white space. */
export function toBase64(octets: Uint8Array): string {
  return view(octets).toString('base64');
}

/**
 * Octets of base64 text. XML white space is stripped; any other foreign character, missing or surplus padding and
 * non-zero trailing bits are `bad-encoding`.
 */
export function fromBase64(text: string): Uint8Array {
  // The platform's decoder is lenient, its encoder is not: the text is strict exactly if it is what we would have written.
  let octets = Buffer.from(text, 'base64');
  if (octets.toString('base64') === text) return octets;
  const bare = text.replaceAll(/[ \t\r\n]/g, '');
  octets = Buffer.from(bare, 'base64');
  if (octets.toString('base64') !== bare) throw new CryptoError('bad-encoding');
  return octets;
}
