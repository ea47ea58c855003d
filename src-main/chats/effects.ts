/** What follows a commit, and what may fail beside a message without keeping it from being stored. */

import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import type { Effect, Workspace } from '../services.ts';

export const nothing: Effect = () => undefined;

export const together =
  (effects: readonly Effect[]): Effect =>
  () => {
    for (const effect of effects) effect();
  };

/** Nothing can be sent now, or not this; a failing store is none of these. */
const NOT_SENT: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-network',
  'store-restored',
  'unknown-association',
  'message-too-long',
  'server-busy',
]);

export const isNotSent = (error: unknown): error is SignetError => error instanceof SignetError && NOT_SENT.has(error.code);

/**
 * Inside a transaction: something that a message which came in makes us send (a receipt, an answer to `resend`). Where it
 * cannot be made, what it had changed is undone, and the message is stored all the same.
 */
export function alongside({ store, log }: Pick<Workspace, 'store' | 'log'>, make: () => Effect): Effect {
  try {
    return store.transaction(make);
  } catch (error) {
    if (!isNotSent(error)) throw error;
    log('not-sent', error.code);
    return nothing;
  }
}

/** For a promise that nobody waits for. */
export const logged =
  ({ log }: Pick<Workspace, 'log'>, event: string) =>
  (error: unknown): void => {
    log(event, error instanceof SignetError ? error.code : 'internal');
  };
