/**
 * Server certificates that do not hold: what is wrong with them, and the exceptions that the user makes. An exception is for
 * one certificate (SHA-256) and one account, is never taken without a word, and can be taken back.
 */

import { SignetError } from '../../src-shared/errors.ts';
import type { Fingerprint } from '../../src-shared/ids.ts';
import { domainOf, type BareJid } from '../../src-shared/jid.ts';
import type { CertificateCheck, ServerCertificateView, ServerException, ServerProblem } from '../../src-shared/models.ts';
import type { Log } from '../services.ts';
import type { HeldCertificate, ServerTrustRepository } from '../store/server-trust.ts';
import type { Clock } from '../xmpp/ports.ts';
import type { CertificateReport, ServerCertificate } from '../xmpp/tls/certificate.ts';
import type { CertificatePolicy } from '../xmpp/tls/secure.ts';

/**
 * A server that had a certificate that held is not let pass without one for this long: whoever has a path to that server
 * would otherwise only need a person who is in a hurry (the idea of RFC 6797 §12.1).
 */
export const HELD_FOR_MS = 180 * 86_400_000;
/** `last` is written this often at most. */
const TOUCH_MS = 86_400_000;
/** No exception for these: the key may be somebody else's, or nothing can be said of it. */
const NEVER: readonly CertificateCheck[] = ['revoked', 'broken'];
const MAX_NAMES = 20;

export interface ServerTrust {
  /** What the connection of this account asks about its server's certificate. */
  policy(jid: BareJid): CertificatePolicy;
  /** Why the last attempt stopped; null once one did not. */
  problem(jid: BareJid): ServerProblem | null;
  exceptions(): readonly ServerException[];
  /**
   * Makes an exception for the certificate that the last attempt stopped at.
   * @throws SignetError `not-found` (it is another one), `server-exception-refused`
   */
  allow(jid: BareJid, fp: Fingerprint): void;
  /** Takes it back. True where the connection that stands now stands on it. @throws SignetError `not-found` */
  disallow(jid: BareJid, fp: Fingerprint): boolean;
  /** The certificate that this account's connection stands on by exception. */
  inUse(jid: BareJid): Fingerprint | undefined;
}

export interface ServerTrustPorts {
  /** Of the open store; undefined where there is none. */
  readonly repository: () => ServerTrustRepository | undefined;
  readonly clock: Clock;
  readonly log: Log;
  /** An exception was used: the user is told each time. */
  readonly onUsed: () => void;
}

export function createServerTrust({ repository, clock, log, onUsed }: ServerTrustPorts): ServerTrust {
  let problem: ServerProblem | undefined;
  let used: { readonly jid: BareJid; readonly fp: Fingerprint } | undefined;

  const opened = (): ServerTrustRepository => {
    const open = repository();
    if (open === undefined) throw new SignetError('vault-locked');
    return open;
  };

  const passed = (jid: BareJid, { certificate }: CertificateReport): void => {
    problem = undefined;
    used = undefined;
    const fp = certificate.fp as Fingerprint;
    const now = clock.now();
    const before = repository()?.held(jid);
    const same = before?.fp === fp;
    if (same && now - before.last < TOUCH_MS) return;
    try {
      repository()?.putHeld(jid, { fp, issuer: certificate.issuer, since: same ? before.since : now, last: now });
    } catch (error) {
      // A full disk keeps nobody from signing in; the next time writes it.
      log('certificate-not-remembered', error instanceof SignetError ? error.code : 'internal');
    }
  };

  const excepted = (jid: BareJid, { certificate, failed }: CertificateReport): boolean => {
    const view = viewOf(certificate);
    const held = repository()?.held(jid);
    const exception = mayExcept(view.fp, failed, held, clock.now());
    const made = repository()?.exception(jid, view.fp);
    // It was made for what did not hold then. What does not hold since needs the user's word again.
    if (made !== undefined && exception === 'possible' && failed.every((check) => made.failed.includes(check))) {
      problem = undefined;
      used = { jid, fp: view.fp };
      onUsed();
      return true;
    }
    used = undefined;
    problem = {
      ...{ jid, domain: domainOf(jid), certificate: view, failed, at: clock.now(), exception },
      ...(held !== undefined && { before: held }),
    };
    return false;
  };

  const inUse = (jid: BareJid): Fingerprint | undefined => (used?.jid === jid ? used.fp : undefined);

  return {
    policy: (jid) => ({
      passed: (report) => {
        passed(jid, report);
      },
      excepted: (report) => excepted(jid, report),
    }),
    problem: (jid) => (problem?.jid === jid ? problem : null),
    exceptions: () =>
      opened()
        .exceptions()
        .map((row) => ({ ...row, inUse: inUse(row.jid) === row.certificate.fp })),
    allow(jid, fp) {
      const at = problem;
      if (at?.jid !== jid || at.certificate.fp !== fp) throw new SignetError('not-found');
      if (at.exception !== 'possible') throw new SignetError('server-exception-refused');
      opened().putException({ jid, certificate: at.certificate, failed: at.failed, since: clock.now() });
    },
    disallow(jid, fp) {
      if (!opened().removeException(jid, fp)) throw new SignetError('not-found');
      return inUse(jid) === fp;
    },
    inUse,
  };
}

/** @param held what the server had before, if it had one that held */
export function mayExcept(
  fp: Fingerprint,
  failed: readonly CertificateCheck[],
  held: HeldCertificate | undefined,
  now: number,
): ServerProblem['exception'] {
  if (failed.some((check) => NEVER.includes(check))) return 'never';
  const fresh = held !== undefined && now - held.last < HELD_FOR_MS;
  return fresh && held.fp !== fp ? 'held-before' : 'possible';
}

const viewOf = (certificate: ServerCertificate): ServerCertificateView => ({
  fp: certificate.fp as Fingerprint,
  names: [...new Set(Object.values(certificate.names).flat())].slice(0, MAX_NAMES),
  subject: certificate.subject,
  issuer: certificate.issuer,
  notBefore: certificate.notBefore,
  notAfter: certificate.notAfter,
});
