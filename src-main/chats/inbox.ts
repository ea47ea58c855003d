/**
 * The way in. Each message is opened, stored and answered for in one transaction; only then is it acknowledged to the
 * server, shown, and its receipt sent (docs/architecture.md, "Never lose a message").
 */

import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { isOriginId, type DeviceId, type OriginId } from '../../src-shared/ids.ts';
import { bareOf, isFull, type BareJid, type Jid } from '../../src-shared/jid.ts';
import type { Message } from '../../src-shared/models.ts';
import { SEC } from '../security/crypto/algorithms.ts';
import { SCE } from '../security/message.ts';
import { open, type Opened, type Opening } from '../security/opening.ts';
import type { Agreements, Conversations, Effect, Protection, Sender, Workspace } from '../services.ts';
import type { MessageRow, NewMessage } from '../store/messages.ts';
import { xml, type Element } from '../xml/element.ts';
import { serialize } from '../xml/serialize.ts';
import { NS_CLIENT, readMessage, readStanzaError, textOf, type MessageHeader } from '../xmpp/modules/stanza.ts';
import { readChatState } from '../xmpp/modules/xep0085-chat-states.ts';
import { asksForReceipt, readReceipt, receipt } from '../xmpp/modules/xep0184-receipts.ts';
import { delayOf, readDelay } from '../xmpp/modules/xep0203-delay.ts';
import { readCarbon } from '../xmpp/modules/xep0280-carbons.ts';
import { readOriginId, readStanzaId } from '../xmpp/modules/xep0359-ids.ts';
import { messageView } from './conversations.ts';
import type { Deferred } from './deferred.ts';
import { newOriginId } from './outbox.ts';

/** Beyond this the user sees the archive's stamp, marked (protocol 6.2). */
const LATE_MS = 10 * 60_000;
/** How long a message that cannot be opened waits for an exchange under way. */
const EXCHANGE_MS = 5_000;
/** Messages of one contact that could not be opened and are kept. */
const MAX_WAITING = 500;
const MAX_BODY = 256 * 1024;

export interface InboxService {
  /** One message stanza, in order of arrival; resolves when it is stored, or needs no storing. */
  deliver(stanza: Element): Promise<void>;
  /** Receipts that were owed when the last session ended. */
  sendOwedReceipts(): void;
}

export interface InboxParts {
  readonly sender: Sender;
  readonly agreements: Agreements & { learn(full: Jid & string, party: Opened['sender']): void };
  readonly protection: Protection;
  readonly conversations: Conversations;
  readonly deferred: Deferred;
  /** A message of ours came back. */
  readonly onBounce: (conversation: BareJid, originId: OriginId, condition: string) => void;
  /** Inside a transaction: a peer's device asks for a message again (protocol 6.4). */
  readonly onResend: (party: Opened['sender'], id: OriginId, from: Jid) => Effect;
  /** A message could not be opened and is to be asked for. */
  readonly onUnreadable: (id: number) => void;
  /** Device ids that were ours before a restore: what was sent to them still opens. */
  readonly formerDevices: () => readonly DeviceId[];
}

/** How a message came: directly, or as a carbon of what another device of ours sent or got. */
interface Arrival {
  readonly stanza: Element;
  readonly header: MessageHeader;
  readonly from: Jid;
  readonly carbon: boolean;
  /** Stamp of our server or archive; undefined for a live message. */
  readonly stamp: number | undefined;
  readonly archiveId: string | undefined;
}

export function createInbox(workspace: Workspace, parts: InboxParts): InboxService {
  const { store, bus, clock, random } = workspace;
  const { agreements, protection, conversations, sender } = parts;

  const nothing: Effect = () => undefined;

  // ── what it is ────────────────────────────────────────────────────────────────────────────────────────────────

  const arrivalOf = (stanza: Element): Arrival | undefined => {
    const own = workspace.self().jid;
    const carbon = readCarbon(stanza, own);
    if (carbon?.kind === 'forged') {
      workspace.log('forged-carbon');
      return undefined;
    }
    const message = carbon?.message ?? stanza;
    const header = readMessage(message);
    if (header?.from === undefined || header.type === 'groupchat' || header.type === 'headline') return undefined;
    const trusted = [own, domainOf(own)] as Jid[];
    const stamp = carbon?.delay?.at ?? delayOf(message, trusted)?.at;
    const archiveId = readStanzaId(message, own);
    return { stanza: message, header, from: header.from, carbon: carbon !== undefined, stamp, archiveId };
  };

  async function deliver(stanza: Element): Promise<void> {
    const arrival = arrivalOf(stanza);
    if (arrival === undefined) return;
    if (arrival.header.type === 'error') {
      bounce(arrival);
      return;
    }
    const effect = arrival.stanza.child('x', SEC) === undefined ? await plain(arrival) : await protectedMessage(arrival);
    effect();
  }

  const bounce = ({ stanza, header: { id }, from }: Arrival): void => {
    const error = readStanzaError(stanza);
    const originId = readOriginId(stanza) ?? id;
    if (error !== undefined && originId !== undefined && isOriginId(originId))
      parts.onBounce(bareOf(from), originId, error.condition);
  };

  // ── protected (protocol 6.2, the receiver) ────────────────────────────────────────────────────────────────────

  async function protectedMessage(arrival: Arrival): Promise<Effect> {
    const first = await store.commit(() => openAndStore(arrival, false));
    if (first !== 'again') return first;
    // Its key may be the one that an exchange under way is about to give.
    await agreements.settled(bareOf(arrival.from), EXCHANGE_MS);
    const second = await store.commit(() => openAndStore(arrival, true));
    return second === 'again' ? nothing : second;
  }

  /** Inside a transaction. `again`: the key is not here and an exchange is under way. */
  function openAndStore(arrival: Arrival, last: boolean): Effect | 'again' {
    const opening = openStanza(arrival.stanza);
    switch (opening.kind) {
      case 'opened':
        return accept(arrival, opening);
      case 'copy':
      case 'error-stanza':
        return nothing;
      case 'unprotected': // an `x` of ours without EncryptedData: public keys, charters; nothing to show
        return nothing;
      case 'not-for-this-device':
        return unreadable(arrival, 'not-for-this-device', false);
      case 'unknown-key':
        return last ? unreadable(arrival, 'unknown-key', true) : 'again';
      case 'number-reused':
        bus.emit('notice', { code: 'number-reused', about: opening.peer.jid, at: clock.now() });
        return unreadable(arrival, 'number-reused', true);
      case 'undecryptable':
        return unreadable(arrival, 'undecryptable', true);
    }
  }

  const openStanza = (stanza: Element): Opening => {
    const { jid, device } = workspace.self();
    const now = clock.now();
    const openAs = (own: DeviceId): Opening =>
      open(stanza, {
        own: { jid, device: own },
        now,
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
    for (const former of parts.formerDevices()) {
      const before = openAs(former);
      if (before.kind === 'opened' || before.kind === 'copy') return before;
    }
    return opening;
  };

  /** Inside a transaction: it passed every check; chain, message and receipt are one. */
  function accept(arrival: Arrival, opened: Opened): Effect {
    const { keyId, n, change, sender: party, originId } = opened;
    const now = clock.now();
    store.associations.receive(keyId, n, change.trace, change, now);
    if (!arrival.carbon && isFull(arrival.from)) agreements.learn(arrival.from, party);
    if (!store.seen.mark(party.jid, party.device, originId, now)) return nothing;
    const own = workspace.self().jid;
    const content = xml('content', SCE, {}, ...opened.content);
    const conversation = party.jid === own ? opened.to : party.jid;
    const effects: Effect[] = [];
    const body = textOf(content, 'body', MAX_BODY, NS_CLIENT);
    if (body !== undefined && conversation !== own)
      effects.push(storeBody(arrival, opened, conversation, body, asksForReceipt(content)));
    if (party.jid !== own) {
      const received = readReceipt(content);
      if (received !== undefined) effects.push(markReceived(conversation, received, (row) => row.protection !== 'none'));
      const state = readChatState(content);
      if (state !== undefined || body !== undefined) {
        effects.push(() => {
          conversations.theyType(conversation, state === 'composing' && body === undefined);
        });
      }
    }
    const resend = content.child('resend', SEC)?.attr('id');
    if (resend !== undefined && isOriginId(resend)) effects.push(parts.onResend(party, resend, arrival.from));
    return () => {
      for (const effect of effects) effect();
    };
  }

  function storeBody(arrival: Arrival, opened: Opened, conversation: BareJid, body: string, asks: boolean): Effect {
    const { sender: party, originId, signed } = opened;
    const mine = party.jid === workspace.self().jid;
    const { at, late } = timeOf(arrival, opened);
    const shown = mine ? 'session' : protection.shown(party.jid, party.fp);
    const message: NewMessage = {
      conversation,
      originId,
      mine,
      body,
      at,
      protection: shown,
      device: party.device,
      fp: party.fp,
      signed,
      ...(arrival.archiveId !== undefined && { archiveId: arrival.archiveId }),
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
      ...(late && { warn: 'late' as const }),
      receipt: asks && !mine ? 'owed' : 'none',
    };
    const kept = store.waiting.byOriginId(originId).find((w) => bareOf(w.sender) === party.jid);
    if (kept === undefined) {
      const added = store.messages.add(message);
      return added === undefined ? nothing : show(added, 'message.arrived', arrival.from);
    }
    // It had been asked for: now it stands where it was missed.
    store.waiting.remove(kept.id);
    const { body: text, protection: how, device, fp, receipt: owed } = message;
    const changed = store.messages.update(kept.id, {
      ...{ body: text, protection: how, device, fp, signed, receipt: owed, unreadable: null },
    });
    return changed === undefined ? nothing : show(changed, 'message.changed', arrival.from);
  }

  /** Live messages stand where they arrived; late ones where our server, or an answer to `resend`, says. */
  const timeOf = ({ stamp }: Arrival, { time, content }: Opened): { readonly at: number; readonly late: boolean } => {
    const now = clock.now();
    const resent = content.map(readDelay).find((delay) => delay !== undefined);
    if (resent !== undefined && stamp === undefined) return { at: Math.min(resent.at, now), late: false };
    const at = Math.min(stamp ?? now, now);
    return { at, late: Math.abs(time - at) > LATE_MS };
  };

  function show(row: MessageRow, event: 'message.arrived' | 'message.changed', from: Jid): Effect {
    const acknowledge = row.receipt === 'owed' ? receiptFor(row) : nothing;
    return () => {
      bus.emit(event, messageView(row));
      conversations.changed(row.conversation);
      acknowledge();
      workspace.log(event, isFull(from) ? 'full' : 'bare');
    };
  }

  /** Inside a transaction: the receipt's chain advances with the message that asked for it. */
  function receiptFor(row: MessageRow): Effect {
    const online = workspace.online();
    const mayTell = store.settings.get().sendReceipts && online?.modules.presenceTo(row.conversation) === true;
    if (online === undefined) return nothing;
    if (!mayTell) {
      store.messages.update(row.id, { receipt: 'none' });
      return nothing;
    }
    const done = (): void => {
      parts.deferred(() => {
        store.messages.update(row.id, { receipt: 'sent' });
        return nothing;
      });
    };
    const content = receipt(row.originId);
    if (row.protection === 'none') {
      const id = newOriginId(random);
      const stanza = xml(
        'message',
        NS_CLIENT,
        { to: row.conversation, type: 'chat', id },
        content,
        xml('store', 'urn:xmpp:hints'),
      );
      return () => {
        workspace.online()?.session.send(stanza, done);
      };
    }
    const targets = [...protection.targets(row.conversation), ...protection.targets(workspace.self().jid)];
    if (protection.refusal(row.conversation) !== undefined || targets.length === 0) return nothing;
    return sender.protect(
      { to: row.conversation, kind: 'marker', originId: newOriginId(random), content: [content], targets },
      done,
    ).send;
  }

  // ── what cannot be opened (protocol 6.4) ──────────────────────────────────────────────────────────────────────

  /** Inside a transaction: kept as it came, shown as waiting; receipts and chat states (no outer body) are let go. */
  function unreadable(arrival: Arrival, code: ErrorCode, ask: boolean): Effect {
    const { stanza, header, from, stamp } = arrival;
    const own = workspace.self().jid;
    const originId = readOriginId(stanza) ?? header.id;
    const conversation = bareOf(from) === own ? (header.to === undefined ? own : bareOf(header.to)) : bareOf(from);
    const isText = header.body !== undefined && originId !== undefined && isOriginId(originId) && conversation !== own;
    if (!isText || (arrival.carbon && !ask)) return nothing;
    const mine = bareOf(from) === own;
    const shownBefore = store.messages.byOriginId(conversation, originId, mine).length > 0;
    if ((shownBefore && code !== 'number-reused') || store.waiting.list(bareOf(from)).length >= MAX_WAITING) return nothing;
    const arrivedAt = clock.now();
    const row = store.messages.add({
      conversation,
      originId,
      mine,
      body: '',
      at: Math.min(stamp ?? arrivedAt, arrivedAt),
      protection: 'unreadable',
      unreadable: code,
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
    });
    if (row === undefined) return nothing;
    if (ask && isFull(from)) {
      store.waiting.add({
        id: row.id,
        sender: from,
        originId,
        stanza: serialize(stanza),
        arrivedAt,
        ...(stamp !== undefined && { stamp }),
      });
    }
    return () => {
      bus.emit('message.arrived', messageView(row));
      conversations.changed(conversation);
      if (ask) parts.onUnreadable(row.id);
    };
  }

  // ── unprotected ───────────────────────────────────────────────────────────────────────────────────────────────

  function plain(arrival: Arrival): Promise<Effect> {
    return store.commit(() => {
      const { stanza, header, from } = arrival;
      const own = workspace.self().jid;
      const mine = bareOf(from) === own;
      const other = mine ? header.to : from;
      const conversation = other === undefined ? own : bareOf(other);
      if (conversation === own || (mine && !arrival.carbon)) return nothing;
      const effects: Effect[] = [];
      if (header.body !== undefined) effects.push(storePlain(arrival, conversation, mine, header.body));
      if (mine) return together(effects);
      const everProtected = store.conversations.get(conversation)?.everProtected ?? false;
      const received = readReceipt(stanza);
      // A receipt that anybody on the way could have written says nothing of a protected message.
      if (received !== undefined) effects.push(markReceived(conversation, received, (row) => row.protection === 'none'));
      const state = readChatState(stanza);
      if (
        (state !== undefined || header.body !== undefined) &&
        !everProtected &&
        store.conversations.get(conversation) !== undefined
      ) {
        effects.push(() => {
          conversations.theyType(conversation, state === 'composing' && header.body === undefined);
        });
      }
      return together(effects);
    });
  }

  function storePlain(arrival: Arrival, conversation: BareJid, mine: boolean, body: string): Effect {
    const { stanza, header, stamp, archiveId } = arrival;
    const named = readOriginId(stanza) ?? header.id;
    const originId = named !== undefined && isOriginId(named) ? named : newOriginId(random);
    const now = clock.now();
    const warn: Message['warn'] | undefined =
      !mine && store.conversations.get(conversation)?.everProtected === true ? 'unprotected' : undefined;
    const added = store.messages.add({
      conversation,
      originId,
      mine,
      body,
      at: Math.min(stamp ?? now, now),
      protection: 'none',
      ...(archiveId !== undefined && { archiveId }),
      ...(mine && { fromOtherDevice: true, state: { kind: 'sent' as const } }),
      ...(warn !== undefined && { warn }),
      receipt: asksForReceipt(stanza) && !mine && !arrival.carbon ? 'owed' : 'none',
    });
    return added === undefined ? nothing : show(added, 'message.arrived', arrival.from);
  }

  function markReceived(conversation: BareJid, originId: OriginId, counts: (row: MessageRow) => boolean): Effect {
    const changed = store.messages
      .byOriginId(conversation, originId, true)
      .filter((row) => counts(row) && row.state !== undefined && row.state.kind !== 'received' && row.state.kind !== 'queued')
      .map((row) => store.messages.update(row.id, { state: { kind: 'received' } }));
    return () => {
      for (const row of changed) if (row !== undefined) bus.emit('message.changed', messageView(row));
    };
  }

  return {
    deliver,
    sendOwedReceipts() {
      void store
        .commit(() => store.messages.owingReceipts().map(receiptFor))
        .then(
          (effects) => {
            for (const effect of effects) effect();
          },
          (error: unknown) => {
            workspace.log('receipts-not-sent', error instanceof SignetError ? error.code : 'internal');
          },
        );
    },
  };
}

const together =
  (effects: readonly Effect[]): Effect =>
  () => {
    for (const effect of effects) effect();
  };

const domainOf = (jid: BareJid): string => jid.slice(jid.indexOf('@') + 1);
