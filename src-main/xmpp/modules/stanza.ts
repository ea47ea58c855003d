/** What every module reads and writes of a stanza (RFC 6120 §8). Readers bound what they read and never throw. */

import { bareOf, type Jid } from '../../../src-shared/jid.ts';
import { tryJid } from '../../jid/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { StanzaError, type Session, type StanzaErrorType } from '../types.ts';

export const NS_CLIENT = 'jabber:client';
const NS_STANZAS = 'urn:ietf:params:xml:ns:xmpp-stanzas';
const NS_XML = 'http://www.w3.org/XML/1998/namespace';

/** Bodies beyond this many octets are cut: the stanza's own bound (protocol 10) is 256 KiB. */
const MAX_BODY = 256 * 1024;
const MAX_ID = 1023;
const MAX_THREAD = 1023;

/** RFC 6121 §5.2.2. */
export type MessageType = 'chat' | 'error' | 'groupchat' | 'headline' | 'normal';

/** The answer to a question of ours that is not what the specification says; of the peer's text nothing is kept. */
export class BadAnswer extends Error {
  readonly code = 'bad-answer';

  constructor() {
    super('an answer is not well formed');
    this.name = 'BadAnswer';
  }
}

export interface StanzaHeader {
  readonly from: Jid | undefined;
  readonly to: Jid | undefined;
  readonly id: string | undefined;
}

export interface MessageHeader extends StanzaHeader {
  readonly type: MessageType;
  readonly body: string | undefined;
  readonly thread: string | undefined;
}

/** An attribute as a prepared JID; undefined where it is missing or no JID. */
export function jidAttr(element: Element, name: string): Jid | undefined {
  const value = element.attr(name);
  return value === undefined ? undefined : tryJid(value);
}

/** `text` cut, at a character's end, to at most `maxOctets` of UTF-8. */
export function clip(text: string, maxOctets: number): string {
  if (Buffer.byteLength(text) <= maxOctets) return text;
  let octets = 0;
  let end = 0;
  for (const character of text) {
    octets += Buffer.byteLength(character);
    if (octets > maxOctets) break;
    end += character.length;
  }
  return text.slice(0, end);
}

/** `text` where it has 1 to `maxOctets` octets of UTF-8, else undefined: for identifiers, which cannot be cut. */
export function token(text: string | undefined, maxOctets: number): string | undefined {
  if (text === undefined || text === '' || Buffer.byteLength(text) > maxOctets) return undefined;
  return text;
}

/**
 * The text of a child that may come in several languages: the one without `xml:lang` before any other, cut to
 * `maxOctets`; undefined where there is none.
 */
export function textOf(element: Element, name: string, maxOctets: number, ns: string = element.ns): string | undefined {
  const all = element.childrenOf(name, ns);
  const plain = all.find((e) => !e.foreign.some((a) => a.ns === NS_XML && a.name === 'lang'));
  const chosen = plain ?? all[0];
  return chosen === undefined ? undefined : clip(chosen.text(), maxOctets);
}

/** Common attributes (RFC 6120 §8.1); undefined where `from` or `to` is there and is no JID. */
export function readHeader(stanza: Element): StanzaHeader | undefined {
  const from = jidAttr(stanza, 'from');
  const to = jidAttr(stanza, 'to');
  if (from === undefined && stanza.attr('from') !== undefined) return undefined;
  if (to === undefined && stanza.attr('to') !== undefined) return undefined;
  return { from, to, id: token(stanza.attr('id'), MAX_ID) };
}

const MESSAGE_TYPES: readonly string[] = ['chat', 'error', 'groupchat', 'headline', 'normal'] satisfies MessageType[];

/** RFC 6121 §5.2.2: a missing or unknown type is `normal`. */
export function messageType(message: Element): MessageType {
  const type = message.attr('type') ?? 'normal';
  return MESSAGE_TYPES.includes(type) ? (type as MessageType) : 'normal';
}

/** Reads a `<message/>`; undefined for anything else, and where an address is no JID. */
export function readMessage(stanza: Element): MessageHeader | undefined {
  if (!stanza.is('message', NS_CLIENT)) return undefined;
  const header = readHeader(stanza);
  if (header === undefined) return undefined;
  return {
    ...header,
    type: messageType(stanza),
    body: textOf(stanza, 'body', MAX_BODY),
    thread: token(stanza.childText('thread'), MAX_THREAD),
  };
}

/** True for a stanza from our own account: without `from`, or from our own bare JID (RFC 6121 §2.1.6). */
export function fromOwnAccount(session: Pick<Session, 'bare'>, stanza: Element): boolean {
  return stanza.attr('from') === undefined || jidAttr(stanza, 'from') === session.bare;
}

/** True for `from` of our own server, our own account or one of its resources (undefined: our account). */
export function fromOurSide(session: Pick<Session, 'bare' | 'domain'>, from: Jid | undefined): boolean {
  return from === undefined || from === session.domain || bareOf(from) === session.bare;
}

const ERROR_TYPES: readonly string[] = ['auth', 'cancel', 'continue', 'modify', 'wait'] satisfies StanzaErrorType[];
/** RFC 6120 §8.3.3. */
const CONDITIONS: ReadonlySet<string> = new Set([
  'bad-request',
  'conflict',
  'feature-not-implemented',
  'forbidden',
  'gone',
  'internal-server-error',
  'item-not-found',
  'jid-malformed',
  'not-acceptable',
  'not-allowed',
  'not-authorized',
  'payment-required',
  'policy-violation',
  'recipient-unavailable',
  'redirect',
  'registration-required',
  'remote-server-not-found',
  'remote-server-timeout',
  'resource-constraint',
  'service-unavailable',
  'subscription-required',
  'undefined-condition',
  'unexpected-request',
]);

/**
 * The error of a stanza of type `error`; undefined for other types. What is missing or unknown reads as `cancel` and
 * `undefined-condition` (RFC 6120 §8.3.2). The peer's text is not read.
 */
export function readStanzaError(stanza: Element): StanzaError | undefined {
  if (stanza.attr('type') !== 'error') return undefined;
  const error = stanza.child('error', stanza.ns);
  const given = error?.attr('type') ?? 'cancel';
  const type = ERROR_TYPES.includes(given) ? (given as StanzaErrorType) : 'cancel';
  const condition = error?.elements().find((e) => e.ns === NS_STANZAS && CONDITIONS.has(e.name))?.name;
  const application = error?.elements().find((e) => e.ns !== NS_STANZAS && e.ns !== stanza.ns);
  return new StanzaError(
    type,
    condition ?? 'undefined-condition',
    application && token(application.name, 128) && token(application.ns, 256)
      ? { name: application.name, ns: application.ns }
      : undefined,
  );
}

/**
 * The error reply to a stanza, addresses exchanged; it carries no text. Undefined for what may not be answered by an
 * error: another error, or the result of an iq (RFC 6120 §8.3.1).
 */
export function errorReply(stanza: Element, error: StanzaError): Element | undefined {
  const type = stanza.attr('type');
  if (type === 'error' || (stanza.name === 'iq' && type === 'result')) return undefined;
  return xml(
    stanza.name,
    stanza.ns,
    { type: 'error', id: stanza.attr('id'), to: stanza.attr('from'), from: stanza.attr('to') },
    xml(
      'error',
      stanza.ns,
      { type: error.type },
      xml(error.condition, NS_STANZAS),
      error.application && xml(error.application.name, error.application.ns),
    ),
  );
}

/** What a stranger gets: exactly what an offline account's server answers (RFC 6121 §8.5, protocol 3). */
export const serviceUnavailable = (): StanzaError => new StanzaError('cancel', 'service-unavailable');
