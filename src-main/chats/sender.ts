/** Where protected stanzas are made: chains advance in the caller's transaction, the stanza leaves after it (protocol 6.1). */

import { SignetError } from '../../src-shared/errors.ts';
import { MessageError, protect } from '../security/message.ts';
import type { Sender, Workspace } from '../services.ts';
import type { RestoreGuard } from '../store/restore-guard.ts';

/** @param onRestored the outside copy went on without us: the stanza was not sent (protocol 6.5) */
export function createSender(workspace: Workspace, guard: RestoreGuard, onRestored: () => void): Sender {
  const { store, clock, random } = workspace;
  return {
    protect({ targets, ...what }, acked) {
      const online = workspace.online();
      if (online === undefined) throw new SignetError('no-network');
      const { jid, device, credential } = workspace.self();
      const now = clock.now();
      const from = { jid, device, fp: credential.fp };
      // Read again: an association may have moved on since the targets were chosen.
      const associations = targets.map(({ association }) => store.associations.get(association.keyId) ?? association);
      const made = attempt(() => protect({ ...what, from, time: now }, associations, random, online.maxStanza()));
      for (const sa of made.associations) store.associations.advanceSending(sa.keyId, sa.send, now);
      guard.raise();
      return {
        recipients: made.recipients,
        send: () => {
          void guard.settle().then(
            // The session that it was made for may be gone; what matters is queued, and goes out with the next one.
            () => workspace.online()?.session.send(made.stanza, acked),
            (error: unknown) => {
              workspace.log('guard', error instanceof SignetError ? error.code : 'internal');
              onRestored();
            },
          );
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
