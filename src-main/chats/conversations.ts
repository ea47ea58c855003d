/** Conversations as the list shows them: who, what was said last, how many unread, how protected. */

import { SignetError } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Conversation, Message, Page } from '../../src-shared/models.ts';
import type { Conversations, Protection, Workspace } from '../services.ts';
import type { ConversationRow } from '../store/conversations.ts';
import type { MessageRow } from '../store/messages.ts';

/** A composing state that nobody renews or ends counts for this long (XEP-0085 §5.1 leaves it to the client). */
const TYPING_MS = 30_000;

export interface ConversationsService extends Conversations {
  list(options: { readonly before?: number | undefined; readonly limit: number }): Page<Conversation>;
  messages(jid: BareJid, options: { readonly before?: number | undefined; readonly limit: number }): Page<Message>;
  markRead(jid: BareJid, upTo: number): void;
  setDraft(jid: BareJid, draft: string): void;
  allowUnprotected(jid: BareJid, allowed: boolean): void;
  remove(jid: BareJid): void;
}

export function createConversations(workspace: Workspace, protection: Protection): ConversationsService {
  const { store, bus, timers } = workspace;
  const typing = new Map<BareJid, () => void>();

  const viewOf = (row: ConversationRow): Conversation => {
    const name = store.contacts.get(row.jid)?.name;
    return {
      jid: row.jid,
      ...(name !== undefined && { name }),
      protection: protection.state(row.jid),
      unread: row.unread,
      lastAt: row.lastAt,
      ...(row.last !== undefined && {
        last: { body: row.last.body, mine: row.last.mine, protection: row.last.protection },
      }),
      typing: typing.has(row.jid),
      draft: row.draft,
    };
  };

  /** A conversation that was only looked at is not kept. */
  const rowOf = (jid: BareJid): ConversationRow =>
    store.conversations.get(jid) ?? {
      ...{ jid, lastAt: workspace.clock.now(), unread: 0, readUpTo: 0, draft: '' },
      ...{ unprotectedAllowed: false, everProtected: false },
    };

  /** Told once a turn of the event loop: a burst of messages is one change of the list. */
  const pending = new Set<BareJid>();
  /** Opened on a screen, perhaps before there is anything to keep: its state is told all the same. */
  const looked = new Set<BareJid>();
  const changed = (jid: BareJid): void => {
    if (pending.size === 0) timers.after(0, flush);
    pending.add(jid);
  };
  const flush = (): void => {
    for (const jid of pending) {
      if (looked.has(jid) || store.conversations.get(jid) !== undefined) bus.emit('conversation.changed', viewOf(rowOf(jid)));
    }
    pending.clear();
  };

  const existing = (jid: BareJid): void => {
    if (store.conversations.get(jid) === undefined) throw new SignetError('not-found');
  };
  const ensure = (jid: BareJid): void => {
    store.conversations.ensure(jid, workspace.clock.now());
  };

  return {
    view: (jid) => {
      looked.add(jid);
      return viewOf(rowOf(jid));
    },
    changed,
    list(options) {
      const page = store.conversations.list(options);
      return { ...page, items: page.items.map(viewOf) };
    },
    messages(jid, options) {
      const page = store.messages.list(jid, options);
      return { ...page, items: page.items.map(messageView) };
    },
    markRead(jid, upTo) {
      if (store.transaction(() => store.conversations.markRead(jid, upTo)) === undefined) throw new SignetError('not-found');
      changed(jid);
    },
    setDraft(jid, draft) {
      if (draft === '' && store.conversations.get(jid) === undefined) return;
      store.transaction(() => {
        ensure(jid);
        store.conversations.setDraft(jid, draft);
      });
    },
    allowUnprotected(jid, allowed) {
      if (allowed && store.settings.get().requireProtection) throw new SignetError('protection-required');
      store.transaction(() => {
        ensure(jid);
        store.conversations.setUnprotectedAllowed(jid, allowed);
      });
      changed(jid);
      protection.changed(jid);
    },
    remove(jid) {
      existing(jid);
      store.transaction(() => {
        // That protection stood outlives the conversation (protocol 3).
        if (protection.everProtected(jid)) protection.stood(jid);
        store.conversations.remove(jid);
      });
      bus.emit('conversation.removed', { jid });
    },
    theyType(jid, now) {
      const before = typing.get(jid);
      before?.();
      typing.delete(jid);
      if (now) {
        const end = timers.after(TYPING_MS, () => {
          typing.delete(jid);
          changed(jid);
        });
        typing.set(jid, end);
      }
      if (now || before !== undefined) changed(jid);
    },
  };
}

/** A stored message as the contract has it. */
export function messageView(row: MessageRow): Message {
  return {
    id: row.id,
    conversation: row.conversation,
    originId: row.originId,
    mine: row.mine,
    body: row.body,
    at: row.at,
    protection: row.protection,
    ...(row.state !== undefined && { state: row.state }),
    ...(row.unreadable !== undefined && { unreadable: row.unreadable }),
    ...(row.warn !== undefined && { warn: row.warn }),
    ...(row.fromOtherDevice !== undefined && { fromOtherDevice: row.fromOtherDevice }),
  };
}
