/**
 * The way out. A message is stored first; it leaves when it may and can, in order of writing within a conversation, and
 * stays in the outbox until the server has acknowledged it. After a reconnect without resumption what is in doubt is
 * protected anew – a new number of the chain, the same origin-id – so that no number ever stands on two texts.
 */

import { SignetError } from '../../src-shared/errors.ts';
import { isOriginId, type OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Message, MessageProtection, MessageState } from '../../src-shared/models.ts';
import type { Agreements, Conversations, Effect, Outbox, Protection, Sender, Target, Workspace } from '../services.ts';
import type { MessageRow } from '../store/messages.ts';
import type { Waits } from '../store/outbox.ts';
import { NS_CLIENT } from '../xmpp/modules/stanza.ts';
import { chatState } from '../xmpp/modules/xep0085-chat-states.ts';
import { receiptRequest } from '../xmpp/modules/xep0184-receipts.ts';
import { originId as originIdElement } from '../xmpp/modules/xep0359-ids.ts';
import { xml } from '../xml/element.ts';
import { messageView } from './conversations.ts';
import type { Deferred } from './deferred.ts';
import { alongside, isNotSent, logged } from './effects.ts';

/** Messages that one transaction takes along. */
const BATCH = 32;

export interface OutboxService extends Outbox {
  /** Stores the message and starts it on its way. */
  send(to: BareJid, body: string, protection: 'protected' | 'unprotected'): Promise<Message>;
  retry(id: number): void;
  discard(id: number): void;
  /** A new session: nothing of the old one is under way any more. */
  restart(): void;
  /** The server sent one of ours back (RFC 6120 §8.3). */
  bounced(conversation: BareJid, originId: OriginId, condition: string): void;
  /** Tells them that we are typing, where they may know. */
  typing(jid: BareJid, typing: boolean): Promise<void>;
}

export interface OutboxParts {
  readonly sender: Sender;
  readonly agreements: Agreements;
  readonly protection: Protection;
  readonly conversations: Conversations;
  readonly deferred: Deferred;
}

export function createOutbox(workspace: Workspace, parts: OutboxParts): OutboxService {
  const { store, bus, clock, random } = workspace;
  const { agreements, protection, conversations, sender } = parts;
  /** Handed to the session that stands, each time under a mark of its own. */
  const underWay = new Map<number, symbol>();
  /** Acknowledged, and not yet marked so in the store. */
  const acknowledged = new Set<number>();
  const pumping = new Set<BareJid>();
  const again = new Set<BareJid>();
  /** What is known of their devices changed since the pump that runs asked for associations. */
  const stale = new Set<BareJid>();

  const tell = (row: MessageRow | undefined): void => {
    if (row !== undefined) bus.emit('message.changed', messageView(row));
  };

  /** Ids of what was not handed to the session that stands, in the order written. */
  const due = (jid: BareJid): number[] => store.outbox.ids(jid).filter((id) => !underWay.has(id) && !acknowledged.has(id));

  /** Whom a message to them is encrypted for: their devices, and our own others; undefined where none of theirs can be. */
  const targetsFor = (jid: BareJid): Target[] | undefined => {
    const theirs = protection.targets(jid);
    if (theirs.length === 0) return undefined;
    const own = workspace.self().jid;
    return [...theirs, ...(jid === own ? [] : protection.targets(own))];
  };

  const acked = (id: number, mark: symbol) => (): void => {
    // It came back, or was given up, and is on its way once more.
    if (underWay.get(id) !== mark) return;
    underWay.delete(id);
    acknowledged.add(id);
    parts.deferred(() => {
      if (!acknowledged.delete(id)) return () => undefined;
      store.outbox.remove(id);
      const now = store.messages.get(id);
      const changed = now?.state?.kind === 'sending' ? store.messages.update(id, { state: { kind: 'sent' } }) : undefined;
      return () => {
        tell(changed);
      };
    });
  };

  /** Inside a transaction: this message leaves now, protected for these. */
  const leaveProtected = (row: MessageRow, targets: readonly Target[]): Effect => {
    const content = [xml('body', NS_CLIENT, {}, row.body), receiptRequest(), chatState('active')];
    const what = { to: row.conversation, kind: 'message' as const, originId: row.originId, content, targets };
    const mark = Symbol('attempt');
    const { send, recipients } = sender.protect(what, acked(row.id, mark));
    store.recipients.add(row.id, recipients, clock.now());
    const worst: MessageProtection = targets.every(
      (t) => t.association.peer.jid !== row.conversation || t.verdict !== 'first-use',
    )
      ? 'verified'
      : 'session';
    const changed = store.messages.update(row.id, { state: { kind: 'sending' }, protection: worst });
    return leaving(row, mark, send, changed);
  };

  const leaveUnprotected = (row: MessageRow): Effect => {
    const stanza = xml(
      'message',
      NS_CLIENT,
      { to: row.conversation, type: 'chat', id: row.originId },
      xml('body', NS_CLIENT, {}, row.body),
      originIdElement(row.originId),
      receiptRequest(),
      chatState('active'),
    );
    const changed = store.messages.update(row.id, { state: { kind: 'sending' } });
    const mark = Symbol('attempt');
    const session = workspace.online()?.session;
    return leaving(row, mark, () => session?.send(stanza, acked(row.id, mark)), changed);
  };

  const leaving =
    (row: MessageRow, mark: symbol, send: Effect, changed: MessageRow | undefined): Effect =>
    () => {
      underWay.set(row.id, mark);
      tell(changed);
      send();
    };

  const setState = (row: MessageRow, state: MessageState): Effect => {
    if (JSON.stringify(row.state) === JSON.stringify(state)) return () => undefined;
    const changed = store.messages.update(row.id, { state });
    if (state.kind === 'failed') store.outbox.remove(row.id);
    if (state.kind === 'queued') store.outbox.update(row.id, { waits: state.waits });
    return () => {
      tell(changed);
    };
  };

  /** Inside a transaction: what becomes of this message now. Undefined where it has to wait, and all behind it. */
  const step = (row: MessageRow): { readonly effect: Effect; readonly goOn: boolean } => {
    const wait = (waits: Waits) => ({ effect: setState(row, { kind: 'queued', waits }), goOn: false });
    const fail = (code: string) => ({ effect: setState(row, { kind: 'failed', code }), goOn: true });
    if (workspace.online() === undefined) return wait('connection');
    try {
      if (row.protection === 'none') {
        return protection.unprotectedMayLeave(row.conversation)
          ? { effect: leaveUnprotected(row), goOn: true }
          : fail('protection-required');
      }
      const refusal = protection.refusal(row.conversation);
      if (refusal === 'credential-changed') return wait('check');
      if (refusal !== undefined) return fail(refusal);
      const targets = targetsFor(row.conversation);
      if (targets === undefined || agreements.awaiting(row.conversation)) return wait('device');
      return { effect: store.transaction(() => leaveProtected(row, targets)), goOn: true };
    } catch (error) {
      if (!isNotSent(error)) throw error;
      // The store was restored, or their last device went this moment: it goes once there is an association again.
      return error.code === 'message-too-long' ? fail(error.code) : wait('device');
    }
  };

  const stepAll = (ids: readonly number[]): Effect[] => {
    const effects: Effect[] = [];
    for (const id of ids) {
      const row = store.messages.get(id);
      if (row === undefined || underWay.has(id)) continue;
      const { effect, goOn } = step(row);
      effects.push(effect);
      if (!goOn) break;
    }
    return effects;
  };

  const run = (effects: readonly Effect[]): void => {
    for (const effect of effects) effect();
  };

  async function drain(jid: BareJid): Promise<void> {
    for (;;) {
      const rows = due(jid).slice(0, BATCH);
      if (rows.length === 0) return;
      const own = workspace.self().jid;
      stale.delete(jid);
      if (workspace.online() !== undefined && rows.some((id) => store.messages.get(id)?.protection !== 'none')) {
        await Promise.all([agreements.ensure(jid), agreements.ensure(own)]);
      }
      const before = underWay.size;
      // A credential accepted meanwhile wants an association first, or its device would be left out.
      const effects = await store.commit(() => (stale.has(jid) ? [] : stepAll(rows)));
      run(effects);
      conversations.changed(jid);
      const left = due(jid);
      if (left.length === 0 || (underWay.size === before && left.length === rows.length)) return;
      if (left[0] === rows[0]) return; // the first one waits, and all behind it
    }
  }

  const pump = (jid: BareJid): void => {
    if (pumping.has(jid)) {
      again.add(jid);
      return;
    }
    pumping.add(jid);
    void drain(jid)
      .catch(logged(workspace, 'outbox-stalled'))
      .finally(() => {
        pumping.delete(jid);
        if (again.delete(jid)) pump(jid);
      });
  };

  const own = (id: number): MessageRow => {
    const row = store.messages.get(id);
    if (row?.mine !== true) throw new SignetError('not-found');
    return row;
  };

  return {
    pump(jid) {
      stale.add(jid);
      pump(jid);
    },
    pumpAll() {
      for (const jid of new Set(store.outbox.list().map((row) => row.conversation))) pump(jid);
    },
    restart() {
      underWay.clear();
    },
    async send(to, body, wanted) {
      if (wanted === 'unprotected' && !protection.unprotectedMayLeave(to)) throw new SignetError('protection-required');
      const originId = newOriginId(random);
      const protectedNow = wanted === 'protected';
      // Where nothing has to be waited for, storing and sending are one transaction.
      const { row, effects } = await store.commit(() => {
        const at = clock.now();
        const first = due(to).length === 0 && !pumping.has(to);
        const added = store.messages.add({
          conversation: to,
          originId,
          mine: true,
          body,
          at,
          protection: protectedNow ? 'waiting' : 'none',
          state: { kind: 'queued', waits: 'nothing' },
        });
        if (added === undefined) throw new SignetError('internal');
        store.outbox.add(added.id, to, 'nothing');
        const waits =
          protectedNow &&
          workspace.online() !== undefined &&
          (agreements.wanting(to) || agreements.wanting(workspace.self().jid));
        return { row: added, effects: first && !waits ? [step(added).effect] : undefined };
      });
      bus.emit('message.arrived', messageView(row));
      if (effects === undefined) pump(to);
      else run(effects);
      conversations.changed(to);
      return messageView(store.messages.get(row.id) ?? row);
    },
    retry(id) {
      const row = own(id);
      if (row.state?.kind !== 'failed') return;
      underWay.delete(id);
      acknowledged.delete(id);
      tell(
        store.transaction(() => {
          store.outbox.add(id, row.conversation, 'nothing');
          return store.messages.update(id, { state: { kind: 'queued', waits: 'nothing' } });
        }),
      );
      pump(row.conversation);
    },
    discard(id) {
      const row = own(id);
      if (row.state?.kind !== 'failed' && row.state?.kind !== 'queued') throw new SignetError('not-found');
      store.transaction(() => {
        store.messages.remove(id);
      });
      bus.emit('message.removed', { id, conversation: row.conversation });
      conversations.changed(row.conversation);
      pump(row.conversation);
    },
    bounced(conversation, originId, condition) {
      const rows = store.messages.byOriginId(conversation, originId, true);
      const code = GONE.has(condition) ? 'recipient-unavailable' : 'message-rejected';
      const changed = store.transaction(() =>
        rows.map((row) => {
          if (row.state?.kind !== 'sending' && row.state?.kind !== 'sent') return undefined;
          store.outbox.remove(row.id);
          return store.messages.update(row.id, { state: { kind: 'failed', code } });
        }),
      );
      changed.forEach(tell);
    },
    async typing(jid, typing) {
      const online = workspace.online();
      if (online === undefined || !store.settings.get().sendTyping) return;
      const state = chatState(typing ? 'composing' : 'paused');
      const send = await store.commit(() => {
        // "Only to devices now online" (protocol 6.2).
        const targets = protection
          .targets(jid)
          .filter(({ association: { peer } }) => agreements.fullsOf(jid, peer.device).length > 0);
        if (targets.length === 0 || protection.refusal(jid) !== undefined) return undefined;
        const what = { to: jid, kind: 'transient' as const, originId: newOriginId(random), content: [state], targets };
        return alongside(workspace, () => sender.protect(what).send);
      });
      send?.();
      if (send !== undefined) return;
      const mayPlain =
        protection.state(jid) === 'none' &&
        protection.unprotectedMayLeave(jid) &&
        online.modules.presence.best(jid) !== undefined;
      if (mayPlain)
        online.session.send(xml('message', NS_CLIENT, { to: jid, type: 'chat' }, state, xml('no-store', 'urn:xmpp:hints')));
    },
  };
}

const GONE: ReadonlySet<string> = new Set(['item-not-found', 'gone', 'service-unavailable', 'remote-server-not-found']);

/** 128 random bits. */
export function newOriginId(random: (octets: number) => Uint8Array): OriginId {
  const id = Buffer.from(random(16)).toString('hex');
  if (!isOriginId(id)) throw new SignetError('internal');
  return id;
}
