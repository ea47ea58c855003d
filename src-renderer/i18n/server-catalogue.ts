import type { CertificateCheck, ServerProblem } from '../../src-shared/models.ts';

/** What is said about servers: their certificates, the way to them, and how one signs in. Dates come formatted. */
export interface ServerCatalogue {
  readonly problemTitle: (domain: string) => string;
  readonly problemText: (domain: string) => string;
  readonly show: string;
  readonly wrong: string;
  readonly checks: Readonly<Record<CertificateCheck, (about: { domain: string; from: string; until: string }) => string>>;
  readonly issuedFor: string;
  readonly issuedForNobody: string;
  readonly issuedBy: string;
  readonly itself: string;
  readonly valid: string;
  readonly validFromTo: (from: string, until: string) => string;
  readonly fingerprint: string;
  readonly before: (about: { issuer: string; since: string; last: string }) => string;
  /** Whether an exception can be made, and what it means. */
  readonly exception: Readonly<Record<ServerProblem['exception'], string>>;
  readonly compared: string;
  readonly allow: string;
  readonly leave: string;
  readonly gone: string;
  /** The connection stands on an exception. */
  readonly excepted: string;
  readonly exceptions: string;
  readonly exceptionsHint: string;
  readonly noExceptions: string;
  readonly exceptionSince: (date: string) => string;
  readonly inUse: string;
  readonly takeBack: string;
  readonly takeBackTitle: (names: string) => string;
  readonly takeBackText: string;
  readonly takeBackConfirm: string;
}
