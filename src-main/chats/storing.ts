/** A protected message that passed every check: chain, text, receipt and answer are stored as one. */

import { isOriginId, type OriginId } from '../../src-shared/ids.ts';
import { bareOf, isFull, type FullJid, type Jid } from '../../src-shared/jid.ts';
import { SEC } from '../security/crypto/algorithms.ts';
import { SCE } from '../security/envelope.ts';
import type { Opened } from '../security/opening.ts';
import type { Conversations, Effect, Protection, Workspace } from '../services.ts';
import type { MessageRow, NewMessage } from '../store/messages.ts';
import type { WaitingRow } from '../store/waiting.ts';
import { xml } from '../xml/element.ts';
import { NS_CLIENT, textOf } from '../xmpp/modules/stanza.ts';
import { readChatState } from '../xmpp/modules/xep0085-chat-states.ts';
import { asksForReceipt, readReceipt } from '../xmpp/modules/xep0184-receipts.ts';
import { placeOf, type Arrival } from './arrival.ts';
import { messageView } from './conversations.ts';
import { alongside, nothing, together } from './effects.ts';
import type { Receipts } from './receipts.ts';

/** Beyond this the user sees the archive's stamp, marked (protocol 6.2). */
const LATE_MS = 10 * 60_000;
const MAX_BODY = 256 * 1024;

/** Inside a transaction: what shows a message once it is committed, its receipt included. */
export type Show = (row: MessageRow, event: 'message.arrived' | 'message.changed') => Effect;

export interface StoringParts {
  readonly protection: Protection;
  readonly conversations: Conversations;
  readonly receipts: Receipts;
  readonly show: Show;
  readonly learn: (full: FullJid, party: Opened['sender']) => void;
  readonly theyType: (arrival: Arrival, typing: boolean) => Effect;
  /** Inside a transaction: a peer's device asks for a message again (protocol 6.4). */
  readonly onResend: (party: Opened['sender'], id: OriginId, from: Jid) => Effect;
}

export function createStoring(workspace: Workspace, parts: StoringParts): (arrival: Arrival, opened: Opened) => Effect {
  const { store, bus, clock } = workspace;
  const { protection, conversations, receipts, show } = parts;

  /** Inside a transaction. */
  return (arrival, opened) => {
    const { sender: party, originId } = opened;
    const now = clock.now();
    if (opened.by === 'association') {
      const { keyId, n, change } = opened;
      store.associations.receive(keyId, n, change.trace, change, now);
    }
    if (!arrival.carbon && isFull(arrival.from)) parts.learn(arrival.from, party);
    const kept = store.waiting.byOriginId(originId).find((w) => bareOf(w.sender) === party.jid);
    // (`from`, sender device, `origin-id`) shows once (6.2).
    if (!store.seen.mark(party.jid, party.device, originId, now)) return kept === undefined ? nothing : letGo(kept);
    const own = workspace.self().jid;
    const content = xml('content', SCE, {}, ...opened.content);
    const conversation = party.jid === own ? opened.to : party.jid;
    const effects: Effect[] = [];
    const body = textOf(content, 'body', MAX_BODY, NS_CLIENT);
    if (body !== undefined && conversation !== own) {
      const message = messageOf(arrival, opened, body, asksForReceipt(content));
      effects.push(kept === undefined ? add(message) : repair(kept, message));
    }
    if (party.jid !== own) {
      const received = readReceipt(content);
      if (received !== undefined) effects.push(receipts.received(conversation, received, 'protected'));
      const state = readChatState(content);
      if (state !== undefined || body !== undefined)
        effects.push(parts.theyType(arrival, state === 'composing' && body === undefined));
    }
    const resend = content.child('resend', SEC)?.attr('id');
    if (resend !== undefined && isOriginId(resend))
      effects.push(alongside(workspace, () => parts.onResend(party, resend, arrival.from)));
    return together(effects);
  };

  function messageOf(arrival: Arrival, opened: Opened, body: string, asks: boolean): NewMessage {
    const { sender: party, originId, signature } = opened;
    const own = workspace.self().jid;
    const mine = party.jid === own;
    const { at, late } = timeOf(arrival, opened);
    return {
      conversation: mine ? opened.to : party.jid,
      originId,
      mine,
      body,
      at,
      protection: mine ? 'session' : protection.shown(party.jid, party.fp),
      device: party.device,
      fp: party.fp,
      signed: signature !== undefined,
      ...(arrival.archiveId !== undefined && { archiveId: arrival.archiveId }),
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
      ...(late && { warn: 'late' as const }),
      // The device that it came to answers, not one that has a copy (XEP-0280 §10).
      receipt: asks && !mine && !arrival.carbon ? 'owed' : 'none',
    };
  }

  function add(message: NewMessage): Effect {
    const added = store.messages.add(message);
    return added === undefined ? nothing : show(added, 'message.arrived');
  }

  /** It had been asked for: now it stands where it was missed. */
  function repair(kept: WaitingRow, message: NewMessage): Effect {
    const { body, protection: how, device, fp, signed, receipt: owed } = message;
    const changed = store.messages.update(kept.id, {
      body,
      protection: how,
      device,
      fp,
      signed,
      receipt: owed,
      unreadable: null,
    });
    if (changed === undefined) return letGo(kept);
    store.waiting.remove(kept.id);
    return show(changed, 'message.changed');
  }

  /** What could not be opened was only another copy of a message that is shown already. */
  function letGo(kept: WaitingRow): Effect {
    const row = store.messages.get(kept.id);
    store.waiting.remove(kept.id);
    if (row === undefined) return nothing;
    store.messages.remove(kept.id);
    return () => {
      bus.emit('message.removed', { id: row.id, conversation: row.conversation });
      conversations.changed(row.conversation);
    };
  }
}

/**
 * Live messages stand where they arrived, late ones where our server says. The `delay` in an answer to `resend` counts for
 * nothing: what was asked for keeps the place where it was missed, and nobody else can put a message into the past.
 */
function timeOf(arrival: Arrival, { time }: Opened): { readonly at: number; readonly late: boolean } {
  const at = placeOf(arrival);
  return { at, late: Math.abs(time - at) > LATE_MS };
}

/** The one way in which a message reaches the page. */
export function createShow(
  workspace: Workspace,
  parts: { readonly receipts: Receipts; readonly conversations: Conversations },
): Show {
  return (row, event) => {
    const acknowledge = parts.receipts.give(row);
    return () => {
      workspace.bus.emit(event, messageView(row));
      parts.conversations.changed(row.conversation);
      acknowledge();
    };
  };
}
