/** SASL on a secured stream (RFC 6120 §6): the strongest mechanism that both sides have, the server's proof included. */

import { SignetError, type ErrorCode } from '../../../src-shared/errors.ts';
import { xml, type Element } from '../../xml/element.ts';
import { serialize } from '../../xml/serialize.ts';
import type { Random } from '../ports.ts';
import { plainMessage } from './plain.ts';
import { saslprep } from './saslprep.ts';
import { scramClient, type ScramHash } from './scram.ts';

const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl';

/** Strongest first. PLAIN is not in the list: it needs the user's word. */
const SCRAM: readonly (readonly [mechanism: string, hash: ScramHash])[] = [
  ['SCRAM-SHA-512', 'sha512'],
  ['SCRAM-SHA-256', 'sha256'],
  ['SCRAM-SHA-1', 'sha1'],
];
const NONCE_OCTETS = 24;

export interface Credentials {
  /** Local part of the account. */
  readonly user: string;
  readonly password: () => Promise<string> | string;
  readonly allowPlain: boolean;
}

/** What of a stream signing in needs. */
export interface Conversation {
  write(xml: string): void;
  next(): Promise<Element>;
}

export type Mechanism = { readonly name: string; readonly hash: ScramHash } | { readonly name: 'PLAIN' };

/**
 * @param offered names in `<mechanisms/>`
 * @throws SignetError auth-plain-only where only the user's word is missing, auth-unsupported
 */
export function chooseMechanism(offered: readonly string[], allowPlain: boolean): Mechanism {
  for (const [name, hash] of SCRAM) if (offered.includes(name)) return { name, hash };
  if (!offered.includes('PLAIN')) throw new SignetError('auth-unsupported');
  if (!allowPlain) throw new SignetError('auth-plain-only');
  return { name: 'PLAIN' };
}

/**
 * Signs in; the stream must be restarted afterwards.
 * @throws SignetError auth-failed, auth-unsupported, auth-plain-only, auth-weak, server-proof, server-busy
 */
export async function authenticate(stream: Conversation, features: Element, who: Credentials, random: Random): Promise<void> {
  const offered = features.child('mechanisms', NS_SASL)?.childrenOf('mechanism') ?? [];
  const mechanism = chooseMechanism(
    offered.map((m) => m.text().trim()),
    who.allowPlain,
  );
  const user = prepared(who.user);
  const password = prepared(await who.password());
  if ('hash' in mechanism) await scram(stream, mechanism, user, password, random);
  else await plain(stream, user, password);
}

/** A name or password that SASLprep refuses cannot be one that the server knows. */
function prepared(text: string): string {
  try {
    return saslprep(text);
  } catch (error) {
    throw new SignetError('auth-failed', { cause: error });
  }
}

async function plain(stream: Conversation, user: string, password: string): Promise<void> {
  send(stream, 'auth', plainMessage(user, password), 'PLAIN');
  const answer = await stream.next();
  if (answer.is('success', NS_SASL)) return;
  throw refusal(answer);
}

async function scram(
  stream: Conversation,
  mechanism: { readonly name: string; readonly hash: ScramHash },
  user: string,
  password: string,
  random: Random,
): Promise<void> {
  const nonce = Buffer.from(random(NONCE_OCTETS)).toString('base64url');
  const client = scramClient(mechanism.hash, user, password, nonce);
  send(stream, 'auth', client.first, mechanism.name);

  const serverFirst = await stream.next();
  if (!serverFirst.is('challenge', NS_SASL)) throw refusal(serverFirst);
  send(stream, 'response', await client.answer(data(serverFirst)));

  // The server's proof comes with <success/>, or in a challenge of its own before it (RFC 6120 §6.4.6).
  let last = await stream.next();
  if (last.is('challenge', NS_SASL)) {
    client.verify(data(last));
    send(stream, 'response', '');
    last = await stream.next();
    if (!last.is('success', NS_SASL)) throw refusal(last);
    return;
  }
  if (!last.is('success', NS_SASL)) throw refusal(last);
  client.verify(data(last));
}

function send(stream: Conversation, name: 'auth' | 'response', text: string, mechanism?: string): void {
  const payload = Buffer.from(text, 'utf8').toString('base64');
  // RFC 6120 §6.4.2: an initial response of no octets is '='; an empty <response/> is empty.
  stream.write(serialize(xml(name, NS_SASL, { mechanism }, payload), ''));
}

/** Base64 content; '=' stands for no octets. What does not decode is left to SCRAM's own checks to refuse. */
function data(element: Element): string {
  return Buffer.from(element.text().trim(), 'base64').toString('utf8');
}

const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  'encryption-required': 'auth-unsupported',
  'invalid-mechanism': 'auth-unsupported',
  'mechanism-too-weak': 'auth-unsupported',
  'temporary-auth-failure': 'server-busy',
};

/** Success where none is due is a server that skips its proof; anything else is its refusal. */
function refusal(answer: Element): SignetError {
  if (answer.is('success', NS_SASL)) return new SignetError('server-proof');
  if (!answer.is('failure', NS_SASL)) return new SignetError('stream-malformed');
  const condition = answer.elements()[0]?.name ?? '';
  return new SignetError(Object.hasOwn(REFUSALS, condition) ? (REFUSALS[condition] ?? 'auth-failed') : 'auth-failed');
}
