import type { BareJid } from '../../src-shared/jid.ts';
import type { Fingerprint } from '../../src-shared/ids.ts';
import type { CredentialView, Verdict } from '../../src-shared/models.ts';
import type { Certificate } from '../pki/certificate.ts';

/**
 * Verdicts on (bare JID, fp) without path validation (protocol 4, "Trust"). Pure: what is stored, and when, is for the
 * caller, who records a verdict only once a signature by the credential held.
 */

export type Why = CredentialView['why'];

/** What was decided about a credential, as stored. `expired` is never stored: it follows from the dates. */
export interface VerdictRecord {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly verdict: Verdict;
  readonly why: Why;
  /** When it was met, and when the verdict last changed. */
  readonly since: number;
  readonly verdictSince: number;
}

export interface Judgement {
  readonly verdict: Verdict;
  readonly why: Why;
  /** To be stored, once a signature by the credential held; undefined where nothing is new. */
  readonly record?: VerdictRecord;
}

/** What a verdict needs to know of an end-entity certificate. */
export type CertificateFacts = Pick<
  Certificate,
  'fp' | 'notBefore' | 'notAfter' | 'namesXmpp' | 'xmppAddrs' | 'keyUsage' | 'unknownCritical'
>;

export interface Case {
  /** Whose credential it is said to be. */
  readonly jid: BareJid;
  readonly certificate: CertificateFacts;
  /** Everything recorded of this bare JID. */
  readonly known: readonly VerdictRecord[];
  readonly now: number;
  readonly own: { readonly jid: BareJid; readonly fp: Fingerprint };
}

/** `validated`, `verified` and `first-use` are called accepted: sending needs one of them. */
export function accepted(verdict: Verdict): boolean {
  return verdict === 'validated' || verdict === 'verified' || verdict === 'first-use';
}

/**
 * The verdict on a credential that was met.
 *
 * In order: revoked is for good; what the certificate says of itself (names, key usage); what the user said; its dates; the
 * verdict it has; and where it has none, `first-use` while the contact has no accepted credential, else `changed`.
 */
export function judge({ jid, certificate, known, now, own }: Case): Judgement {
  const record = known.find((r) => r.jid === jid && r.fp === certificate.fp);
  const met = (verdict: Verdict, why: Why): Judgement => {
    if (record?.verdict === verdict && record.why === why) return { verdict, why };
    return {
      verdict,
      why,
      record: { jid, fp: certificate.fp, verdict, why, since: record?.since ?? now, verdictSince: now },
    };
  };

  if (record?.verdict === 'revoked') return { verdict: 'revoked', why: record.why };
  // "A certificate that names XMPP addresses but not this one … is `distrusted`"
  if (certificate.namesXmpp && !certificate.xmppAddrs.includes(jid)) return met('distrusted', 'name');
  // "… or whose key usage is present without digitalSignature"; a critical extension that we cannot read may say so too
  const maySign = certificate.keyUsage === undefined || certificate.keyUsage.has('digitalSignature');
  if (!maySign || certificate.unknownCritical.length > 0) return met('distrusted', 'usage');
  if (record?.verdict === 'distrusted') return { verdict: 'distrusted', why: record.why };
  // Dates give no record: the verdict that it had stays underneath, so that a successor is `changed`, never `first-use`.
  if (now < certificate.notBefore || now > certificate.notAfter) return { verdict: 'expired', why: 'dates' };
  // "For our own bare JID our own credential is `verified` from the start."
  if (jid === own.jid && certificate.fp === own.fp) return { verdict: 'verified', why: 'own' };
  if (record !== undefined) return { verdict: record.verdict, why: record.why };
  // "`first-use` is only for credentials met … while the contact has no accepted one"; our own account has ours.
  const hasAccepted = jid === own.jid || known.some((r) => r.jid === jid && accepted(r.verdict));
  // "one that names no address is never `first-use`"
  return hasAccepted || !certificate.namesXmpp ? met('changed', 'met-later') : met('first-use', 'met-first');
}

/** The user compared the fingerprint, or takes it back (section 4); `revoked` stays. */
export function decided(record: VerdictRecord, verdict: 'verified' | 'distrusted', now: number): VerdictRecord {
  if (record.verdict === 'revoked') return record;
  return { ...record, verdict, why: verdict === 'verified' ? 'compared' : 'user', verdictSince: now };
}
