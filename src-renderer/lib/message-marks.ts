/** What a message says about itself beside its time. Pure. */

import type { Message, ProtectionState } from '../../src-shared/models.ts';

type Standing = 'verified' | 'session' | 'sealed';
const isStanding = (s: string): s is Standing => s === 'verified' || s === 'session' || s === 'sealed';

/**
 * A message that differs from its conversation's state says so; an unprotected one always does. In a conversation that
 * waits or was stopped, earlier protected messages differ in nothing worth saying.
 */
export function labelOf(message: Message, state: ProtectionState): Standing | 'none' | null {
  if (message.protection === 'none') return 'none';
  if (!isStanding(message.protection) || message.protection === state) return null;
  return isStanding(state) || state === 'none' ? message.protection : null;
}

/** Unreadable for a reason that repairs itself: it has been asked for again. */
export const isRepairing = (code: string | undefined): boolean =>
  code === 'undecryptable' || code === 'unknown-key' || code === 'unknown-association';
