/** What cannot be opened (protocol 6.4): kept as it came, shown as waiting, asked for. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import { bareOf } from '../../src-shared/jid.ts';
import type { Effect, Workspace } from '../services.ts';
import { serialize } from '../xml/serialize.ts';
import { placeOf, type Arrival } from './arrival.ts';
import { nothing } from './effects.ts';
import type { Show } from './storing.ts';

/** Messages of one contact that could not be opened and are asked for; of more than these only the place is kept. */
const MAX_WAITING = 500;

export interface UnreadableParts {
  readonly show: Show;
  /** A message could not be opened and is to be asked for. */
  readonly onUnreadable: (id: number) => void;
}

/** @returns for inside a transaction; receipts and chat states, which have no outer body, are let go */
export function createUnreadable(
  workspace: Workspace,
  { show, onUnreadable }: UnreadableParts,
): (arrival: Arrival, code: ErrorCode) => Effect {
  const { store } = workspace;
  return (arrival, code) => {
    const { stanza, header, from, mine, conversation, carbon, originId, stamp } = arrival;
    // What was never meant for this device cannot be asked for, and as a copy it is nothing to us.
    const ask = code !== 'not-for-this-device';
    if (header.body === undefined || originId === undefined || conversation === workspace.self().jid || (carbon && !ask))
      return nothing;
    const shownBefore = store.messages.byOriginId(conversation, originId, mine).some((row) => row.protection !== 'none');
    if (shownBefore && code !== 'number-reused') return nothing;
    const row = store.messages.add({
      conversation,
      originId,
      mine,
      body: '',
      at: placeOf(arrival),
      protection: 'unreadable',
      unreadable: code,
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
    });
    if (row === undefined) return nothing;
    const asked = ask && store.waiting.list(bareOf(from)).length < MAX_WAITING;
    if (asked) {
      const kept = { id: row.id, sender: from, originId, stanza: serialize(stanza), arrivedAt: arrival.at };
      store.waiting.add({ ...kept, ...(stamp !== undefined && { stamp }) });
    }
    const shown = show(row, 'message.arrived');
    return () => {
      shown();
      if (asked) onUnreadable(row.id);
    };
  };
}
