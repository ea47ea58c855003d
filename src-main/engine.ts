/**
 * The composition root: the one place that knows everybody. `createEngine` is what every host, the demo and the tests use;
 * `composeEngine` is the same with its ports open.
 *
 *   vault (store, keys) ──► desk (the services of one open store) ◄── connection (one signed-in account)
 */

import { version } from '../package.json' with { type: 'json' };
import type { Parsed } from '../src-shared/api.ts';
import { SignetError, isErrorCode, type ErrorCode } from '../src-shared/errors.ts';
import type { Notice, VaultState } from '../src-shared/models.ts';
import { accountJid, contactJid } from './accounts/account.ts';
import { createServerTrust } from './accounts/server-trust.ts';
import { createSignIn, type SignInRequest } from './accounts/sign-in.ts';
import { createDesk, type Desk } from './desk.ts';
import { EventBus } from './event-bus.ts';
import type { EngineApi, EngineOptions, Handlers } from './ipc/engine-api.ts';
import { createKeychain, type Keychain } from './keychain/keychain.ts';
import { systemRandom } from './security/crypto/random.ts';
import type { Log } from './services.ts';
import { defined } from './store/columns.ts';
import { outsideCopy } from './store/outside-copy.ts';
import { createRestoreGuard, type OutsideCopy } from './store/restore-guard.ts';
import type { Store } from './store/store.ts';
import { createVault } from './store/vault.ts';
import { systemClock, systemTimers, type Clock, type Random, type Timers } from './xmpp/ports.ts';

/** Everything that the engine takes from outside. */
export interface EnginePorts extends EngineOptions {
  readonly keychain: Keychain;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  /** Where protocol 6.5's pair lies outside the store. */
  readonly outside: (profile: string) => OutsideCopy;
  /** Coded lines for people who look for a fault; nothing secret, no address, no text. */
  readonly log: Log;
}

export function createEngine(options: EngineOptions): Promise<EngineApi> {
  const keychain = createKeychain();
  return composeEngine({
    ...options,
    keychain,
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    outside: (profile) => outsideCopy(profile, keychain),
    log: () => undefined,
  });
}

const EXPIRE_MS = 3_600_000;
const MAX_NOTICES = 50;

/** @throws SignetError `profile-in-use`, `profile-unwritable`: without a profile there is no engine */
export async function composeEngine(ports: EnginePorts): Promise<EngineApi> {
  const { clock, timers, random, log } = ports;
  const bus = new EventBus((error) => {
    log('listener-failed', error instanceof Error ? error.name : 'unknown');
  });
  const vault = createVault({ dir: ports.profile, keychain: ports.keychain, random, clock });
  const notices: Notice[] = [];
  let desk: Desk | undefined;
  let stopExpiry: () => void = () => undefined;

  const serverTrust = createServerTrust({
    repository: () => desk?.store.serverTrust,
    clock,
    log,
    onUsed: () => {
      notice('server-excepted');
    },
  });

  bus.subscribe((event, payload) => {
    if (event !== 'notice') return;
    notices.push(payload as Notice);
    notices.splice(0, notices.length - MAX_NOTICES);
  });

  const notice = (code: ErrorCode): void => {
    bus.emit('notice', { code, at: clock.now() });
  };

  // ── the store ─────────────────────────────────────────────────────────────────────────────────────────────────

  /** After every change of the vault: the services of an open store, or none. */
  const vaultChanged = async (): Promise<VaultState> => {
    const { store, state } = vault;
    if (store === undefined) closeDesk();
    else if (desk === undefined) desk = await openDesk(store);
    bus.emit('vault.changed', state);
    return state;
  };

  const openDesk = async (store: Store): Promise<Desk> => {
    const guard = createRestoreGuard({ store, outside: ports.outside(ports.profile), random });
    const opened = createDesk({
      store,
      guard,
      bus,
      clock,
      timers,
      random,
      log,
      version,
      online: () => account.connection?.online,
    });
    if ((await guard.checkAtStart()) === 'restored') await opened.renew();
    const expire = (): void => {
      try {
        store.expire(clock.now());
      } catch (error) {
        // A full disk: what has had its time goes an hour later.
        log('not-expired', error instanceof SignetError ? error.code : 'internal');
      }
      stopExpiry = timers.after(EXPIRE_MS, expire);
    };
    expire();
    return opened;
  };

  const closeDesk = (): void => {
    stopExpiry();
    desk?.close();
    desk = undefined;
  };

  /** The store for a sign-in: the open one, or a new one where the keychain can hold its key. */
  const storeToSignIn = async (): Promise<Desk> => {
    if (desk === undefined && vault.state.kind === 'new') {
      await vault.create();
      await vaultChanged();
    }
    return openedDesk();
  };

  const openedDesk = (): Desk => {
    if (desk !== undefined) return desk;
    const { kind } = vault.state;
    throw new SignetError(isErrorCode(kind) ? kind : 'vault-locked');
  };

  // ── the account ───────────────────────────────────────────────────────────────────────────────────────────────

  const account = createSignIn({
    ...{ ca: ports.ca, clock, timers, random, log, serverTrust, password: vault.password },
    desk: () => desk,
    deskToSignIn: storeToSignIn,
    changed: () => {
      bus.emit('account.changed', account.account());
    },
  });

  const signedIn = (): Desk => {
    const opened = openedDesk();
    if (account.connection === undefined) throw new SignetError('not-signed-in');
    return opened;
  };

  const requestOf = (input: Parsed<'account.register'> & { readonly allowPlain?: boolean }): SignInRequest => ({
    jid: accountJid(input.jid),
    password: input.password,
    preferences: {
      ...defined({ server: input.server, proxy: input.proxy && defined(input.proxy) }),
      allowPlain: input.allowPlain ?? false,
      presence: 'online',
      remembered: input.remember,
    },
  });

  // ── the contract ──────────────────────────────────────────────────────────────────────────────────────────────

  const afterVault = async (change: Promise<VaultState>): Promise<VaultState> => {
    await change;
    const state = await vaultChanged();
    await account.again();
    return state;
  };

  const done = (): null => null;
  const handlers: Handlers = {
    'app.info': () => ({ version, host: ports.host, platform: process.platform }),
    'app.notices': () => [...notices],

    'vault.status': () => vault.state,
    'vault.unlock': ({ passphrase }) => afterVault(vault.unlock(passphrase)),
    'vault.retry': () => afterVault(vault.open()),
    'vault.setPassphrase': ({ passphrase }) => afterVault(vault.setPassphrase(passphrase)),
    'vault.removePassphrase': () => afterVault(vault.removePassphrase()),
    'vault.startAfresh': async () => {
      if (account.connection !== undefined) throw new SignetError('already-signed-in');
      closeDesk();
      return afterVault(vault.startAfresh());
    },

    'account.get': () => account.account(),
    'account.signIn': (input) => account.signIn(requestOf(input)),
    'account.register': (input) => account.register(requestOf(input)),
    'account.signOut': () => account.signOut().then(done),
    'account.reconnect': () => {
      signedIn();
      account.connection?.reconnect();
      return null;
    },
    'account.connection': () => account.connectionView(),
    'account.setConnection': ({ server, proxy }) =>
      account
        .setConnection(defined({ server: server ?? undefined, proxy: proxy === null ? undefined : defined(proxy) }))
        .then(done),
    'account.setPresence': ({ presence, status }) => {
      signedIn().setPresence(presence, status);
      bus.emit('account.changed', account.account());
      return null;
    },

    'server.problem': ({ jid }) => serverTrust.problem(accountJid(jid)),
    'server.exceptions': () => serverTrust.exceptions(),
    'server.allow': ({ jid, fp }) => {
      serverTrust.allow(accountJid(jid), fp);
      return null;
    },
    'server.disallow': async ({ jid, fp }) => {
      if (serverTrust.disallow(accountJid(jid), fp)) await account.restart();
      return null;
    },

    'contact.list': () => signedIn().contacts.list(),
    'contact.add': ({ jid, name }) => signedIn().contacts.add(contactJid(jid), name),
    'contact.accept': ({ jid }) => signedIn().contacts.accept(contactJid(jid)).then(done),
    'contact.decline': ({ jid }) => {
      signedIn().contacts.decline(contactJid(jid));
      return null;
    },
    'contact.rename': ({ jid, name }) => signedIn().contacts.rename(contactJid(jid), name).then(done),
    'contact.remove': ({ jid }) => signedIn().contacts.remove(contactJid(jid)).then(done),

    'conversation.list': (input) => signedIn().conversations.list(input),
    'conversation.get': ({ jid }) => signedIn().openConversation(contactJid(jid)),
    'conversation.markRead': ({ jid, upTo }) => {
      signedIn().conversations.markRead(contactJid(jid), upTo);
      return null;
    },
    'conversation.setTyping': ({ jid, typing }) => signedIn().outbox.typing(contactJid(jid), typing).then(done),
    'conversation.setDraft': ({ jid, draft }) => {
      signedIn().conversations.setDraft(contactJid(jid), draft);
      return null;
    },
    'conversation.allowUnprotected': ({ jid, allowed }) => {
      signedIn().conversations.allowUnprotected(contactJid(jid), allowed);
      return null;
    },
    'conversation.remove': ({ jid }) => {
      signedIn().conversations.remove(contactJid(jid));
      return null;
    },

    'message.send': ({ to, body, protection }) => signedIn().outbox.send(contactJid(to), body, protection),
    'message.list': ({ jid, before, limit }) => signedIn().conversations.messages(contactJid(jid), { before, limit }),
    'message.retry': ({ id }) => {
      signedIn().outbox.retry(id);
      return null;
    },
    'message.discard': ({ id }) => {
      signedIn().outbox.discard(id);
      return null;
    },

    'protection.get': ({ jid }) => signedIn().protection.view(contactJid(jid)),
    'protection.compare': ({ jid, fp, matches }) => signedIn().decide(contactJid(jid), fp, matches ? 'verified' : 'distrusted'),
    'protection.decide': ({ jid, fp, accept }) => signedIn().decide(contactJid(jid), fp, accept ? 'first-use' : 'distrusted'),

    'settings.get': () => openedDesk().store.settings.get(),
    'settings.set': (input) => openedDesk().setSettings(input),
  };

  try {
    await vault.open();
    await vaultChanged();
    await account.again();
  } catch (error) {
    // The engine stands all the same: the page shows what is wrong and the ways back.
    if (!(error instanceof SignetError)) throw error;
    notice(error.code);
  }

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await account.stop();
    closeDesk();
    vault.close();
  };
  return {
    handlers,
    subscribe: (listener) => bus.subscribe(listener),
    stop: () => (stopped ??= stop()),
  };
}
