/** What the engine gives the client and gets from it. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { BareJid, FullJid } from '../../src-shared/jid.ts';
import type { Proxy } from './dial.ts';
import type { HostMeta } from './host-meta.ts';
import type { Clock, Random, Timers } from './ports.ts';
import type { Resolver, Target } from './targets.ts';
import type { CertificatePolicy } from './tls/secure.ts';
import type { Deliver, Outgoing, Session } from './types.ts';

export type ClientState =
  | { readonly kind: 'offline' }
  | { readonly kind: 'connecting' }
  /** `resumed`: the session of before goes on (XEP-0198); otherwise `onSession` has just been called with a new one. */
  | { readonly kind: 'online'; readonly resumed: boolean; readonly jid: FullJid }
  /** The next attempt is at `retryAt` (clock, milliseconds); `code` says why the last one failed. */
  | { readonly kind: 'waiting'; readonly retryAt: number; readonly code: ErrorCode }
  /** No further attempt is made until `start` or `reconnectNow`. */
  | { readonly kind: 'stopped'; readonly code: ErrorCode };

/** How to reach and trust the server; shared by signing in and registering. */
export interface ServerOptions {
  readonly jid: BareJid;
  /** Instead of the SRV look-up. The certificate is verified against the domain of `jid` all the same. */
  readonly server?: Target;
  /** Every connection goes through it, and every name is looked up there. */
  readonly proxy?: Proxy;
  /** PEM certificates trusted in addition to the platform's. */
  readonly ca?: readonly string[];
  /** Where a check of the server's certificate fails; without it there are no exceptions. */
  readonly policy?: CertificatePolicy;
  readonly random: Random;
  readonly timers?: Timers;
  readonly clock?: Clock;
  readonly resolver?: Resolver;
  readonly hostMeta?: HostMeta;
}

export interface ClientOptions extends ServerOptions {
  /** The server chooses one unless told. */
  readonly resource?: string;
  /** Asked for at every sign-in. */
  readonly password: () => Promise<string> | string;
  /** The user's explicit word that SASL PLAIN (inside TLS) may be used. */
  readonly allowPlain?: boolean;
  /**
   * Called for every incoming message and presence, in the order of arrival, as they arrive and without waiting for the
   * one before. `h` (XEP-0198) advances over the longest prefix whose promises have resolved. A rejection ends the
   * connection without acknowledging the stanza, so that the server sends it again.
   */
  readonly deliver: Deliver;
  readonly onState: (state: ClientState) => void;
  /** A new session, after resource binding and before initial presence: modules are set up here. */
  readonly onSession: (session: Session) => void;
  /**
   * Stanzas of a session that ended, which the server has not acknowledged; in order. Called before `onSession` of the
   * next one. They may or may not have arrived: the engine sends them again from its store, with the same ids.
   */
  readonly onUnacked: (stanzas: readonly Outgoing[]) => void;
  /** A module's handler or an `acked` function threw, which it must not; the stanza goes its way all the same. */
  readonly onFault?: (error: unknown) => void;
}

export interface Client {
  /** Connects and stays connected until `stop`. */
  start(): void;
  /** Says goodbye to the server and resolves when the connection is closed (at most some seconds). */
  stop(): Promise<void>;
  /** Does not wait any longer; a connection that stands is probed. For network changes and waking up. */
  reconnectNow(): void;
  /** The session that stands, also while it waits to be resumed. */
  readonly session: Session | undefined;
  /** Octets that one outgoing stanza may have: the server's word (XEP-0478) or 65,536. */
  readonly maxStanza: number;
}
