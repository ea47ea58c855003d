/** The extensions of a certificate that a verdict needs (RFC 5280, 4.2; RFC 6120, 13.7.1.4). */

import type { BareJid } from '../../src-shared/jid.ts';
import { parseBareJid } from '../jid/jid.ts';
import { fromUtf8 } from '../security/crypto/encoding.ts';
import { childrenOf, expectTag, oidOf, readDer, Tag, type Tlv } from './der.ts';
import { PkiError } from './errors.ts';

/** Bits of keyUsage, by the names of RFC 5280, 4.2.1.3. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

export interface Extensions {
  /** id-on-xmppAddr names that are bare JIDs, prepared. */
  readonly xmppAddrs: readonly BareJid[];
  /** It names an XMPP address of whatever kind, even one that is none: then it speaks for those only (protocol 4). */
  readonly namesXmpp: boolean;
  readonly keyUsage: ReadonlySet<KeyUsage> | undefined;
  readonly basicConstraints: { readonly ca: boolean; readonly pathLen: number | undefined } | undefined;
  /** Critical extensions that are not read here: such a certificate is not to be relied on (RFC 5280, 4.2). */
  readonly unknownCritical: readonly string[];
}

const SUBJECT_ALT_NAME = '2.5.29.17';
const KEY_USAGE = '2.5.29.15';
const BASIC_CONSTRAINTS = '2.5.29.19';
export const ID_ON_XMPP_ADDR = '1.3.6.1.5.5.7.8.5';

interface Extension {
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Reads `[3] EXPLICIT SEQUENCE OF Extension`. Throws `malformed`, also where one stands twice. */
export function readExtensions(field: Tlv | undefined): Extensions {
  const found = field === undefined ? new Map<string, Extension>() : collect(field);
  const names = readAltNames(found.get(SUBJECT_ALT_NAME));
  return {
    xmppAddrs: names.flatMap((name) => bareJid(name) ?? []),
    namesXmpp: names.length > 0,
    keyUsage: readKeyUsage(found.get(KEY_USAGE)),
    basicConstraints: readBasicConstraints(found.get(BASIC_CONSTRAINTS)),
    unknownCritical: [...found]
      .filter(([oid, e]) => e.critical && oid !== SUBJECT_ALT_NAME && oid !== KEY_USAGE && oid !== BASIC_CONSTRAINTS)
      .map(([oid]) => oid),
  };
}

function collect(field: Tlv): Map<string, Extension> {
  const [list, ...rest] = childrenOf(field);
  if (rest.length > 0) throw new PkiError('malformed');
  const found = new Map<string, Extension>();
  for (const item of childrenOf(expectTag(list, Tag.sequence))) {
    const parts = childrenOf(expectTag(item, Tag.sequence));
    const oid = oidOf(expectTag(parts.shift(), Tag.oid).value);
    const flag = parts[0]?.tag === Tag.boolean ? parts.shift() : undefined;
    // DEFAULT FALSE: in DER the flag stands only where it is true.
    if (flag !== undefined && flag.value[0] !== 0xff) throw new PkiError('malformed');
    const value = expectTag(parts.shift(), Tag.octetString).value;
    if (parts.length > 0 || found.has(oid)) throw new PkiError('malformed');
    found.set(oid, { critical: flag !== undefined, value });
  }
  if (found.size === 0) throw new PkiError('malformed');
  return found;
}

/** The texts of all id-on-xmppAddr names. */
function readAltNames(extension: Extension | undefined): string[] {
  if (extension === undefined) return [];
  const texts: string[] = [];
  for (const name of childrenOf(expectTag(readDer(extension.value), Tag.sequence))) {
    if (name.tag !== 0xa0) continue;
    const [type, value, ...rest] = childrenOf(name);
    if (oidOf(expectTag(type, Tag.oid).value) !== ID_ON_XMPP_ADDR) continue;
    const [text, ...more] = childrenOf(expectTag(value, 0xa0));
    if (rest.length > 0 || more.length > 0) throw new PkiError('malformed');
    texts.push(decode(expectTag(text, Tag.utf8String).value));
  }
  return texts;
}

function decode(octets: Uint8Array): string {
  try {
    return fromUtf8(octets);
  } catch (cause) {
    throw new PkiError('malformed', { cause });
  }
}

function bareJid(text: string): BareJid | undefined {
  try {
    return parseBareJid(text);
  } catch {
    // An address that is none names nobody; `namesXmpp` still says that the certificate is bound to addresses.
    return undefined;
  }
}

function readKeyUsage(extension: Extension | undefined): ReadonlySet<KeyUsage> | undefined {
  if (extension === undefined) return undefined;
  const bits = expectTag(readDer(extension.value), Tag.bitString).value.subarray(1);
  return new Set(KEY_USAGES.filter((_, i) => ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0));
}

function readBasicConstraints(extension: Extension | undefined): Extensions['basicConstraints'] {
  if (extension === undefined) return undefined;
  const parts = childrenOf(expectTag(readDer(extension.value), Tag.sequence));
  const flag = parts[0]?.tag === Tag.boolean ? parts.shift() : undefined;
  const length = parts[0]?.tag === Tag.integer ? parts.shift() : undefined;
  if (parts.length > 0 || (flag !== undefined && flag.value[0] !== 0xff)) throw new PkiError('malformed');
  if (length === undefined) return { ca: flag !== undefined, pathLen: undefined };
  if (length.value.length > 2 || (length.value[0] ?? 0x80) >= 0x80) throw new PkiError('malformed');
  return { ca: flag !== undefined, pathLen: length.value.reduce((n, octet) => n * 256 + octet, 0) };
}
