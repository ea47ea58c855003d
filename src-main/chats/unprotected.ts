/** Messages that came unprotected: shown, with a warning where this contact has protection (protocol 3). */

import type { Message } from '../../src-shared/models.ts';
import { isOriginId } from '../../src-shared/ids.ts';
import type { Effect, Protection, Workspace } from '../services.ts';
import type { MessageRow, NewMessage } from '../store/messages.ts';
import { readChatState } from '../xmpp/modules/xep0085-chat-states.ts';
import { asksForReceipt, readReceipt } from '../xmpp/modules/xep0184-receipts.ts';
import { placeOf, type Arrival } from './arrival.ts';
import { nothing, together } from './effects.ts';
import { newOriginId } from './outbox.ts';
import type { Receipts } from './receipts.ts';
import type { Show } from './storing.ts';

export interface UnprotectedParts {
  readonly protection: Protection;
  readonly receipts: Receipts;
  readonly show: Show;
  readonly theyType: (arrival: Arrival, typing: boolean) => Effect;
}

export function createUnprotected(workspace: Workspace, parts: UnprotectedParts): (arrival: Arrival) => Effect {
  const { store, random } = workspace;
  const { protection, receipts, show } = parts;

  /** Inside a transaction. */
  return (arrival) => {
    const { stanza, header, mine, conversation, carbon } = arrival;
    if (conversation === workspace.self().jid || (mine && !carbon)) return nothing;
    const effects: Effect[] = [];
    if (header.body !== undefined) effects.push(keep(arrival, header.body));
    if (mine) return together(effects);
    const received = readReceipt(stanza);
    if (received !== undefined) effects.push(receipts.received(conversation, received, 'none'));
    const state = readChatState(stanza);
    // Where protection stood, what anybody could have written says nothing; and strangers type unseen.
    const counts = !protection.everProtected(conversation) && store.conversations.get(conversation) !== undefined;
    if (counts && (state !== undefined || header.body !== undefined))
      effects.push(parts.theyType(arrival, state === 'composing' && header.body === undefined));
    return together(effects);
  };

  function keep(arrival: Arrival, body: string): Effect {
    const { stanza, header, mine, conversation, carbon, archiveId } = arrival;
    const warn: Message['warn'] | undefined = !mine && protection.everProtected(conversation) ? 'unprotected' : undefined;
    // A receipt names the stanza's id (XEP-0184 §5.1), which is all that older clients give.
    const named = header.id !== undefined && isOriginId(header.id) ? header.id : arrival.originId;
    const message: NewMessage = {
      conversation,
      originId: named ?? newOriginId(random),
      mine,
      body,
      at: placeOf(arrival),
      protection: 'none',
      ...(archiveId !== undefined && { archiveId }),
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
      ...(warn !== undefined && { warn }),
      receipt: asksForReceipt(stanza) && !mine && !carbon ? 'owed' : 'none',
    };
    const added = store.messages.add(message) ?? another(message);
    return added === undefined ? nothing : show(added, 'message.arrived');
  }

  /** Some clients count their ids from one again each time: another text under an old id is another message. */
  function another(message: NewMessage): MessageRow | undefined {
    const same = store.messages
      .byOriginId(message.conversation, message.originId, message.mine)
      .filter((row) => row.device === undefined && row.protection !== 'unreadable');
    if (same.length === 0 || same.some((row) => row.body === message.body)) return undefined;
    return store.messages.add({ ...message, originId: newOriginId(random), receipt: 'none' });
  }
}
