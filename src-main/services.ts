/**
 * What services know of one another: interfaces only. A service is handed the others by `engine.ts` and imports none of
 * them, so that each can be read, tested and replaced by itself.
 */

import type { EventBus } from './event-bus.ts';
import type { ErrorCode } from '../src-shared/errors.ts';
import type { DeviceId, Fingerprint, OriginId } from '../src-shared/ids.ts';
import type { BareJid, FullJid } from '../src-shared/jid.ts';
import type { Conversation, MessageProtection, Verdict } from '../src-shared/models.ts';
import type { Credential } from './pki/credential.ts';
import type { Party, SecurityAssociation } from './security/association/association.ts';
import type { Kind } from './security/message.ts';
import type { Store } from './store/store.ts';
import type { Modules } from './xmpp/modules/index.ts';
import type { Clock, Random, Timers } from './xmpp/ports.ts';
import type { Element } from './xml/element.ts';
import type { Session } from './xmpp/types.ts';

/** Logs a coded event, never content: `log('exchange-failed', 'bad-signature')`. */
export type Log = (event: string, code?: string) => void;

/** Ourselves, in this store. `device` changes after a restore (protocol 6.5). */
export interface Self {
  readonly jid: BareJid;
  readonly device: DeviceId;
  readonly credential: Credential;
}

/** A session that stands, with its modules. */
export interface Online {
  readonly session: Session;
  readonly modules: Modules;
  /** Octets that one outgoing stanza may have. */
  readonly maxStanza: () => number;
}

/** What every service is made with. */
export interface Workspace {
  readonly store: Store;
  readonly bus: EventBus;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly self: () => Self;
  /** Undefined while there is no session that stands; a session waiting to be resumed does not count. */
  readonly online: () => Online | undefined;
}

/** One device to encrypt to: the association to do it on, and the verdict on its credential. */
export interface Target {
  readonly association: SecurityAssociation;
  readonly verdict: Verdict;
}

/** Key agreements with contacts' devices (protocol 3, 5). */
export interface Agreements {
  /**
   * Sees to it that there is an association with each online device of a bare JID that can have one, and waits at most 5
   * seconds for the exchanges under way (protocol 6.2). Never rejects: what failed is in `problem`.
   */
  ensure(jid: BareJid): Promise<void>;
  /** One with this very device; undefined where none came to stand. */
  agreeWith(full: FullJid): Promise<SecurityAssociation | undefined>;
  /** True where `ensure` would have something to wait for. */
  wanting(jid: BareJid): boolean;
  /** The user has just accepted a device's credential: messages wait for its association rather than leave it out. */
  awaiting(jid: BareJid): boolean;
  /** Resolves when no exchange with this bare JID is under way, or after `ms`. True where one was. */
  settled(jid: BareJid, ms: number): Promise<boolean>;
  /** Full JIDs of a bare JID that are online and known to advertise `xmpp:sec`. */
  capable(jid: BareJid): readonly FullJid[];
  /** The device behind a full JID, as far as an exchange or an association has told. */
  deviceOf(full: FullJid): { readonly fp: Fingerprint; readonly device: DeviceId } | undefined;
  /** The full JIDs behind which a device was met, that are online. */
  fullsOf(jid: BareJid, device: DeviceId): readonly FullJid[];
  /** Why the last exchange with this bare JID came to nothing; undefined once one stood. */
  problem(jid: BareJid): ErrorCode | undefined;
}

/** Verdicts and the state of protection (protocol 4). */
export interface Protection {
  /** The devices of a bare JID to encrypt to: accepted, with an association that may encrypt. */
  targets(jid: BareJid): readonly Target[];
  verdictOf(jid: BareJid, fp: Fingerprint): Verdict | undefined;
  /** How a message by this credential is shown. */
  shown(jid: BareJid, fp: Fingerprint): MessageProtection;
  state(jid: BareJid): Conversation['protection'];
  /** Why nothing protected may leave to them now. */
  refusal(jid: BareJid): ErrorCode | undefined;
  unprotectedMayLeave(jid: BareJid): boolean;
  /** An association stood once: plain text needs an explicit act from then on (protocol 3). Never goes back. */
  everProtected(jid: BareJid): boolean;
  /** Inside a transaction: one stands now, or stood. */
  stood(jid: BareJid): void;
  /** Tells the page that something about a contact's protection changed. */
  changed(jid: BareJid): void;
}

/** What is to be done once a transaction is committed: send, tell the page. */
export type Effect = () => void;

export interface Protectable {
  readonly to: BareJid;
  /** Where the stanza is routed, if not to the bare JID: one resource of it. */
  readonly address?: FullJid;
  /** `message` keeps the outer body and is stored; `marker`: receipts; `transient`: chat states and resend (protocol 6.2). */
  readonly kind: Kind;
  readonly originId: OriginId;
  readonly content: readonly Element[];
  readonly targets: readonly Target[];
}

/** Protects and sends; chains advance in the transaction that the caller is in, and the stanza leaves after it. */
export interface Sender {
  /**
   * @returns the effect that sends, and for whom it was encrypted; `acked` once the server has it
   * @throws SignetError `message-too-long`, `no-network`, `unknown-association` (no target is left), `store-restored`;
   *   the caller undoes what it changed
   */
  protect(what: Protectable, acked?: () => void): { readonly send: Effect; readonly recipients: readonly Party[] };
}

/** The way out: queued messages. */
export interface Outbox {
  /** Looks whether anything queued for this bare JID can leave. */
  pump(jid: BareJid): void;
  pumpAll(): void;
}

/** Views of conversations. */
export interface Conversations {
  view(jid: BareJid): Conversation;
  changed(jid: BareJid): void;
  theyType(jid: BareJid, typing: boolean): void;
}
