/** What a server's certificate says, and which checks it does not pass, in words that a person can be told. */

import { createHash, X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { domainToUnicode } from 'node:url';
import type { CertificateCheck } from '../../../src-shared/models.ts';
import type { Authorities } from './authorities.ts';
import { namesDomain, readNames, type ServerNames } from './names.ts';

export interface ServerCertificate {
  /** SHA-256 of the DER, upper-case hex. */
  readonly fp: string;
  readonly names: ServerNames;
  /** Common names, or where there is none the whole name; for display only. */
  readonly subject: string;
  readonly issuer: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

export interface CertificateReport {
  readonly certificate: ServerCertificate;
  /** Empty where everything holds. */
  readonly failed: readonly CertificateCheck[];
}

export interface Inspection {
  /** As `TLSSocket.getPeerCertificate(true)` gives it: with the issuers that were found. */
  readonly peer: DetailedPeerCertificate;
  /** A-labels, or an IP address. */
  readonly domain: string;
  /** Another name that will do. */
  readonly delegate?: string | undefined;
  /** OpenSSL's verdict on the path, or undefined where it holds. */
  readonly pathError: string | undefined;
  readonly authorities: Authorities;
  readonly now: number;
}

/** OpenSSL's and Node's names for what does not hold on a path; a name that is not here counts as `broken`. */
const PATH_ERRORS: Readonly<Record<string, CertificateCheck>> = {
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not-yet-valid',
  CERT_REVOKED: 'revoked',
  CERT_UNTRUSTED: 'issuer',
  CERT_REJECTED: 'issuer',
  CERT_CHAIN_TOO_LONG: 'issuer',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed',
  INVALID_CA: 'issuer',
  INVALID_PURPOSE: 'purpose',
  PATH_LENGTH_EXCEEDED: 'issuer',
  SELF_SIGNED_CERT_IN_CHAIN: 'issuer',
  UNABLE_TO_GET_ISSUER_CERT: 'issuer',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'issuer',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'issuer',
  // Node has no name for keys and digests below the security level.
  UNSPECIFIED: 'weak',
};
/** Longer texts of a certificate's own are cut: they are shown, and nothing else. */
const MAX_SHOWN = 200;
const MAX_PATH = 10;

/**
 * OpenSSL tells of one error of a path, the last that it met; what a person has to weigh is all of them, so dates, issuer
 * and name are looked at here again. A path that OpenSSL found good stays good: only the name is ours alone to check.
 */
export function inspect({ peer, domain, delegate, pathError, authorities, now }: Inspection): CertificateReport {
  const x509 = new X509Certificate(peer.raw);
  const names = readNames(x509.subjectAltName);
  const notBefore = Date.parse(x509.validFrom);
  const notAfter = Date.parse(x509.validTo);
  const failed = new Set<CertificateCheck>();
  if (pathError !== undefined) {
    const selfSigned = x509.issuer === x509.subject;
    const check = Object.hasOwn(PATH_ERRORS, pathError) ? PATH_ERRORS[pathError] : undefined;
    // A date of an issuer's certificate, not of this one, is the issuer's fault.
    const inDate = now >= notBefore && now <= notAfter;
    if (check === undefined) failed.add('broken');
    else if ((check !== 'expired' && check !== 'not-yet-valid') || !inDate) failed.add(check);
    else failed.add('issuer');
    if (selfSigned) failed.add('self-signed');
    else if (!issuerKnown(peer, authorities)) failed.add('issuer');
    if (now > notAfter) failed.add('expired');
    if (now < notBefore) failed.add('not-yet-valid');
  }
  const named =
    namesDomain(names, domain, domainToUnicode(domain)) || (delegate !== undefined && namesDomain(names, delegate, delegate));
  if (!named) failed.add('name');
  return {
    certificate: {
      fp: createHash('sha256').update(peer.raw).digest('hex').toUpperCase(),
      names,
      subject: shown(x509.subject),
      issuer: shown(x509.issuer),
      notBefore,
      notAfter,
    },
    failed: [...failed],
  };
}

/** Whether the path, as far as it was found, ends at somebody who is believed. */
function issuerKnown(peer: DetailedPeerCertificate, authorities: Authorities): boolean {
  let at: DetailedPeerCertificate | undefined = peer;
  for (let i = 0; i < MAX_PATH && at?.raw !== undefined; i++) {
    if (authorities.includes(at.raw)) return true;
    // Node makes the last one its own issuer.
    const issuer: DetailedPeerCertificate | undefined = at.issuerCertificate;
    at = issuer === at ? undefined : issuer;
  }
  return false;
}

/** The common name of a name as OpenSSL writes it, one attribute a line; without characters that show nothing. */
function shown(name: string): string {
  const common = name.split('\n').filter((line) => line.startsWith('CN='));
  const text = common.length > 0 ? common.map((line) => line.slice(3)).join(', ') : name.split('\n').join(', ');
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '').slice(0, MAX_SHOWN);
}
