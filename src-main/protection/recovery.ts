/** Recovery (protocol 6.4): asking for messages that could not be opened, and answering those who ask. */

import type { OriginId } from '../../src-shared/ids.ts';
import { bareOf, isFull, type BareJid, type FullJid, type Jid } from '../../src-shared/jid.ts';
import type { Party, SecurityAssociation } from '../security/association/association.ts';
import { SEC } from '../security/crypto/algorithms.ts';
import { xml, type Element } from '../xml/element.ts';
import { NS_CLIENT } from '../xmpp/modules/stanza.ts';
import { receiptRequest } from '../xmpp/modules/xep0184-receipts.ts';
import { delay } from '../xmpp/modules/xep0203-delay.ts';
import type { Agreements, Effect, Protection, Sender, Workspace } from '../services.ts';
import type { MessageRow } from '../store/messages.ts';
import type { WaitingRow } from '../store/waiting.ts';

/** A message is asked for this often, each time at least a minute after the last. */
const MAX_ASKS = 5;
const ASK_AGAIN_MS = 60_000;
/** After another text came under a used number: one new exchange an hour with that device (protocol 6.1). */
const REUSED_MS = 3_600_000;
/** How long the next device is not tried, since the one that was asked may answer. */
const ANSWER_MS = 5_000;

export interface RecoveryService {
  /** Asks for a message that is kept and could not be opened. */
  ask(id: number): void;
  /** Devices of theirs (or anybody's) came online: what they were not asked for yet is asked for. */
  askAll(jid?: BareJid): void;
  /** Inside a transaction: a device of a contact (or of ours) asks for a message; answered once, and only to whom it was sent. */
  answer(party: Party, id: OriginId, from: Jid): Effect;
}

export interface RecoveryParts {
  readonly sender: Sender;
  readonly agreements: Agreements;
  readonly protection: Protection;
  readonly newOriginId: () => OriginId;
}

export function createRecovery(workspace: Workspace, parts: RecoveryParts): RecoveryService {
  const { store, clock, timers } = workspace;
  const { agreements, protection, sender } = parts;
  const asking = new Set<number>();
  const reused = new Map<string, number>();

  const dueAgain = (row: WaitingRow): boolean =>
    row.asks < MAX_ASKS && (row.askedAt === undefined || clock.now() - row.askedAt >= ASK_AGAIN_MS);

  /** "An SA younger than the message's archive stamp or, without one, its arrival", else a new one. */
  async function associationFor(row: WaitingRow, full: FullJid): Promise<SecurityAssociation | undefined> {
    const jid = bareOf(full);
    const party = agreements.deviceOf(full);
    const standing = protection
      .targets(jid)
      .map((target) => target.association)
      .find((sa) => sa.peer.device === party?.device && sa.peer.fp === party.fp);
    if (standing !== undefined && standing.establishedAt > (row.stamp ?? row.arrivedAt)) return standing;
    if (store.messages.get(row.id)?.unreadable === 'number-reused') {
      const device = `${jid}/${party?.device ?? full}`;
      if (clock.now() - (reused.get(device) ?? -Infinity) < REUSED_MS) return standing;
      reused.set(device, clock.now());
    }
    return agreements.agreeWith(full);
  }

  async function askFor(id: number): Promise<void> {
    const row = store.waiting.get(id);
    if (row === undefined || workspace.online() === undefined || !dueAgain(row)) return;
    const jid = bareOf(row.sender);
    const online = agreements.capable(jid);
    // The device behind the full JID in `from`, else each that is online, one after another.
    const { sender: from } = row;
    const devices = isFull(from) && online.includes(from) ? [from] : online;
    for (const full of devices) {
      const sa = await associationFor(row, full);
      if (sa === undefined || store.waiting.get(id) === undefined) continue;
      await request(row, full, sa);
      if (await answered(id)) return;
    }
  }

  async function request(row: WaitingRow, full: FullJid, sa: SecurityAssociation): Promise<void> {
    const verdict = protection.verdictOf(sa.peer.jid, sa.peer.fp);
    if (verdict === undefined) return;
    const content = [xml('resend', SEC, { id: row.originId })];
    const targets = [{ association: sa, verdict }];
    const what = { to: sa.peer.jid, address: full, kind: 'transient' as const, originId: parts.newOriginId(), content, targets };
    const { send } = await store.commit(() => {
      store.waiting.asked(row.id, clock.now());
      return sender.protect(what);
    });
    send();
  }

  const answered = (id: number): Promise<boolean> =>
    new Promise((resolve) => {
      timers.after(ANSWER_MS, () => {
        resolve(store.waiting.get(id) === undefined);
      });
    });

  const ask = (id: number): void => {
    if (asking.has(id)) return;
    asking.add(id);
    void askFor(id)
      .catch((error: unknown) => {
        workspace.log('resend-not-asked', error instanceof Error ? error.name : 'unknown');
      })
      .finally(() => {
        asking.delete(id);
      });
  };

  return {
    ask,
    askAll(jid) {
      for (const row of store.waiting.list(jid)) if (dueAgain(row)) ask(row.id);
    },
    answer(party, id, from) {
      const own = workspace.self().jid;
      const row = find(party, id, own);
      if (row === undefined || workspace.online() === undefined) return () => undefined;
      const target = protection
        .targets(party.jid)
        .find(({ association: { peer } }) => peer.device === party.device && peer.fp === party.fp);
      // Only what can be answered now counts as answered.
      if (target === undefined || !store.recipients.answer(row.id, party, clock.now())) return () => undefined;
      const content: Element[] = [xml('body', NS_CLIENT, {}, row.body), receiptRequest(), delay(row.at)];
      // "To that device alone": encrypted for it only, and routed to it.
      const address = isFull(from) && party.jid === row.conversation ? { address: from } : {};
      const what = {
        to: row.conversation,
        ...address,
        kind: 'message' as const,
        originId: row.originId,
        content,
        targets: [target],
      };
      return sender.protect(what).send;
    },
  };

  /** A message of ours that this device may have been meant to read: in its conversation, or any where it is ours. */
  function find(party: Party, id: OriginId, own: BareJid): MessageRow | undefined {
    if (party.jid !== own) return store.messages.byOriginId(party.jid, id, true).find((row) => row.protection !== 'none');
    const message = store.recipients.messageFor(party, id);
    return message === undefined ? undefined : store.messages.get(message);
  }
}
