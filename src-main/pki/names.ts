/** Names in certificates as text for people: distinguished names (RFC 5280, 4.1.2.4) and alternative names (4.2.1.6). */

import { childrenOf, expectTag, oidOf, Tag, type Tlv } from './der.ts';
import { PkiError } from './errors.ts';
import { ID_ON_XMPP_ADDR } from './extensions.ts';

/** One attribute of a distinguished name: its short name (or dotted OID) and its text, safe to show. */
export interface NameAttribute {
  readonly type: string;
  readonly text: string;
}

export type AltNameKind = 'xmpp' | 'srv' | 'dns' | 'email' | 'uri' | 'ip' | 'directory' | 'upn' | 'other';

export interface AltName {
  readonly kind: AltNameKind;
  /** Safe to show; not prepared, not compared with anything. */
  readonly text: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.17': 'postalCode',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '2.5.4.97': 'organizationIdentifier',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const malformed = (): PkiError => new PkiError('malformed');

const ASCII = /^[\x00-\x7f]*$/;

/** Codecs of the string types of X.680, 41. Octets that are not of their type are `malformed`: a name is never guessed. */
const STRINGS: Readonly<Record<number, (octets: Uint8Array) => string>> = {
  [Tag.utf8String]: (octets) => decode('utf-8', octets),
  0x12: (octets) => ascii(octets, /^[0-9 ]*$/),
  0x13: (octets) => ascii(octets, /^[\x20-\x7e]*$/),
  0x14: (octets) => Buffer.from(octets).toString('latin1'),
  0x16: (octets) => ascii(octets, ASCII),
  0x1a: (octets) => ascii(octets, /^[\x20-\x7e]*$/),
  0x1c: utf32,
  0x1e: (octets) => decode('utf-16be', octets),
};

function decode(encoding: string, octets: Uint8Array): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(octets);
  } catch (cause) {
    throw new PkiError('malformed', { cause });
  }
}

function ascii(octets: Uint8Array, allowed: RegExp): string {
  const text = Buffer.from(octets).toString('latin1');
  if (!allowed.test(text)) throw malformed();
  return text;
}

function utf32(octets: Uint8Array): string {
  if (octets.length % 4 !== 0) throw malformed();
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  const points = Array.from({ length: octets.length / 4 }, (_, i) => view.getUint32(4 * i));
  if (points.some((point) => point > 0x10ffff || (point >= 0xd800 && point < 0xe000))) throw malformed();
  return String.fromCodePoint(...points);
}

/** Whether this tag is one of a string type that is read here. */
export const isString = (tag: number): boolean => Object.hasOwn(STRINGS, tag);

/** The text of a string of any type, as it is. Throws `malformed` where its octets are not of its type. */
export function stringOf(tlv: Tlv | undefined): string {
  const read = STRINGS[tlv?.tag ?? 0];
  if (tlv === undefined || read === undefined) throw malformed();
  return read(tlv.value);
}

/** What could make text look like other text (control characters, directional overrides) is written out as `\u{…}`. */
export function safeText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/gu, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** The attributes of a distinguished name, in the order in which they stand. Throws `malformed`. */
export function readName(name: Tlv | undefined): readonly NameAttribute[] {
  return childrenOf(expectTag(name, Tag.sequence)).flatMap((rdn) =>
    childrenOf(expectTag(rdn, Tag.set)).map((attribute) => {
      const [type, value, ...rest] = childrenOf(expectTag(attribute, Tag.sequence));
      if (value === undefined || rest.length > 0) throw malformed();
      const oid = oidOf(expectTag(type, Tag.oid).value);
      return { type: TYPES[oid] ?? oid, text: isString(value.tag) ? safeText(stringOf(value)) : hexText(value.raw) };
    }),
  );
}

/** RFC 4514, 2.4: a value of a type that has no text. */
const hexText = (octets: Uint8Array): string => `#${Buffer.from(octets).toString('hex')}`;

/** One line, `CN=Alice, O=Example`, with what separates escaped (RFC 4514, 2.4). */
export function nameText(attributes: readonly NameAttribute[]): string {
  return attributes.map(({ type, text }) => `${type}=${text.replaceAll(/[,+"\\<>;]/g, '\\$&')}`).join(', ');
}

/** What to call the holder of a name in a list: the common name, else the most telling part that is there. */
export function titleOf(attributes: readonly NameAttribute[]): string | undefined {
  for (const wanted of ['CN', 'pseudonym', 'UID', 'emailAddress', 'OU', 'O', 'DC']) {
    // The most specific of several stands last.
    const found = attributes.findLast(({ type, text }) => type === wanted && text !== '');
    if (found !== undefined) return found.text;
  }
  return attributes.at(-1)?.text;
}

const SRV_NAME = '1.3.6.1.5.5.7.8.7';
const UPN = '1.3.6.1.4.1.311.20.2.3';

/** The names of a GeneralNames SEQUENCE. Throws `malformed`. */
export function readAltNames(sequence: Tlv): readonly AltName[] {
  return childrenOf(expectTag(sequence, Tag.sequence)).map(readGeneralName);
}

/** One GeneralName (RFC 5280, 4.2.1.6). Throws `malformed`. */
export function readGeneralName(name: Tlv): AltName {
  switch (name.tag) {
    case 0xa0:
      return otherName(name);
    case 0x81:
      return { kind: 'email', text: ia5(name) };
    case 0x82:
      return { kind: 'dns', text: ia5(name) };
    case 0xa4: {
      const [directory] = childrenOf(name);
      return { kind: 'directory', text: nameText(readName(directory)) };
    }
    case 0x86:
      return { kind: 'uri', text: ia5(name) };
    case 0x87:
      return { kind: 'ip', text: ipText(name.value) };
    case 0x88:
      return { kind: 'other', text: oidOf(name.value) };
    default:
      return { kind: 'other', text: hexText(name.raw) };
  }
}

const ia5 = (name: Tlv): string => safeText(ascii(name.value, ASCII));

function otherName(name: Tlv): AltName {
  const [type, wrapped] = childrenOf(name);
  const [value] = childrenOf(expectTag(wrapped, 0xa0));
  const oid = oidOf(expectTag(type, Tag.oid).value);
  if (oid === ID_ON_XMPP_ADDR) return { kind: 'xmpp', text: safeText(stringOf(value)) };
  if (oid === SRV_NAME) return { kind: 'srv', text: safeText(stringOf(value)) };
  if (oid === UPN) return { kind: 'upn', text: safeText(stringOf(value)) };
  return { kind: 'other', text: `${oid}: ${hexText(value?.raw ?? new Uint8Array())}` };
}

/** An address, or in name constraints an address and its mask. */
function ipText(octets: Uint8Array): string {
  const half = octets.length / 2;
  if (octets.length === 8 || octets.length === 32) return `${ipText(octets.subarray(0, half))}/${ipText(octets.subarray(half))}`;
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return hexText(octets);
  const groups = Array.from({ length: 8 }, (_, i) => (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16));
  // URLs are written with the shortest form (RFC 5952).
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
