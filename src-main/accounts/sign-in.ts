/**
 * Signing in and out: the one account of a profile, and the connection that it has. What happens on a session is the
 * desk's; this service knows of no chat and no key.
 *
 *   none ──signIn──► trying ──► standing ──signOut──► none
 *            ▲          └─ fails: none, and the caller hears why
 *            └── at start, by itself, where the password was kept
 */

import { SignetError } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Account, ConnectionView } from '../../src-shared/models.ts';
import type { Log, Online } from '../services.ts';
import type { AccountPreferences } from '../store/account.ts';
import type { Store } from '../store/store.ts';
import { registerAccount } from '../xmpp/client.ts';
import type { ModulesOptions } from '../xmpp/modules/index.ts';
import type { Clock, Random, Timers } from '../xmpp/ports.ts';
import type { Deliver } from '../xmpp/types.ts';
import { accountView, newAccount } from './account.ts';
import { createConnection, type Connection } from './connection.ts';
import type { ServerTrust } from './server-trust.ts';

/** What of the desk of an open store a connection needs. */
export interface SignInDesk {
  readonly store: Store;
  resource(jid: BareJid): string;
  modulesOptions(): ModulesOptions;
  attach(online: Online): void;
  ready(resumed: boolean): void;
  offline(): void;
  readonly deliver: Deliver;
}

export interface SignInPorts {
  /** PEM, trusted beside the platform's. */
  readonly ca: readonly string[] | undefined;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly serverTrust: ServerTrust;
  /** The account's password in the keychain. */
  readonly password: {
    get(): Promise<string | undefined>;
    set(password: string): Promise<void>;
    delete(): Promise<void>;
  };
  /** Of the open store. */
  readonly desk: () => SignInDesk | undefined;
  /** The same; the store is made where there is none yet. @throws SignetError `vault-locked` and the vault's own codes */
  readonly deskToSignIn: () => Promise<SignInDesk>;
  /** Something about the account has changed. */
  readonly changed: () => void;
}

export interface SignInRequest {
  readonly jid: BareJid;
  readonly password: string;
  readonly preferences: AccountPreferences;
}

export interface SignInService {
  /** Null where nobody is signed in. */
  account(): Account | null;
  readonly connection: Connection | undefined;
  /** @throws SignetError `already-signed-in`, `other-account`, and why the first attempt failed */
  signIn(request: SignInRequest): Promise<Account>;
  /** Makes the account, then signs in. @throws SignetError: see {@link registerAccount} */
  register(request: SignInRequest): Promise<Account>;
  /** Ends the connection and forgets the password; history stays. */
  signOut(): Promise<void>;
  /** By itself, where the password was kept. */
  again(): Promise<void>;
  /** How the server is reached. @throws SignetError `not-signed-in` */
  connectionView(): ConnectionView;
  /** Reaches the server in another way from now on. @throws SignetError `not-signed-in` */
  setConnection(way: Pick<AccountPreferences, 'server' | 'proxy'>): Promise<void>;
  /** Ends the connection and begins it anew: what it stood on has changed. */
  restart(): Promise<void>;
  /** Ends the connection; nothing is forgotten. */
  stop(): Promise<void>;
}

export function createSignIn(ports: SignInPorts): SignInService {
  const { clock, timers, random, log, serverTrust } = ports;
  let current: { readonly request: SignInRequest; readonly connection: Connection } | undefined;
  let signingIn = false;

  const account = (): Account | null => {
    const row = ports.desk()?.store.account.get();
    if (row === undefined || current === undefined) return null;
    return accountView(row, current.connection.state, serverTrust.inUse(row.jid) !== undefined);
  };

  const connect = (to: SignInDesk, request: SignInRequest): Connection => {
    const { jid, password, preferences } = request;
    const { store } = to;
    let wasOnline = false;
    const made: Connection = createConnection({
      ...{ jid, random, timers, clock, log },
      ...(preferences.server !== undefined && { server: preferences.server }),
      ...(preferences.proxy !== undefined && { proxy: preferences.proxy }),
      ...(ports.ca !== undefined && { ca: ports.ca }),
      policy: serverTrust.policy(jid),
      resource: to.resource(jid),
      allowPlain: preferences.allowPlain,
      password: () => Promise.resolve(password),
      presence: () => {
        const { presence, status } = store.account.get()?.preferences ?? preferences;
        return { show: presence, ...(status !== undefined && { status }) };
      },
      modules: () => {
        // Only an account that could sign in is kept; from here on it has a credential and a device.
        const before = store.account.get();
        store.account.put({ ...(before ?? newAccount(jid, preferences, { now: clock.now(), random })), preferences });
        return to.modulesOptions();
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
        if (made === current?.connection) ports.changed();
      },
      deliver: (stanza) => to.deliver(stanza),
    });
    current = { request, connection: made };
    return made;
  };

  const signIn = async (request: SignInRequest): Promise<Account> => {
    const ended = current?.connection.state.kind === 'stopped';
    if ((current !== undefined && !ended) || signingIn) throw new SignetError('already-signed-in');
    signingIn = true;
    try {
      // A wrong password, a conflict: signing in again takes the place of what has stopped.
      await stop();
      const to = await ports.deskToSignIn();
      const before = to.store.account.get();
      if (before !== undefined && before.jid !== request.jid) throw new SignetError('other-account');
      if (request.preferences.remembered) await ports.password.set(request.password);
      const connection = connect(to, request);
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
      ports.changed();
      return made;
    } finally {
      signingIn = false;
    }
  };

  const register = async (request: SignInRequest): Promise<Account> => {
    if (current !== undefined) throw new SignetError('already-signed-in');
    await ports.deskToSignIn();
    const { jid, password, preferences } = request;
    await registerAccount({
      ...{ jid, password, policy: serverTrust.policy(jid), random, timers, clock },
      ...(preferences.server !== undefined && { server: preferences.server }),
      ...(preferences.proxy !== undefined && { proxy: preferences.proxy }),
      ...(ports.ca !== undefined && { ca: ports.ca }),
    });
    return signIn(request);
  };

  const stop = async (): Promise<void> => {
    const ending = current;
    await ending?.connection.stop();
    if (current === ending) current = undefined;
  };

  const signOut = async (): Promise<void> => {
    await stop();
    const store = ports.desk()?.store;
    const row = store?.account.get();
    if (row !== undefined) store?.account.setPreferences({ ...row.preferences, remembered: false });
    await ports.password.delete().catch((error: unknown) => {
      // Without a keychain there is no password in it.
      if (!(error instanceof SignetError)) throw error;
    });
    ports.changed();
  };

  const again = async (): Promise<void> => {
    const desk = ports.desk();
    const row = desk?.store.account.get();
    if (desk === undefined || row === undefined || current !== undefined || !row.preferences.remembered) return;
    const password = await ports.password.get().catch((error: unknown) => {
      if (error instanceof SignetError) return undefined;
      throw error;
    });
    if (password === undefined) return;
    connect(desk, { jid: row.jid, password, preferences: row.preferences }).start();
    ports.changed();
  };

  const standing = (): { readonly desk: SignInDesk; readonly request: SignInRequest } => {
    const desk = ports.desk();
    if (desk === undefined || current === undefined) throw new SignetError('not-signed-in');
    return { desk, request: current.request };
  };

  return {
    account,
    get connection() {
      return current?.connection;
    },
    signIn,
    register,
    signOut,
    again,
    connectionView() {
      const { server, proxy } = standing().request.preferences;
      return {
        ...(server !== undefined && { server }),
        ...(proxy !== undefined && {
          proxy: {
            ...{ host: proxy.host, port: proxy.port, hasPassword: proxy.password !== undefined },
            ...(proxy.username !== undefined && { username: proxy.username }),
          },
        }),
      };
    },
    async setConnection(way) {
      const { desk, request } = standing();
      const { server: _server, proxy: before, ...rest } = desk.store.account.get()?.preferences ?? request.preferences;
      const preferences = { ...rest, ...way, ...(way.proxy !== undefined && { proxy: withPassword(way.proxy, before) }) };
      desk.store.account.setPreferences(preferences);
      await stop();
      connect(desk, { ...request, preferences }).start();
      ports.changed();
    },
    async restart() {
      await current?.connection.stop();
      current?.connection.start();
    },
    stop,
  };
}

type ProxyPreference = NonNullable<AccountPreferences['proxy']>;

/** The page never gets a password, so it cannot give the old one back: it stays where the proxy and the name are the same. */
function withPassword(proxy: ProxyPreference, before: ProxyPreference | undefined): ProxyPreference {
  if (proxy.password !== undefined || before?.password === undefined) return proxy;
  const same = proxy.host === before.host && proxy.port === before.port && proxy.username === before.username;
  return same ? { ...proxy, password: before.password } : proxy;
}
