/** What the parts of xmpp/ agree on. Nothing here knows of security or storage (docs/architecture.md). */

import type { BareJid, FullJid, Jid } from '../../src-shared/jid.ts';
import type { Element } from '../xml/element.ts';

/** A stanza written out by a hot path (security/message.ts); it is sent as it is, counted as one stanza. */
export interface RawStanza {
  readonly kind: 'message' | 'iq' | 'presence';
  readonly xml: string;
}

export type Outgoing = Element | RawStanza;

/** RFC 6120 §8.3.2. */
export type StanzaErrorType = 'auth' | 'cancel' | 'continue' | 'modify' | 'wait';

/** A stanza error, as received or to be sent. It never carries a peer's text to a person. */
export class StanzaError extends Error {
  readonly type: StanzaErrorType;
  /** Defined condition, e.g. `item-not-found`. */
  readonly condition: string;
  /** Application condition, if any. */
  readonly application: { readonly name: string; readonly ns: string } | undefined;

  constructor(type: StanzaErrorType, condition: string, application?: { name: string; ns: string }) {
    super(application === undefined ? condition : `${condition} (${application.name})`);
    this.name = 'StanzaError';
    this.type = type;
    this.condition = condition;
    this.application = application;
  }
}

/** No answer came in time, or the stream ended before it did. */
export class IqTimeout extends Error {
  constructor() {
    super('no answer to an iq');
    this.name = 'IqTimeout';
  }
}

/** Answers an incoming iq: the payload of the result (or nothing), or a thrown StanzaError. */
export type IqHandler = (
  payload: Element,
  from: Jid | undefined,
  stanza: Element,
) => Element | undefined | Promise<Element | undefined>;

export interface Iq {
  /**
   * Sends an iq and resolves with the `result` stanza. `to` undefined asks our own server/account. Ids are random; a
   * reply counts only from the address asked (RFC 6120 §8.2.3, §10.3.3).
   * @throws StanzaError for an error reply, IqTimeout after `timeoutMs` (30,000 unless told) or when the stream ends
   */
  get(to: Jid | undefined, payload: Element, timeoutMs?: number): Promise<Element>;
  set(to: Jid | undefined, payload: Element, timeoutMs?: number): Promise<Element>;
  /** Registers the handler of one payload; unknown payloads are answered `service-unavailable`. Returns the removal. */
  onGet(name: string, ns: string, handler: IqHandler): () => void;
  onSet(name: string, ns: string, handler: IqHandler): () => void;
}

/** What the engine's `deliver` sees of an incoming message or presence: `h` advances when its promise resolves. */
export type Deliver = (stanza: Element) => Promise<void> | void;

/** One signed-in session: what modules are set up with. It dies with its connection, or lives on through resumption. */
export interface Session {
  readonly jid: FullJid;
  readonly bare: BareJid;
  readonly domain: string;
  readonly iq: Iq;
  /** Sends a stanza; `acked` is called once the server has acknowledged it (XEP-0198), at once where it cannot. */
  send(stanza: Outgoing, acked?: () => void): void;
  /** Handlers are called in order of registration, before the engine's `deliver`; they must not throw. */
  onMessage(handler: (stanza: Element) => void): () => void;
  onPresence(handler: (stanza: Element) => void): () => void;
}

/** A XEP is one file and one factory (style rule 9): `setup` returns what it offers; `teardown` undoes it. */
export interface XmppModule<Options, Offers> {
  /** Features for disco#info, hence for entity capabilities. */
  readonly features: readonly string[];
  readonly setup: (session: Session, options: Options) => Offers & { teardown(): void };
}

export function xmppModule<Options, Offers>(module: XmppModule<Options, Offers>): XmppModule<Options, Offers> {
  return module;
}
