/** Resource binding (RFC 6120 §7), enabling and resuming stream management (XEP-0198 §3, §5). */

import { SignetError } from '../../src-shared/errors.ts';
import { bareOf, isFull, type BareJid, type FullJid } from '../../src-shared/jid.ts';
import { tryJid } from '../jid/jid.ts';
import { xml, type Element } from '../xml/element.ts';
import { serialize } from '../xml/serialize.ts';
import { readStanzaError } from './iq.ts';
import type { Random } from './ports.ts';
import type { Conversation } from './sasl/negotiate.ts';
import { NS_SM } from './sm.ts';
import { NS_CLIENT } from './stream-error.ts';

const NS_BIND = 'urn:ietf:params:xml:ns:xmpp-bind';

/** More elements than this before an answer are not waited through. */
const MAX_EARLY = 1_000;

/**
 * @param resource undefined has the server choose
 * @throws SignetError stream-conflict (the resource is in use and the server keeps the other), server-busy (too many
 *   resources), stream-malformed (an address that is not ours, among others)
 */
export async function bindResource(
  stream: Conversation,
  account: BareJid,
  resource: string | undefined,
  random: Random,
): Promise<FullJid> {
  const id = Buffer.from(random(15)).toString('base64url');
  const wanted = resource === undefined ? undefined : xml('resource', NS_BIND, {}, resource);
  stream.write(serialize(xml('iq', NS_CLIENT, { type: 'set', id }, xml('bind', NS_BIND, {}, wanted)), NS_CLIENT));
  const answer = await stream.next();
  if (!answer.is('iq', NS_CLIENT) || answer.attr('id') !== id) throw new SignetError('stream-malformed');
  if (answer.attr('type') === 'error') {
    const { condition } = readStanzaError(answer);
    if (condition === 'conflict') throw new SignetError('stream-conflict');
    throw new SignetError(condition === 'resource-constraint' ? 'server-busy' : 'stream-malformed');
  }
  const jid = tryJid(answer.child('bind', NS_BIND)?.childText('jid') ?? '');
  if (jid === undefined || !isFull(jid) || bareOf(jid) !== account) throw new SignetError('stream-malformed');
  return jid;
}

export interface Enabled {
  /** What the session is resumed with; undefined where the server does not offer it. */
  readonly resumeId: string | undefined;
  /** Stanzas that came before counting began. */
  readonly early: readonly Element[];
}

/** Enables stream management; undefined where the server refuses. */
export async function enableManagement(stream: Conversation): Promise<Enabled & { readonly acknowledged: boolean }> {
  stream.write(`<enable xmlns='${NS_SM}' resume='true'/>`);
  const early: Element[] = [];
  for (;;) {
    const answer = await stream.next();
    if (answer.is('enabled', NS_SM)) {
      const may = answer.attr('resume');
      const id = answer.attr('id');
      return {
        acknowledged: true,
        early,
        resumeId: (may === 'true' || may === '1') && id !== undefined && id !== '' ? id : undefined,
      };
    }
    if (answer.is('failed', NS_SM)) return { acknowledged: false, early, resumeId: undefined };
    if (answer.ns === NS_CLIENT) early.push(answer);
    if (early.length > MAX_EARLY) throw new SignetError('stream-malformed');
  }
}

/** Asks to go on with a session of before. @returns the server's `h`, and whether the session goes on */
export async function resumeSession(
  stream: Conversation,
  id: string,
  h: number,
): Promise<{ resumed: boolean; h: string | undefined }> {
  stream.write(serialize(xml('resume', NS_SM, { previd: id, h: String(h) }), ''));
  const answer = await stream.next();
  if (answer.is('resumed', NS_SM) && answer.attr('previd') === id) return { resumed: true, h: answer.attr('h') };
  if (answer.is('failed', NS_SM)) return { resumed: false, h: answer.attr('h') };
  throw new SignetError('stream-malformed');
}
