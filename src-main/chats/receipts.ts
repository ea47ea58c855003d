/** Delivery receipts (XEP-0184), ours and theirs. One that is owed stays in the store until the server has it. */

import type { OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Effect, Protection, Sender, Workspace } from '../services.ts';
import type { MessageRow } from '../store/messages.ts';
import { xml } from '../xml/element.ts';
import { NS_CLIENT } from '../xmpp/modules/stanza.ts';
import { receipt } from '../xmpp/modules/xep0184-receipts.ts';
import { messageView } from './conversations.ts';
import type { Deferred } from './deferred.ts';
import { alongside, logged, nothing } from './effects.ts';
import { newOriginId } from './outbox.ts';

export interface Receipts {
  /** Inside a transaction: the receipt for a message that asked for one; its chain advances with the message. */
  give(row: MessageRow): Effect;
  /** Inside a transaction: a device of theirs has a message of ours; `protection`: how its receipt came. */
  received(conversation: BareJid, originId: OriginId, protection: 'protected' | 'none'): Effect;
  /** Those still owed: after signing in, or once an association stands. */
  readonly sendOwed: () => void;
  /** A new session: nothing of the old one is under way any more. */
  readonly restart: () => void;
}

export interface ReceiptsParts {
  readonly sender: Sender;
  readonly protection: Protection;
  readonly deferred: Deferred;
}

export function createReceipts(workspace: Workspace, parts: ReceiptsParts): Receipts {
  const { store, bus, random } = workspace;
  const { sender, protection } = parts;
  /** Handed to the session that stands. */
  const underWay = new Set<number>();

  const acked = (id: number) => (): void => {
    parts.deferred(() => {
      underWay.delete(id);
      store.messages.update(id, { receipt: 'sent' });
      return nothing;
    });
  };

  const leaving =
    (id: number, send: Effect): Effect =>
    () => {
      underWay.add(id);
      send();
    };

  const unprotected = (row: MessageRow): Effect => {
    const session = workspace.online()?.session;
    const attrs = { to: row.conversation, type: 'chat', id: newOriginId(random) };
    const stanza = xml('message', NS_CLIENT, attrs, receipt(row.originId), xml('store', 'urn:xmpp:hints'));
    return leaving(row.id, () => session?.send(stanza, acked(row.id)));
  };

  /** "Receipts and markers are protected alike, … only over SAs" (protocol 6.2); our other devices learn of it too. */
  const protectedOne = (row: MessageRow): Effect => {
    const to = row.conversation;
    const theirs = protection.targets(to);
    if (theirs.length === 0 || protection.refusal(to) !== undefined) return nothing;
    return alongside(workspace, () => {
      const targets = [...theirs, ...protection.targets(workspace.self().jid)];
      const what = { to, kind: 'marker' as const, originId: newOriginId(random), content: [receipt(row.originId)], targets };
      return leaving(row.id, sender.protect(what, acked(row.id)).send);
    });
  };

  const give = (row: MessageRow): Effect => {
    const online = workspace.online();
    if (row.receipt !== 'owed' || online === undefined || underWay.has(row.id)) return nothing;
    // Who gets no presence from us is not told that we are here either.
    if (!store.settings.get().sendReceipts || !online.modules.presenceTo(row.conversation)) {
      store.messages.update(row.id, { receipt: 'none' });
      return nothing;
    }
    return row.protection === 'none' ? unprotected(row) : protectedOne(row);
  };

  return {
    give,
    received(conversation, originId, how) {
      // A receipt that anybody on the way could have written says nothing of a protected message.
      const rows = store.messages
        .byOriginId(conversation, originId, true)
        .filter((row) => (row.protection === 'none') === (how === 'none'))
        .filter(({ state }) => state?.kind === 'sending' || state?.kind === 'sent' || state?.kind === 'failed');
      const changed = rows.map((row) => {
        // They have it: it is not sent again, whatever the server has acknowledged.
        store.outbox.remove(row.id);
        return store.messages.update(row.id, { state: { kind: 'received' } });
      });
      return () => {
        for (const row of changed) if (row !== undefined) bus.emit('message.changed', messageView(row));
      };
    },
    sendOwed() {
      void store
        .commit(() => store.messages.owingReceipts().map(give))
        .then((effects) => {
          for (const effect of effects) effect();
        })
        .catch(logged(workspace, 'receipts-not-sent'));
    },
    restart() {
      underWay.clear();
    },
  };
}
