/**
 * Reading X.509 certificates (RFC 5280) strictly. A certificate that this accepts is in DER, has a key that protocol 2
 * has a place for, and says each thing once. Whether to believe it is for the verdict (protocol 4), not decided here.
 */

import { X509Certificate, type KeyObject } from 'node:crypto';
import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { hexUpper } from '../security/crypto/encoding.ts';
import { sha256 } from '../security/crypto/hash.ts';
import { kindOf, type KeyType } from '../security/crypto/signature.ts';
import { childrenOf, expectTag, oidOf, readDer, Tag, timeOf, type Tlv } from './der.ts';
import { PkiError } from './errors.ts';
import { readExtensions, type Extensions } from './extensions.ts';

export interface Certificate extends Extensions {
  readonly der: Uint8Array;
  /** SHA-256 of `der` (protocol 4). */
  readonly fp: Fingerprint;
  readonly publicKey: KeyObject;
  readonly keyType: KeyType;
  readonly bits: number;
  /** Milliseconds since the epoch; both ends are within the validity. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** For display only: never compared. */
  readonly subject: string;
  readonly issuer: string;
  /** DER of the names, which is what is compared. */
  readonly subjectDer: Uint8Array;
  readonly issuerDer: Uint8Array;
  /** Hex of the serial number's contents. */
  readonly serial: string;
  /** OID of the algorithm by which it was signed. */
  readonly signatureAlgorithm: string;
  /** Issued by its own subject and signed with its own key (checked when first asked). */
  readonly selfSigned: boolean;
}

/** Bounds of protocol 10 on a chain in an exchange. */
export const MAX_CHAIN = 8;
export const MAX_CHAIN_OCTETS = 24 * 1024;

/** Signatures on certificates that count: nothing with MD5 or SHA-1. */
const SOUND = new Set([
  '1.2.840.10045.4.3.2', // ecdsa-with-SHA256
  '1.2.840.10045.4.3.3', // ecdsa-with-SHA384
  '1.2.840.10045.4.3.4', // ecdsa-with-SHA512
  '1.2.840.113549.1.1.10', // RSASSA-PSS
  '1.2.840.113549.1.1.11', // sha256WithRSAEncryption
  '1.2.840.113549.1.1.12', // sha384WithRSAEncryption
  '1.2.840.113549.1.1.13', // sha512WithRSAEncryption
  '1.3.101.112', // Ed25519
]);

/** Certificates read before, by fp, the last used at the end: the same few come with every exchange and signed message. */
const known = new Map<Fingerprint, Certificate>();
const KNOWN = 64;

/** Throws PkiError: `too-large`, `malformed` or `bad-key`, and nothing else whatever the octets are. */
export function readCertificate(der: Uint8Array): Certificate {
  if (der.length > MAX_CHAIN_OCTETS) throw new PkiError('too-large');
  const fp = hexUpper(sha256(der)) as Fingerprint;
  // The name is a hash of all of it, so what was read under it is what would be read again.
  const certificate = known.get(fp) ?? readAnew(Uint8Array.from(der), fp);
  known.delete(fp);
  known.set(fp, certificate);
  const [oldest] = known.keys();
  if (known.size > KNOWN && oldest !== undefined) known.delete(oldest);
  return certificate;
}

/** @param der of its own memory, since it is kept */
function readAnew(der: Uint8Array, fp: Fingerprint): Certificate {
  const [tbs, outerAlgorithm, signature, ...rest] = childrenOf(expectTag(readDer(der), Tag.sequence));
  if (rest.length > 0) throw new PkiError('malformed');
  expectTag(signature, Tag.bitString);
  const fields = readTbs(expectTag(tbs, Tag.sequence));
  // The algorithm stands twice, once outside what is signed.
  if (Buffer.compare(expectTag(outerAlgorithm, Tag.sequence).raw, fields.algorithm.raw) !== 0) throw new PkiError('malformed');
  const extensions = readExtensions(fields.extensions);
  const x509 = parse(der);
  const { publicKey, kind } = keyOf(x509);
  let selfSigned: boolean | undefined;
  return {
    der,
    fp,
    publicKey,
    keyType: kind.type,
    bits: kind.bits,
    notBefore: fields.notBefore,
    notAfter: fields.notAfter,
    get subject() {
      return displayName(x509.subject);
    },
    get issuer() {
      return displayName(x509.issuer);
    },
    subjectDer: fields.subject.raw,
    issuerDer: fields.issuer.raw,
    serial: hexUpper(fields.serial.value),
    signatureAlgorithm: oidOf(expectTag(childrenOf(fields.algorithm)[0], Tag.oid).value),
    get selfSigned() {
      selfSigned ??= isCertifiedBy(this, this);
      return selfSigned;
    },
    ...extensions,
  };
}

/**
 * Reads a chain, end entity first. Throws PkiError, `too-large` over `max` certificates or 24 KiB in all, `malformed`
 * where it is empty. Says nothing about whether the certificates follow from one another: see {@link checkChain}.
 */
export function readChain(ders: readonly Uint8Array[], max: number = MAX_CHAIN): readonly [Certificate, ...Certificate[]] {
  let octets = 0;
  for (const der of ders) octets += der.length;
  if (ders.length > max || octets > MAX_CHAIN_OCTETS) throw new PkiError('too-large');
  const [first, ...rest] = ders.map(readCertificate);
  if (first === undefined) throw new PkiError('malformed');
  return [first, ...rest];
}

/** Throws `bad-chain` unless each certificate is certified by the next (protocol 4, bundles). */
export function checkChain(chain: readonly Certificate[]): void {
  for (const [i, certificate] of chain.entries()) {
    const next = chain[i + 1];
    if (next !== undefined && !isCertifiedBy(certificate, next)) throw new PkiError('bad-chain');
  }
}

/** Whether `issuer`'s name and key made this certificate, with a sound algorithm. No other rule of RFC 5280 is checked. */
export function isCertifiedBy(certificate: Certificate, issuer: Certificate): boolean {
  if (Buffer.compare(certificate.issuerDer, issuer.subjectDer) !== 0) return false;
  if (!SOUND.has(certificate.signatureAlgorithm)) return false;
  return parse(certificate.der).verify(issuer.publicKey);
}

/** Whether it names this bare JID among its XMPP addresses. */
export function names(certificate: Certificate, jid: BareJid): boolean {
  return certificate.xmppAddrs.includes(jid);
}

function readTbs(tbs: Tlv) {
  const fields = childrenOf(tbs);
  const version = fields[0]?.tag === 0xa0 ? fields.shift() : undefined;
  const [serial, algorithm, issuer, validity, subject, spki, ...optional] = fields;
  const [notBefore, notAfter, ...more] = childrenOf(expectTag(validity, Tag.sequence));
  expectTag(spki, Tag.sequence);
  if (more.length > 0) throw new PkiError('malformed');
  // issuerUniqueID [1] and subjectUniqueID [2] must not appear (RFC 5280, 4.1.2.8); extensions [3] need version 3.
  const [extensions, ...others] = optional;
  const v3 = version !== undefined && hexUpper(version.value) === '020102';
  if (others.length > 0 || (extensions !== undefined && (extensions.tag !== 0xa3 || !v3))) throw new PkiError('malformed');
  return {
    serial: expectTag(serial, Tag.integer),
    algorithm: expectTag(algorithm, Tag.sequence),
    issuer: expectTag(issuer, Tag.sequence),
    subject: expectTag(subject, Tag.sequence),
    notBefore: timeOf(notBefore),
    notAfter: timeOf(notAfter),
    extensions,
  };
}

function parse(der: Uint8Array): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch (cause) {
    throw new PkiError('malformed', { cause });
  }
}

function keyOf(x509: X509Certificate) {
  let publicKey: KeyObject;
  try {
    publicKey = x509.publicKey;
  } catch (cause) {
    throw new PkiError('bad-key', { cause });
  }
  const kind = kindOf(publicKey);
  if (kind === undefined) throw new PkiError('bad-key');
  return { publicKey, kind };
}

/** The platform writes a name's parts on lines of their own. */
function displayName(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ');
}
