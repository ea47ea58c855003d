/** Opening what came, with what the store holds (protocol 6.2, the receiver). */

import type { DeviceId } from '../../src-shared/ids.ts';
import { open, type Opening } from '../security/opening.ts';
import type { Workspace } from '../services.ts';
import type { Element } from '../xml/element.ts';

/**
 * Nothing changes here; inside the transaction that stores what comes out.
 * @param formerDevices device ids that were ours before a restore (6.5): what was sent to them still opens
 */
export function openStanza(workspace: Workspace, stanza: Element, formerDevices: () => readonly DeviceId[]): Opening {
  const { store, clock } = workspace;
  const { jid, device } = workspace.self();
  const now = clock.now();
  const openAs = (own: DeviceId): Opening =>
    open(stanza, {
      own: { jid, device: own },
      now,
      sealingKey: () => undefined,
      lookup: (keyId) => {
        const sa = store.associations.get(keyId);
        if (sa === undefined) return undefined;
        return {
          sa,
          skipped: (n) => store.associations.skippedKey(keyId, n),
          used: (n) => store.associations.usedNumber(keyId, n),
        };
      },
    });
  const opening = openAs(device);
  if (opening.kind !== 'not-for-this-device') return opening;
  for (const former of formerDevices()) {
    const before = openAs(former);
    if (before.kind === 'opened' || before.kind === 'copy') return before;
  }
  return opening;
}
