/**
 * What a certificate says, for lists and for finding it again: of any certificate, whatever its key or its use. Whether the
 * protocol has a place for it is `problem`; whether to believe it is for path validation and verdicts.
 */

import { createPublicKey } from 'node:crypto';
import type { Fingerprint } from '../../src-shared/ids.ts';
import { isFull, type BareJid } from '../../src-shared/jid.ts';
import { tryJid } from '../jid/jid.ts';
import { hexUpper } from '../security/crypto/encoding.ts';
import { sha256 } from '../security/crypto/hash.ts';
import { kindOf } from '../security/crypto/signature.ts';
import { readCertificate } from './certificate.ts';
import { childrenOf, expectTag, oidOf, readDer, Tag, timeOf, type Tlv } from './der.ts';
import { PkiError, type PkiErrorCode } from './errors.ts';
import { KEY_USAGES, type KeyUsage } from './extensions.ts';
import { nameText, readAltNames, readName, titleOf, type AltName, type NameAttribute } from './names.ts';

export interface CertificateSummary {
  readonly fp: Fingerprint;
  /** What to call it in a list: the holder's name, else its first alternative name, else its serial number. */
  readonly title: string;
  readonly subject: readonly NameAttribute[];
  readonly issuer: readonly NameAttribute[];
  /** SHA-256 of the names' DER, in hex: what an issuer is looked up by. */
  readonly subjectHash: string;
  readonly issuerHash: string;
  /** SHA-256 of the SubjectPublicKeyInfo, in hex: what a private key is looked up by. */
  readonly keyHash: string;
  readonly serial: string;
  readonly notBefore: number;
  readonly notAfter: number;
  /** E.g. `P-256`, `RSA 2048`; of a key that is not known its OID. */
  readonly keyType: string;
  readonly signatureAlgorithm: string;
  readonly altNames: readonly AltName[];
  /** Those XMPP addresses among them that are bare JIDs, prepared. */
  readonly jids: readonly BareJid[];
  readonly ca: boolean;
  readonly keyUsage: readonly KeyUsage[] | undefined;
  /** OIDs. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  readonly subjectKeyId: string | undefined;
  readonly authorityKeyId: string | undefined;
  readonly selfIssued: boolean;
  /** Why the protocol has no place for it; undefined where it has. */
  readonly problem: PkiErrorCode | undefined;
}

const malformed = (): PkiError => new PkiError('malformed');

/** Reads a certificate in strict DER. Throws `malformed` where not even names, dates and key can be read. */
export function summarise(der: Uint8Array): CertificateSummary {
  const [tbs, , signature, ...rest] = childrenOf(expectTag(readDer(der), Tag.sequence));
  if (rest.length > 0) throw malformed();
  expectTag(signature, Tag.bitString);
  const fields = childrenOf(expectTag(tbs, Tag.sequence));
  if (fields[0]?.tag === 0xa0) fields.shift();
  const [serial, algorithm, issuerName, validity, subjectName, spki, ...optional] = fields;
  const [notBefore, notAfter] = childrenOf(expectTag(validity, Tag.sequence));
  const subject = readName(subjectName);
  const issuer = readName(issuerName);
  const extensions = readKnown(optional.find(({ tag }) => tag === 0xa3));
  const number = hexUpper(expectTag(serial, Tag.integer).value);
  const [altName] = extensions.altNames;
  return {
    fp: hexUpper(sha256(der)) as Fingerprint,
    title: titleOf(subject) ?? altName?.text ?? `#${number}`,
    ...{ subject, issuer, serial: number },
    subjectHash: nameHash(subjectName),
    issuerHash: nameHash(issuerName),
    keyHash: keyHash(expectTag(spki, Tag.sequence).raw),
    ...{ notBefore: timeOf(notBefore), notAfter: timeOf(notAfter) },
    keyType: keyTypeOf(expectTag(spki, Tag.sequence)),
    signatureAlgorithm: oidOf(expectTag(childrenOf(expectTag(algorithm, Tag.sequence))[0], Tag.oid).value),
    jids: extensions.altNames.flatMap(({ kind, text }) => (kind === 'xmpp' ? bareJid(text) : [])),
    selfIssued: nameHash(subjectName) === nameHash(issuerName),
    ...extensions,
    problem: problemOf(der),
  };
}

function bareJid(text: string): readonly BareJid[] {
  const jid = tryJid(text);
  return jid === undefined || isFull(jid) ? [] : [jid];
}

/** How names are compared in look-ups. */
const nameHash = (name: Tlv | undefined): string => hexUpper(sha256(expectTag(name, Tag.sequence).raw));

/** Hex of the SHA-256 of a SubjectPublicKeyInfo: the name of a key, whatever certificates it is in. */
export const keyHash = (spki: Uint8Array): string => hexUpper(sha256(spki));

function problemOf(der: Uint8Array): PkiErrorCode | undefined {
  try {
    readCertificate(der);
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}

const NAMES_BY_TYPE: Readonly<Record<string, string>> = {
  ed25519: 'Ed25519',
  ed448: 'Ed448',
  x25519: 'X25519',
  x448: 'X448',
  dsa: 'DSA',
};

function keyTypeOf(spki: Tlv): string {
  const oid = oidOf(expectTag(childrenOf(expectTag(childrenOf(spki)[0], Tag.sequence))[0], Tag.oid).value);
  try {
    const key = createPublicKey({ key: Buffer.from(spki.raw), format: 'der', type: 'spki' });
    const kind = kindOf(key);
    if (kind !== undefined) return kind.type === 'RSA' ? `RSA ${String(kind.bits)}` : kind.type;
    const { modulusLength, namedCurve } = key.asymmetricKeyDetails ?? {};
    if (modulusLength !== undefined && key.asymmetricKeyType !== 'dsa') return `RSA ${String(modulusLength)}`;
    return namedCurve ?? NAMES_BY_TYPE[key.asymmetricKeyType ?? ''] ?? oid;
  } catch {
    // A key that the platform does not know is named by its number.
    return oid;
  }
}

type Known = Pick<CertificateSummary, 'altNames' | 'ca' | 'keyUsage' | 'extendedKeyUsage' | 'subjectKeyId' | 'authorityKeyId'>;

/** The extensions that a list shows or searches. One that cannot be read says nothing; `problem` tells that of those that matter. */
function readKnown(field: Tlv | undefined): Known {
  const found = new Map<string, Tlv>();
  for (const item of field === undefined ? [] : childrenOf(expectTag(childrenOf(field)[0], Tag.sequence))) {
    const parts = childrenOf(expectTag(item, Tag.sequence));
    const value = tryRead(() => readDer(expectTag(parts.at(-1), Tag.octetString).value));
    if (value !== undefined) found.set(oidOf(expectTag(parts[0], Tag.oid).value), value);
  }
  const read = <T>(oid: string, how: (value: Tlv) => T): T | undefined => {
    const value = found.get(oid);
    return value === undefined ? undefined : tryRead(() => how(value));
  };
  return {
    altNames: read('2.5.29.17', readAltNames) ?? [],
    ca: read('2.5.29.19', (value) => childrenOf(expectTag(value, Tag.sequence))[0]?.tag === Tag.boolean) ?? false,
    keyUsage: read('2.5.29.15', usagesIn),
    extendedKeyUsage: read('2.5.29.37', (value) => childrenOf(value).map((oid) => oidOf(expectTag(oid, Tag.oid).value))),
    subjectKeyId: read('2.5.29.14', (value) => hexUpper(expectTag(value, Tag.octetString).value)),
    authorityKeyId: read('2.5.29.35', (value) => {
      const id = childrenOf(value).find(({ tag }) => tag === 0x80);
      return id === undefined ? undefined : hexUpper(id.value);
    }),
  };
}

function usagesIn(value: Tlv): readonly KeyUsage[] {
  const bits = expectTag(value, Tag.bitString).value.subarray(1);
  return KEY_USAGES.filter((_, i) => ((bits[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0);
}

function tryRead<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}

/** Everything in it that somebody may search for, in lower case, one after another. */
export function searchText(summary: CertificateSummary): string {
  const names = [...summary.subject, ...summary.issuer].map(({ text }) => text);
  const all = [...names, nameText(summary.subject), ...summary.altNames.map(({ text }) => text), summary.serial, summary.fp];
  return [...new Set(all)].join('\n').toLowerCase();
}
