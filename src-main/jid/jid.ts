/** Addresses: from text as typed or received to the prepared form in which they are compared (RFC 7622). */

import { isFull, type BareJid, type FullJid, type Jid } from '../../src-shared/jid.ts';
import { detached } from '../xml/detached.ts';
import { prepareDomain } from './domain.ts';
import { JidError, PrecisError } from './errors.ts';
import { enforceOpaqueString, enforceUsernameCaseMapped } from './precis.ts';

const MAX_OCTETS = 1023;
/** RFC 7622 §3.3.1: what a localpart may not hold on top of UsernameCaseMapped. */
const FORBIDDEN_IN_LOCAL = /["&'/:<>@]/;
/** Addresses of small letters that preparation leaves as they are; labels with two hyphens take the long way. */
const PREPARED =
  /^(?:[a-z0-9!#$%()*+,\-.;=?[\\\]^_`{|}~]{1,1023}@)?(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)*[a-z0-9]+(?:-[a-z0-9]+)*(?:\/[\x20-\x7e]{1,1023})?$/;

/** Addresses met lately and their prepared form: every stanza names some. */
const known = new Map<string, Jid>();
const KNOWN_MAX = 4096;
const KNOWN_LENGTH_MAX = 256;

/**
 * Prepares an address: local@domain/resource, local and resource optional.
 * @throws JidError
 */
export function prepareJid(text: string): Jid {
  const before = known.get(text);
  if (before !== undefined) return before;
  // Detached, so that neither this map nor who keeps the address keeps the octets that it came in.
  const jid = detached(prepare(text)) as Jid;
  if (text.length <= KNOWN_LENGTH_MAX) {
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(jid === text ? jid : detached(text), jid);
  }
  return jid;
}

/**
 * Prepares an address without resource.
 * @throws JidError `wrong-kind` where there is one
 */
export function parseBareJid(text: string): BareJid {
  const jid = prepareJid(text);
  if (isFull(jid)) throw new JidError('wrong-kind');
  return jid;
}

/**
 * Prepares an address with a resource.
 * @throws JidError `wrong-kind` where there is none
 */
export function parseFullJid(text: string): FullJid {
  const jid = prepareJid(text);
  if (!isFull(jid)) throw new JidError('wrong-kind');
  return jid;
}

/** The prepared address, or undefined for what is none. */
export function tryJid(text: string): Jid | undefined {
  try {
    return prepareJid(text);
  } catch (error) {
    if (error instanceof JidError) return undefined;
    throw error;
  }
}

/** True where the text is an address in prepared form already, as protocol.md section 1 wants it in our elements. */
export const isPreparedJid = (text: string): text is Jid => tryJid(text) === text;

/** The same for an address without resource. */
export const isPreparedBare = (text: string): text is BareJid => {
  const jid = tryJid(text);
  return jid === text && !isFull(jid);
};

function prepare(text: string): Jid {
  if (PREPARED.test(text)) return bounded(text) as Jid;
  // RFC 7622 §3.1: the first '/' begins the resource; then the first '@' ends the local part.
  const slash = text.indexOf('/');
  const bare = slash < 0 ? text : text.slice(0, slash);
  const at = bare.indexOf('@');
  const domain = part('bad-domain', bare.slice(at + 1), prepareDomain);
  const local = at < 0 ? '' : `${part('bad-local', bare.slice(0, at), prepareLocal)}@`;
  const resource = slash < 0 ? '' : `/${part('bad-resource', text.slice(slash + 1), enforceOpaqueString)}`;
  return (local + domain + resource) as Jid;
}

function prepareLocal(text: string): string {
  const local = enforceUsernameCaseMapped(text);
  if (FORBIDDEN_IN_LOCAL.test(local)) throw new JidError('bad-local');
  return local;
}

function part(code: 'bad-local' | 'bad-domain' | 'bad-resource', text: string, prepareIt: (text: string) => string): string {
  if (text === '') throw new JidError('empty-part');
  // No preparation makes a text a quarter as long; so nothing huge is worked on.
  if (text.length > 4 * MAX_OCTETS) throw new JidError('too-long');
  let prepared: string;
  try {
    prepared = prepareIt(text);
  } catch (error) {
    if (error instanceof PrecisError) throw new JidError(code, { cause: error });
    throw error;
  }
  if (prepared === '') throw new JidError('empty-part');
  if (Buffer.byteLength(prepared) > MAX_OCTETS) throw new JidError('too-long');
  return prepared;
}

/** PREPARED bounds local and resource; the domain is what they leave. */
function bounded(text: string): string {
  if (text.length > MAX_OCTETS) {
    const slash = text.indexOf('/');
    const bare = slash < 0 ? text : text.slice(0, slash);
    if (bare.length - (bare.indexOf('@') + 1) > MAX_OCTETS) throw new JidError('too-long');
  }
  return text;
}
