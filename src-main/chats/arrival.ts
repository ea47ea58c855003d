/** How a message came in: directly, or as a carbon of what another device of ours sent or got. */

import { isOriginId, type OriginId } from '../../src-shared/ids.ts';
import { bareOf, domainOf, type BareJid, type Jid } from '../../src-shared/jid.ts';
import type { Element } from '../xml/element.ts';
import { readMessage, type MessageHeader } from '../xmpp/modules/stanza.ts';
import { delayOf } from '../xmpp/modules/xep0203-delay.ts';
import { readCarbon } from '../xmpp/modules/xep0280-carbons.ts';
import { readOriginId, readStanzaId } from '../xmpp/modules/xep0359-ids.ts';

export interface Arrival {
  /** For a carbon, the forwarded one. */
  readonly stanza: Element;
  readonly header: MessageHeader;
  readonly from: Jid;
  /** Our own account wrote it. */
  readonly mine: boolean;
  /** With whom it was exchanged; our own bare JID for what we send to ourselves. */
  readonly conversation: BareJid;
  readonly carbon: boolean;
  /** The outer origin-id, or else the stanza's id. */
  readonly originId: OriginId | undefined;
  /** Stamp of our server or archive; undefined for a live message. */
  readonly stamp: number | undefined;
  readonly archiveId: string | undefined;
  /** When it came in: what waits for its key keeps its place. */
  readonly at: number;
}

/** Undefined for what is no one-to-one message; `forged` for what looks like a carbon and is none. */
export function readArrival(stanza: Element, own: BareJid, now: number): Arrival | 'forged' | undefined {
  const carbon = readCarbon(stanza, own);
  if (carbon?.kind === 'forged') return 'forged';
  const message = carbon?.message ?? stanza;
  const header = readMessage(message);
  if (header?.from === undefined || header.type === 'groupchat' || header.type === 'headline') return undefined;
  const { from, to, id } = header;
  const mine = bareOf(from) === own;
  const trusted = [own, domainOf(own)] as Jid[];
  return {
    stanza: message,
    header,
    from,
    mine,
    conversation: bareOf(mine ? (to ?? own) : from),
    carbon: carbon !== undefined,
    originId: readOriginId(message) ?? (id !== undefined && isOriginId(id) ? id : undefined),
    stamp: carbon?.delay?.at ?? delayOf(message, trusted)?.at,
    archiveId: readStanzaId(message, own),
    at: now,
  };
}

/**
 * Where it stands in the conversation: at the stamp of our server, never in the future. Many servers write whole seconds:
 * such a stamp means the end of its second, so that what was kept for us stands behind what had come live before it.
 */
export const placeOf = ({ stamp, at }: Arrival): number =>
  Math.min(stamp === undefined ? at : stamp % 1_000 === 0 ? stamp + 999 : stamp, at);
