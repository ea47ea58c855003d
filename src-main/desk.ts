/**
 * The services of one open store, joined: the second half of the composition root (engine.ts is the first). A desk
 * outlives connections; it closes with the store.
 */

import type { DeviceId, Fingerprint } from '../src-shared/ids.ts';
import { bareOf, type BareJid, type Jid } from '../src-shared/jid.ts';
import type { Conversation, ProtectionView, Settings } from '../src-shared/models.ts';
import { newDevice, selfOf } from './accounts/account.ts';
import { createConversations, type ConversationsService } from './chats/conversations.ts';
import { createDeferred } from './chats/deferred.ts';
import { createInbox } from './chats/inbox.ts';
import { createOutbox, newOriginId, type OutboxService } from './chats/outbox.ts';
import { createSender } from './chats/sender.ts';
import { createContacts, type ContactsService } from './contacts/contacts.ts';
import { createAgreements } from './protection/agreements.ts';
import { createProtection, type ProtectionService } from './protection/protection.ts';
import { createRecovery } from './protection/recovery.ts';
import { SEC } from './security/crypto/algorithms.ts';
import type { Online, Self, Workspace } from './services.ts';
import type { AccountPreferences } from './store/account.ts';
import type { RestoreGuard } from './store/restore-guard.ts';
import type { Store } from './store/store.ts';
import type { Element } from './xml/element.ts';
import type { ModulesOptions } from './xmpp/modules/index.ts';

const SOFTWARE = { name: 'Signet', node: 'https://signet.invalid/' } as const;
/** Entity capabilities are verified hashes, of the one algorithm that is asked for (XEP-0115). */
const CAPS_HASH = 'sha-1';
/** Conversations whose state is told anew when a setting changes them all. */
const SHOWN = 200;
const FORMER = 'former-devices';
/** Where the outside copy of protocol 6.5 cannot be written (a full disk), sending is tried again after this long. */
const HELD_MS = 10_000;

export interface DeskPorts extends Omit<Workspace, 'self'> {
  readonly guard: RestoreGuard;
  /** Of this program, for who asks (XEP-0092). */
  readonly version: string;
}

export interface Desk {
  readonly store: Store;
  readonly contacts: ContactsService;
  readonly conversations: ConversationsService;
  readonly outbox: OutboxService;
  readonly protection: ProtectionService;
  /** The resource to bind: the same each time, so that peers know the device again by its full JID. */
  resource(jid: BareJid): string;
  modulesOptions(): ModulesOptions;
  /** A new session, before anything is sent on it. */
  attach(online: Online): void;
  /** Messages can leave. */
  ready(resumed: boolean): void;
  offline(): void;
  deliver(stanza: Element): Promise<void> | void;
  openConversation(jid: BareJid): Conversation;
  decide(jid: BareJid, fp: Fingerprint, verdict: 'verified' | 'first-use' | 'distrusted'): ProtectionView;
  setPresence(presence: AccountPreferences['presence'], status: string | undefined): void;
  setSettings(changes: Parameters<Store['settings']['set']>[0]): Settings;
  /** Protocol 6.5: every association decrypts only, and the device takes a new name. */
  renew(): Promise<void>;
  close(): void;
}

export function createDesk({ guard, ...ports }: DeskPorts): Desk {
  const { store, bus, clock, random, log } = ports;
  let self: Self | undefined;
  let closed = false;

  const workspace: Workspace = {
    ...ports,
    // What was put off is not done on a closed store.
    timers: {
      after: (ms, run) =>
        ports.timers.after(ms, () => {
          if (!closed) run();
        }),
    },
    self: () => {
      // Asked for with every stanza: read once, and again when the account's row was written.
      if (self !== undefined) return self;
      const row = store.account.get();
      if (row === undefined) throw new Error('a service was used before there was an account');
      self = selfOf(row);
      return self;
    },
  };

  const renew = async (): Promise<void> => {
    agreements.close();
    await guard.renew(() => {
      store.associations.turnAllDecryptOnly();
      const row = store.account.get();
      if (row === undefined) return;
      store.meta.set(FORMER, JSON.stringify([...formerDevices(), row.device].slice(-8)));
      store.account.setDevice(newDevice(random));
    });
    self = undefined;
    bus.emit('notice', { code: 'store-restored', at: clock.now() });
  };
  const formerDevices = (): DeviceId[] => JSON.parse(store.meta.text(FORMER) ?? '[]') as DeviceId[];

  /** What was handed over was not sent: it is made anew. */
  const sendAgain = (): void => {
    outbox.restart();
    inbox.restart();
    outbox.pumpAll();
    inbox.sendOwedReceipts();
  };

  /** A copy of us is at work: at most one renewal at a time. */
  let renewing = false;
  const renewSoon = (): void => {
    if (renewing) return;
    renewing = true;
    void renew()
      .then(sendAgain, (error: unknown) => {
        log('renewal-failed', error instanceof Error ? error.name : 'unknown');
      })
      .finally(() => {
        renewing = false;
      });
  };

  /** The conversation that was opened last: its first message should not have to wait for an exchange. */
  let current: BareJid | undefined;
  /** Whatever waits for this contact looks again. */
  const lookAgain = (jid: BareJid): void => {
    if (closed || store.account.get() === undefined) return;
    conversations.changed(jid);
    protection.refresh(jid);
    if (jid === current && agreements.wanting(jid)) void agreements.ensure(jid);
    outbox.pump(jid);
    recovery.askAll(jid);
    inbox.sendOwedReceipts();
  };

  const agreements = createAgreements(workspace, {
    protection: () => protection,
    onSettled: (jid) => {
      lookAgain(jid);
      if (jid === workspace.self().jid) outbox.pumpAll();
    },
    onCopy: () => {
      bus.emit('notice', { code: 'store-copied', at: clock.now() });
      renewSoon();
    },
  });
  const protection = createProtection(workspace, {
    agreements: () => agreements,
    onChange: (jid) => {
      conversations.changed(jid);
    },
  });
  const conversations = createConversations(workspace, protection);
  const sender = createSender(workspace, guard, {
    onRestored: renewSoon,
    onHeld: () => {
      workspace.timers.after(HELD_MS, sendAgain);
    },
  });
  const deferred = createDeferred(workspace);
  const outbox = createOutbox(workspace, { sender, agreements, protection, conversations, deferred });
  const recovery = createRecovery(workspace, { sender, agreements, protection, newOriginId: () => newOriginId(random) });
  const inbox = createInbox(workspace, {
    ...{ sender, agreements, protection, conversations, deferred, formerDevices },
    onBounce: (jid, id, condition) => {
      outbox.bounced(jid, id, condition);
    },
    onResend: (party, id, from) => recovery.answer(party, id, from),
    onUnreadable: (id) => {
      recovery.ask(id);
    },
  });
  const contacts = createContacts(workspace, { onChange: lookAgain });

  return {
    ...{ store, contacts, conversations, outbox, protection, renew },
    resource: (jid) => {
      const row = store.account.get();
      // Before the first sign-in there is no device yet; the name only has to be ours alone.
      const name = row?.jid === jid ? row.device : newDevice(random);
      return `signet-${name.slice(0, 8).toLowerCase()}`;
    },
    modulesOptions: () => ({
      software: { ...SOFTWARE, version: ports.version },
      features: [SEC],
      capsCache: {
        get: (ver) => store.capabilities.get(CAPS_HASH, ver),
        set: (ver, features) => {
          store.capabilities.put(CAPS_HASH, ver, features, clock.now());
        },
      },
      roster: contacts.rosterOptions(),
      subscriptions: { onSubscription: contacts.onSubscription, extensionNs: SEC },
      onPresence: contacts.onPresence,
      onCapabilities: (jid: Jid) => {
        lookAgain(bareOf(jid));
      },
    }),
    attach(online) {
      self = undefined; // a first sign-in has just made the account
      agreements.close();
      agreements.attach(online);
    },
    ready(resumed) {
      if (!resumed) {
        outbox.restart();
        inbox.restart();
      }
      outbox.pumpAll();
      inbox.sendOwedReceipts();
      recovery.askAll();
    },
    offline() {
      contacts.onOffline();
      if (current !== undefined) protection.refresh(current);
    },
    deliver: (stanza) => (stanza.name === 'message' ? inbox.deliver(stanza) : undefined),
    openConversation(jid) {
      const view = conversations.view(jid);
      current = jid;
      if (agreements.wanting(jid)) void agreements.ensure(jid);
      return view;
    },
    decide(jid, fp, verdict) {
      protection.decide(jid, fp, verdict);
      agreements.consented(jid);
      lookAgain(jid);
      return protection.view(jid);
    },
    setPresence(presence, status) {
      const row = store.account.get();
      if (row === undefined) return;
      const { status: _, ...rest } = row.preferences;
      store.account.setPreferences({ ...rest, presence, ...(status !== undefined && { status }) });
      ports.online()?.modules.presence.send({ show: presence, ...(status !== undefined && { status }) });
    },
    setSettings(changes) {
      const settings = store.transaction(() => store.settings.set(changes));
      bus.emit('settings.changed', settings);
      if (changes.requireProtection !== undefined && store.account.get() !== undefined) {
        for (const { jid } of store.conversations.list({ limit: SHOWN }).items) lookAgain(jid);
      }
      return settings;
    },
    close() {
      deferred.flush();
      closed = true;
      agreements.close();
    },
  };
}
