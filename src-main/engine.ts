/**
 * The composition root: the one place that knows everybody. `createEngine` is what every host, the demo and the tests use;
 * `composeEngine` is the same with its ports open.
 *
 *   vault (store, keys) ──► desk (the services of one open store) ◄── connection (one signed-in account)
 */

import { version } from '../package.json' with { type: 'json' };
import { SignetError, isErrorCode, type ErrorCode } from '../src-shared/errors.ts';
import type { Account, Notice, VaultState } from '../src-shared/models.ts';
import { accountJid, accountView, contactJid, newAccount } from './accounts/account.ts';
import { createConnection, type Connection } from './accounts/connection.ts';
import { createServerTrust } from './accounts/server-trust.ts';
import { createDesk, type Desk } from './desk.ts';
import { EventBus } from './event-bus.ts';
import type { EngineApi, EngineOptions, Handlers } from './ipc/engine-api.ts';
import { createKeychain, type Keychain } from './keychain/keychain.ts';
import { systemRandom } from './security/crypto/random.ts';
import type { Log } from './services.ts';
import type { AccountPreferences } from './store/account.ts';
import { outsideCopy } from './store/outside-copy.ts';
import { createRestoreGuard, type OutsideCopy } from './store/restore-guard.ts';
import type { Store } from './store/store.ts';
import { createVault } from './store/vault.ts';
import { registerAccount } from './xmpp/client.ts';
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
  let connection: Connection | undefined;
  let signingIn = false;
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
    const opened = createDesk({ store, guard, bus, clock, timers, random, log, online: () => connection?.online });
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

  const account = (): Account | null => {
    const row = desk?.store.account.get();
    return row === undefined || connection === undefined
      ? null
      : accountView(row, connection.state, serverTrust.inUse(row.jid) !== undefined);
  };

  const signedIn = (): Desk => {
    const opened = openedDesk();
    if (connection === undefined) throw new SignetError('not-signed-in');
    return opened;
  };

  const tellAccount = (): void => {
    bus.emit('account.changed', account());
  };

  interface SignIn {
    readonly jid: ReturnType<typeof accountJid>;
    readonly password: string;
    readonly preferences: AccountPreferences;
  }

  const connect = (to: Desk, { jid, password, preferences }: SignIn): Connection => {
    const { store } = to;
    let wasOnline = false;
    const made: Connection = createConnection({
      jid,
      ...(preferences.server !== undefined && { server: preferences.server }),
      ...(ports.ca !== undefined && { ca: ports.ca }),
      policy: serverTrust.policy(jid),
      resource: to.resource(jid),
      allowPlain: preferences.allowPlain,
      password: () => Promise.resolve(password),
      random,
      timers,
      clock,
      log,
      presence: () => {
        const { presence, status } = store.account.get()?.preferences ?? preferences;
        return { show: presence, ...(status !== undefined && { status }) };
      },
      modules: () => {
        // Only an account that could sign in is kept; from here on it has a credential and a device.
        const before = store.account.get();
        store.account.put({ ...(before ?? newAccount(jid, preferences, { now: clock.now(), random })), preferences });
        return to.modulesOptions(version);
      },
      onSession: (online) => {
        to.attach(online);
      },
      onReady: (resumed) => {
        to.ready(resumed);
      },
      onState: (state) => {
        if (wasOnline && state.kind !== 'online') to.offline();
        wasOnline = state.kind === 'online';
        if (made === connection) tellAccount();
      },
      deliver: (stanza) => to.deliver(stanza),
    });
    return made;
  };

  const signIn = async (request: SignIn): Promise<Account> => {
    const ended = connection?.state.kind === 'stopped';
    if ((connection !== undefined && !ended) || signingIn) throw new SignetError('already-signed-in');
    signingIn = true;
    try {
      // A wrong password, a conflict: signing in again takes the place of what has stopped.
      await connection?.stop();
      connection = undefined;
      const to = await storeToSignIn();
      const before = to.store.account.get();
      if (before !== undefined && before.jid !== request.jid) throw new SignetError('other-account');
      if (request.preferences.remembered) await vault.password.set(request.password);
      connection = connect(to, request);
      const outcome = connection.firstOutcome();
      connection.start();
      try {
        await outcome;
      } catch (error) {
        await signOut();
        throw error;
      }
      const made = account();
      if (made === null) throw new SignetError('internal');
      tellAccount();
      return made;
    } finally {
      signingIn = false;
    }
  };

  const signOut = async (): Promise<void> => {
    const ending = connection;
    await ending?.stop();
    connection = undefined;
    const row = desk?.store.account.get();
    if (row !== undefined) desk?.store.account.setPreferences({ ...row.preferences, remembered: false });
    await vault.password.delete().catch((error: unknown) => {
      // Without a keychain there is no password in it.
      if (!(error instanceof SignetError)) throw error;
    });
    tellAccount();
  };

  /** At start: by itself, where the password was kept. */
  const signInAgain = async (): Promise<void> => {
    const row = desk?.store.account.get();
    if (desk === undefined || row === undefined || connection !== undefined || !row.preferences.remembered) return;
    const password = await vault.password.get().catch((error: unknown) => {
      if (error instanceof SignetError) return undefined;
      throw error;
    });
    if (password === undefined) return;
    connection = connect(desk, { jid: row.jid, password, preferences: row.preferences });
    connection.start();
    tellAccount();
  };

  const preferencesFor = (input: {
    server?: AccountPreferences['server'] | undefined;
    remember: boolean;
    allowPlain?: boolean;
  }): AccountPreferences => ({
    ...(input.server !== undefined && { server: input.server }),
    allowPlain: input.allowPlain ?? false,
    presence: 'online',
    remembered: input.remember,
  });

  // ── the contract ──────────────────────────────────────────────────────────────────────────────────────────────

  const afterVault = async (change: Promise<VaultState>): Promise<VaultState> => {
    await change;
    const state = await vaultChanged();
    await signInAgain();
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
      if (connection !== undefined) throw new SignetError('already-signed-in');
      closeDesk();
      return afterVault(vault.startAfresh());
    },

    'account.get': account,
    'account.signIn': (input) =>
      signIn({ jid: accountJid(input.jid), password: input.password, preferences: preferencesFor(input) }),
    'account.register': async (input) => {
      const jid = accountJid(input.jid);
      if (connection !== undefined) throw new SignetError('already-signed-in');
      await storeToSignIn();
      const { server } = input;
      await registerAccount({
        ...{ jid, password: input.password, policy: serverTrust.policy(jid), random, timers, clock },
        ...(server !== undefined && { server }),
        ...(ports.ca !== undefined && { ca: ports.ca }),
      });
      return signIn({ jid, password: input.password, preferences: preferencesFor(input) });
    },
    'account.signOut': () => signOut().then(done),
    'account.reconnect': () => {
      signedIn();
      connection?.reconnect();
      return null;
    },
    'account.setPresence': ({ presence, status }) => {
      signedIn().setPresence(presence, status);
      tellAccount();
      return null;
    },

    'server.problem': ({ jid }) => serverTrust.problem(accountJid(jid)),
    'server.exceptions': () => serverTrust.exceptions(),
    'server.allow': ({ jid, fp }) => {
      serverTrust.allow(accountJid(jid), fp);
      return null;
    },
    'server.disallow': async ({ jid, fp }) => {
      if (serverTrust.disallow(accountJid(jid), fp)) {
        await connection?.stop();
        connection?.start();
      }
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
    await signInAgain();
  } catch (error) {
    // The engine stands all the same: the page shows what is wrong and the ways back.
    if (!(error instanceof SignetError)) throw error;
    notice(error.code);
  }

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    await connection?.stop();
    connection = undefined;
    closeDesk();
    vault.close();
  };
  return {
    handlers,
    subscribe: (listener) => bus.subscribe(listener),
    stop: () => (stopped ??= stop()),
  };
}
