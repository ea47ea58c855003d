/** What the protection panel makes of a contact's credentials. Pure. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { CredentialView, ProtectionView, Verdict } from '../../src-shared/models.ts';

const accepted: readonly Verdict[] = ['validated', 'verified', 'first-use'];

export const isAccepted = (c: CredentialView): boolean => accepted.includes(c.verdict);

/** The new credential that waits for the user's decision, the newest first. */
export const openQuestion = (view: ProtectionView | null): CredentialView | undefined =>
  newest(view?.credentials.filter((c) => c.verdict === 'changed') ?? []);

/** The accepted credential that a new one is shown beside. */
export const currentOf = (view: ProtectionView | null): CredentialView | undefined =>
  newest(view?.credentials.filter(isAccepted) ?? []);

/** Why the conversation is stopped, as a code that has a sentence. */
export function stoppedBy(view: ProtectionView | null): ErrorCode {
  const worst = newest(view?.credentials.filter((c) => !isAccepted(c)) ?? []);
  if (worst?.verdict === 'revoked') return 'credential-revoked';
  if (worst?.verdict === 'expired') return 'credential-expired';
  return 'credential-distrusted';
}

/** What is shown first: what asks for a decision, then what is accepted, then the rest; newest first within each. */
export function inOrder(credentials: readonly CredentialView[]): readonly CredentialView[] {
  const rank = (c: CredentialView): number => (c.verdict === 'changed' ? 0 : isAccepted(c) ? 1 : 2);
  return [...credentials].sort((a, b) => rank(a) - rank(b) || b.since - a.since);
}

const newest = (credentials: readonly CredentialView[]): CredentialView | undefined =>
  [...credentials].sort((a, b) => b.verdictSince - a.verdictSince)[0];
