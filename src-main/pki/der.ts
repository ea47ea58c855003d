/**
 * Strict DER (X.690): what two readers could take for two things is refused. Only what certificates need; the libraries
 * that we use elsewhere read BER, where one certificate has many spellings and so many fingerprints.
 */

import { concat } from '../security/crypto/encoding.ts';
import { PkiError } from './errors.ts';

export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One value: its identifier octet, its contents, and both with the length between. */
export interface Tlv {
  readonly tag: number;
  readonly value: Uint8Array;
  readonly raw: Uint8Array;
}

const CONSTRUCTED = 0x20;
/** Nesting of certificates is under 16 in practice. */
const MAX_DEPTH = 32;

const malformed = (): PkiError => new PkiError('malformed');

/** The value that starts at `at`. Definite, minimal lengths and low tag numbers only. */
function readAt(octets: Uint8Array, at: number): { tlv: Tlv; next: number } {
  const tag = octets[at];
  const first = octets[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed();
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + (octets[start + i] ?? 0);
    start += count;
    // Minimal: the long form only from 128 on, without a leading zero octet.
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed();
  }
  const end = start + length;
  if (end > octets.length) throw malformed();
  return { tlv: { tag, value: octets.subarray(start, end), raw: octets.subarray(at, end) }, next: end };
}

/** The one value that `octets` are, checked all the way down. Throws `malformed`. */
export function readDer(octets: Uint8Array): Tlv {
  const { tlv, next } = readAt(octets, 0);
  if (next !== octets.length) throw malformed();
  check(tlv, 0);
  return tlv;
}

/** The values inside a constructed one. Throws `malformed`. */
export function childrenOf(tlv: Tlv): Tlv[] {
  if ((tlv.tag & CONSTRUCTED) === 0) throw malformed();
  const out: Tlv[] = [];
  for (let at = 0; at < tlv.value.length;) {
    const { tlv: child, next } = readAt(tlv.value, at);
    out.push(child);
    at = next;
  }
  return out;
}

/** Of this tag, else `malformed`. */
export function expectTag(tlv: Tlv | undefined, tag: number): Tlv {
  if (tlv?.tag !== tag) throw malformed();
  return tlv;
}

function check(tlv: Tlv, depth: number): void {
  if (depth > MAX_DEPTH) throw malformed();
  if ((tlv.tag & CONSTRUCTED) !== 0) {
    // Of the universal types only these two are constructed in DER; strings in pieces are BER.
    if (tlv.tag < 0x40 && tlv.tag !== Tag.sequence && tlv.tag !== Tag.set) throw malformed();
    for (const child of childrenOf(tlv)) check(child, depth + 1);
    return;
  }
  const [a, b] = tlv.value;
  switch (tlv.tag) {
    case Tag.boolean:
      if (tlv.value.length !== 1 || (a !== 0x00 && a !== 0xff)) throw malformed();
      return;
    case Tag.integer:
      if (a === undefined || (b !== undefined && ((a === 0 && b < 0x80) || (a === 0xff && b >= 0x80)))) throw malformed();
      return;
    case Tag.bitString:
      // Unused bits: at most 7, none in an empty string, and all zero.
      if (a === undefined || a > 7 || (tlv.value.length === 1 && a !== 0)) throw malformed();
      if (((tlv.value.at(-1) ?? 0) & ((1 << a) - 1)) !== 0 && tlv.value.length > 1) throw malformed();
      return;
    case Tag.oid:
      checkOid(tlv.value);
      return;
    case Tag.sequence & ~CONSTRUCTED:
    case Tag.set & ~CONSTRUCTED:
      throw malformed();
    default:
  }
}

function checkOid(value: Uint8Array): void {
  if (value.length === 0 || (value.at(-1) ?? 0x80) >= 0x80) throw malformed();
  // No arc starts with a padding octet.
  for (let i = 0; i < value.length; i++) if (value[i] === 0x80 && (i === 0 || (value[i - 1] ?? 0) < 0x80)) throw malformed();
}

/** Encodes one value. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const value = concat(...contents);
  if (value.length < 0x80) return concat(Uint8Array.of(tag, value.length), value);
  const length: number[] = [];
  for (let rest = value.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  return concat(Uint8Array.of(tag, 0x80 | length.length, ...length), value);
}

/** An INTEGER from 0 on, up to the safe ones. */
export function integer(n: number): Uint8Array {
  const octets: number[] = [];
  for (let rest = n; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  // A first bit set would be a sign.
  if ((octets[0] ?? 0x80) >= 0x80) octets.unshift(0);
  return der(Tag.integer, Uint8Array.from(octets));
}

/** An OBJECT IDENTIFIER in dotted form. */
export const objectId = (dotted: string): Uint8Array => der(Tag.oid, oidContents(dotted));

export const NULL = Uint8Array.of(0x05, 0x00);

/** Contents of an OBJECT IDENTIFIER in dotted form, e.g. `2.5.29.17`. */
export function oidContents(dotted: string): Uint8Array {
  const [a = 0, b = 0, ...rest] = dotted.split('.').map(Number);
  const out: number[] = [];
  for (const arc of [a * 40 + b, ...rest]) {
    const octets = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) octets.unshift(0x80 | (left & 0x7f));
    out.push(...octets);
  }
  return Uint8Array.from(out);
}

/** Dotted form of the contents of an OBJECT IDENTIFIER that was checked. */
export function oidOf(contents: Uint8Array): string {
  const arcs: bigint[] = [];
  let arc = 0n;
  for (const octet of contents) {
    arc = arc * 128n + BigInt(octet & 0x7f);
    if (octet < 0x80) {
      arcs.push(arc);
      arc = 0n;
    }
  }
  const [first = 0n, ...rest] = arcs;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - top * 40n, ...rest].join('.');
}

const TIME = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds of a UTCTime or GeneralizedTime of RFC 5280, 4.1.2.5. Throws `malformed`. */
export function timeOf(tlv: Tlv | undefined): number {
  let text = Buffer.from(tlv?.value ?? []).toString('latin1');
  // Two digits of year: 50 and later are in the last century. Up to 2049 it has to be a UTCTime.
  if (tlv?.tag === Tag.utcTime) text = `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`;
  else if (tlv?.tag !== Tag.generalizedTime) throw malformed();
  const match = TIME.exec(text);
  if (match === null) throw malformed();
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const millis = Date.UTC(year, month - 1, day, hour, minute, second);
  // A date that does not exist would move to one that does.
  if (formatTime(millis) !== text || year < 1900) throw malformed();
  return millis;
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on, as RFC 5280 asks; whole seconds. */
export function encodeTime(millis: number): Uint8Array {
  const text = formatTime(millis);
  return Number(text.slice(0, 4)) < 2050
    ? der(Tag.utcTime, Buffer.from(text.slice(2), 'latin1'))
    : der(Tag.generalizedTime, Buffer.from(text, 'latin1'));
}

function formatTime(millis: number): string {
  return new Date(millis)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:T]/g, '');
}
