/**
 * The account's connection: the client, a set of modules for each session, and the state that people see. What happens on
 * a new session is the caller's (engine.ts): this service knows of no chat and no key.
 */

import type { ErrorCode } from '../../src-shared/errors.ts';
import { SignetError } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { ConnectionState } from '../../src-shared/models.ts';
import type { Log, Online } from '../services.ts';
import { createClient, type Client, type ClientState, type ServerOptions } from '../xmpp/client.ts';
import type { OwnPresence } from '../xmpp/modules/rfc6121-presence.ts';
import { setupModules, type ModulesOptions } from '../xmpp/modules/index.ts';
import type { Deliver, Session } from '../xmpp/types.ts';

export interface ConnectionOptions extends ServerOptions {
  readonly jid: BareJid;
  readonly resource: string;
  readonly allowPlain: boolean;
  readonly password: () => Promise<string>;
  readonly log: Log;
  readonly presence: () => OwnPresence;
  /** Called for each new session, before anything is sent on it: what its modules are set up with. */
  readonly modules: (session: Session) => ModulesOptions;
  /** Handlers that the services register on a new session; it lives until the next one. */
  readonly onSession: (online: Online) => void;
  /** Roster loaded, presence sent: now messages can leave. `resumed`: the session of before goes on. */
  readonly onReady: (resumed: boolean) => void;
  readonly onState: (state: ConnectionState) => void;
  readonly deliver: Deliver;
}

export interface Connection {
  readonly online: Online | undefined;
  readonly state: ConnectionState;
  start(): void;
  stop(): Promise<void>;
  reconnect(): void;
  /** Resolves once signed in; rejects with why the first attempt failed. */
  firstOutcome(): Promise<void>;
}

export function createConnection(options: ConnectionOptions): Connection {
  let state: ConnectionState = { kind: 'offline' };
  let made: Online | undefined;
  let stands = false;
  const waiting: { resolve: () => void; reject: (error: unknown) => void }[] = [];

  const settle = (failure: ErrorCode | undefined): void => {
    for (const { resolve, reject } of waiting.splice(0)) {
      if (failure === undefined) resolve();
      else reject(new SignetError(failure));
    }
  };

  const become = (next: ConnectionState): void => {
    state = next;
    options.onState(next);
  };

  const begin = async (online: Online): Promise<void> => {
    try {
      await online.modules.begin(options.presence());
    } catch (error) {
      // The stream that could not even give the roster is ended by its own timeouts; the next one tries again.
      options.log('session-begin-failed', error instanceof Error ? error.name : 'unknown');
      return;
    }
    if (made !== online) return;
    become({ kind: 'online' });
    settle(undefined);
    options.onReady(false);
  };

  const onState = (next: ClientState): void => {
    stands = next.kind === 'online';
    switch (next.kind) {
      case 'online':
        if (!next.resumed) return; // `begin` says so, once the roster is here
        become({ kind: 'online' });
        settle(undefined);
        options.onReady(true);
        return;
      case 'waiting':
        become({ kind: 'waiting', retryAt: next.retryAt, reason: next.code });
        settle(next.code);
        return;
      case 'stopped':
        become({ kind: 'stopped', code: next.code });
        settle(next.code);
        return;
      default:
        become({ kind: next.kind });
    }
  };

  const client: Client = createClient({
    ...options,
    onState,
    onSession: (session) => {
      made?.modules.teardown();
      const modules = setupModules(session, options.modules(session));
      const online: Online = { session, modules, maxStanza: () => client.maxStanza };
      made = online;
      stands = true;
      options.onSession(online);
      void begin(online);
    },
    // Every message in doubt is in the store as `sending`, and goes back into the queue with the next session.
    onUnacked: () => undefined,
    onFault: (error: unknown) => {
      options.log('fault', error instanceof Error ? error.name : 'unknown');
    },
  });

  return {
    get online() {
      return stands && state.kind === 'online' ? made : undefined;
    },
    get state() {
      return state;
    },
    start() {
      client.start();
    },
    async stop() {
      await client.stop();
      made?.modules.teardown();
      made = undefined;
      become({ kind: 'offline' });
    },
    reconnect() {
      client.reconnectNow();
    },
    firstOutcome: () =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
      }),
  };
}
