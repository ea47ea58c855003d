/**
 * The way in. Each message is opened, stored and answered for in one transaction; only then is it acknowledged to the
 * server, shown, and its receipt sent (docs/architecture.md, "Never lose a message").
 *
 *   stanza ─► arrival ─► opening ─► storing      protected, and it opened
 *                │          └─────► unreadable   kept and asked for
 *                └────────────────► unprotected
 */

import { isOriginId, type DeviceId, type OriginId } from '../../src-shared/ids.ts';
import { bareOf, type BareJid, type FullJid, type Jid } from '../../src-shared/jid.ts';
import { SEC } from '../security/crypto/algorithms.ts';
import type { Opened } from '../security/opening.ts';
import type { Agreements, Conversations, Effect, Protection, Sender, Workspace } from '../services.ts';
import type { Element } from '../xml/element.ts';
import { readStanzaError } from '../xmpp/modules/stanza.ts';
import { readArrival, type Arrival } from './arrival.ts';
import type { Deferred } from './deferred.ts';
import { nothing } from './effects.ts';
import { openStanza } from './opening.ts';
import { createReceipts } from './receipts.ts';
import { createShow, createStoring } from './storing.ts';
import { createUnprotected } from './unprotected.ts';
import { createUnreadable } from './unreadable.ts';

/** How long a message that cannot be opened waits for an exchange under way. */
const EXCHANGE_MS = 5_000;

export interface InboxService {
  /** One message stanza, in order of arrival; resolves when it is stored, or needs no storing. */
  deliver(stanza: Element): Promise<void>;
  /** Receipts that are still owed. */
  sendOwedReceipts(): void;
  /** A new session: nothing of the old one is under way any more. */
  restart(): void;
}

export interface InboxParts {
  readonly sender: Sender;
  readonly agreements: Agreements & { learn(full: FullJid, party: Opened['sender']): void };
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

export function createInbox(workspace: Workspace, parts: InboxParts): InboxService {
  const { store, bus, clock } = workspace;
  const { agreements, conversations, protection } = parts;
  const receipts = createReceipts(workspace, parts);
  const show = createShow(workspace, { receipts, conversations });
  const theyType =
    ({ conversation }: Arrival, typing: boolean): Effect =>
    () => {
      conversations.theyType(conversation, typing);
    };
  const storing = createStoring(workspace, {
    ...{ protection, conversations, receipts, show, theyType },
    learn: (full, party) => {
      agreements.learn(full, party);
    },
    onResend: parts.onResend,
  });
  const unprotected = createUnprotected(workspace, { protection, receipts, show, theyType });
  const unreadable = createUnreadable(workspace, { show, onUnreadable: parts.onUnreadable });

  async function deliver(stanza: Element): Promise<void> {
    const arrival = readArrival(stanza, workspace.self().jid, clock.now());
    if (arrival === undefined) return;
    if (arrival === 'forged') {
      workspace.log('forged-carbon');
      return;
    }
    if (arrival.header.type === 'error') {
      bounce(arrival);
      return;
    }
    const isProtected = arrival.stanza.child('x', SEC) !== undefined;
    const effect = isProtected ? await protectedMessage(arrival) : await store.commit(() => unprotected(arrival));
    effect();
  }

  const bounce = ({ stanza, originId, from }: Arrival): void => {
    const error = readStanzaError(stanza);
    if (error !== undefined && originId !== undefined && isOriginId(originId))
      parts.onBounce(bareOf(from), originId, error.condition);
  };

  async function protectedMessage(arrival: Arrival): Promise<Effect> {
    const first = await store.commit(() => openAndStore(arrival, false));
    if (first !== 'again') return first;
    // Its key may be the one that an exchange under way is about to give.
    await agreements.settled(bareOf(arrival.from), EXCHANGE_MS);
    const second = await store.commit(() => openAndStore(arrival, true));
    return second === 'again' ? nothing : second;
  }

  /** Inside a transaction. `again`: the key is not here and an exchange may be under way. */
  function openAndStore(arrival: Arrival, last: boolean): Effect | 'again' {
    const opening = openStanza(workspace, arrival.stanza, parts.formerDevices);
    switch (opening.kind) {
      case 'opened':
        return storing(arrival, opening);
      case 'copy':
      case 'error-stanza':
      case 'unprotected': // an `x` of ours without EncryptedData: public keys, charters; nothing to show
        return nothing;
      case 'unknown-key':
        return last ? unreadable(arrival, 'unknown-key') : 'again';
      case 'number-reused': {
        const kept = unreadable(arrival, 'number-reused');
        return () => {
          bus.emit('notice', { code: 'number-reused', about: opening.peer.jid, at: clock.now() });
          kept();
        };
      }
      default:
        return unreadable(arrival, opening.kind);
    }
  }

  return { deliver, sendOwedReceipts: receipts.sendOwed, restart: receipts.restart };
}
