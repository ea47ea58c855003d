/**
 * What a conversation's protection is, and what may leave under it: pure rules over what is known of a contact
 * (protocol 3 "Policy", 4 "Trust"; the seven states of shared/design/ui.md).
 */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { ProtectionState, Verdict } from '../../src-shared/models.ts';
import { accepted } from '../security/trust.ts';

export interface Known {
  /** Verdict of every credential met for this contact. */
  readonly verdicts: readonly Verdict[];
  /** Verdicts of the peer credentials of those associations that may encrypt (protocol 5.6). */
  readonly associations: readonly Verdict[];
  /** An association stood once, or a bundle was accepted: plain text needs an explicit act from then on. */
  readonly everProtected: boolean;
  /** A resource of theirs is online and advertises `xmpp:sec`. */
  readonly capable: boolean;
  /** The user's explicit act: messages here may go unprotected. */
  readonly unprotectedAllowed: boolean;
  /** The user requires protection, everywhere. */
  readonly required: boolean;
}

/** The state that pill, list and panel show. */
export function protectionState(known: Known): ProtectionState {
  if (known.verdicts.includes('changed')) return 'look';
  const usable = known.associations.filter(accepted);
  if (usable.length > 0) return usable.every((v) => v !== 'first-use') ? 'verified' : 'session';
  if (known.verdicts.length > 0 && !known.verdicts.some(accepted)) return 'stopped';
  if (known.unprotectedAllowed && !known.required) return 'none';
  if (known.everProtected || known.capable || known.required || known.verdicts.length > 0) return 'waiting';
  return 'none';
}

/** Why nothing protected may leave now, or undefined where it may. */
export function protectedRefusal(known: Known): ErrorCode | undefined {
  const state = protectionState(known);
  if (state === 'look') return 'credential-changed';
  if (state !== 'stopped') return undefined;
  if (known.verdicts.includes('distrusted')) return 'credential-distrusted';
  return known.verdicts.includes('revoked') ? 'credential-revoked' : 'credential-expired';
}

/** True where an unprotected message may leave: only after the user's explicit act, never where protection is required. */
export function unprotectedMayLeave(known: Known): boolean {
  return known.unprotectedAllowed && !known.required;
}
