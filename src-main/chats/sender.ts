/** Where protected stanzas are made: chains advance in the caller's transaction, the stanza leaves after it (protocol 6.1). */

import { SignetError } from '../../src-shared/errors.ts';
import { mayEncrypt } from '../security/association/association.ts';
import { MAX_RECIPIENTS, MessageError, protect } from '../security/message.ts';
import type { Sender, Workspace } from '../services.ts';
import type { RestoreGuard } from '../store/restore-guard.ts';

export interface SenderHooks {
  /** The outside copy went on without us: nothing is sent any more (protocol 6.5). */
  readonly onRestored: () => void;
  /** The outside copy could not be written: the stanza was not sent, and what is queued is to be tried again. */
  readonly onHeld: () => void;
}

export function createSender(workspace: Workspace, guard: RestoreGuard, hooks: SenderHooks): Sender {
  const { store, clock, random, log } = workspace;

  const notSent = (error: unknown): void => {
    const code = error instanceof SignetError ? error.code : 'internal';
    log('guard', code);
    if (code === 'store-restored') hooks.onRestored();
    else hooks.onHeld();
  };

  const raise = (): void => {
    try {
      guard.raise();
    } catch (error) {
      // Not from within the caller's transaction, which is about to be undone.
      setImmediate(notSent, error);
      throw error;
    }
  };

  return {
    protect({ targets, ...what }, acked) {
      const online = workspace.online();
      if (online === undefined) throw new SignetError('no-network');
      raise();
      const { jid, device, credential } = workspace.self();
      const now = clock.now();
      const from = { jid, device, fp: credential.fp };
      // Read again: one may have moved on, been replaced or erased since the targets were chosen.
      const associations = targets
        .flatMap(({ association }) => store.associations.get(association.keyId) ?? [])
        .filter((sa) => mayEncrypt(sa, now))
        .slice(0, MAX_RECIPIENTS);
      if (associations.length === 0) throw new SignetError('unknown-association');
      const made = attempt(() => protect({ ...what, from, time: now }, associations, random, online.maxStanza()));
      for (const sa of made.associations) store.associations.advanceSending(sa.keyId, sa.send, now);
      return {
        recipients: made.recipients,
        send: () => {
          void guard
            .settle()
            // Also where its connection is gone meanwhile: the session keeps it until it is resumed, and what matters is
            // queued, and goes out anew with the next one.
            .then(() => {
              online.session.send(made.stanza, acked);
            })
            .catch(notSent);
        },
      };
    },
  };
}

function attempt<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof MessageError && cause.code === 'too-long') throw new SignetError('message-too-long', { cause });
    throw cause;
  }
}
