/** XEP-0280: what our other devices send and get. Only our own account can say so, and a forged one is an attack. */

import { bareOf, type BareJid, type Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import { jidAttr, NS_CLIENT } from './stanza.ts';
import type { Delay } from './xep0203-delay.ts';
import { NS_FORWARD, readForwarded } from './xep0297-forwarded.ts';

export const NS_CARBONS = 'urn:xmpp:carbons:2';

export type Carbon =
  /** `sent`: another device of ours sent `message`; `received`: it came to our account. Not to be unwrapped again. */
  | {
      readonly kind: 'sent' | 'received';
      readonly message: Element;
      readonly from: Jid;
      readonly to: Jid;
      readonly delay: Delay | undefined;
    }
  /** It looks like a carbon and is none: to be dropped, nothing in it counts. */
  | { readonly kind: 'forged' };

export interface Carbons {
  /** @throws StanzaError where the server has no carbons, IqTimeout */
  enable(): Promise<void>;
  disable(): Promise<void>;
}

/**
 * Reads a carbon; undefined for a message that carries none. `own` is our bare JID.
 *
 * §11: "the 'from' of the carbon copy MUST be the bare JID of the receiving account", written out and nothing else: not
 * a resource of ours, not our server. Within it a sent message is from us, a received one to us, and it is no error-prone
 * nest of further carbons.
 */
export function readCarbon(stanza: Element, own: BareJid): Carbon | undefined {
  if (!stanza.is('message', NS_CLIENT)) return undefined;
  const wrappers = stanza.elements().filter((e) => e.ns === NS_CARBONS && (e.name === 'sent' || e.name === 'received'));
  const [wrapper] = wrappers;
  if (wrapper === undefined) return undefined;
  const inside = wrapper.child('forwarded', NS_FORWARD);
  const read = inside === undefined ? undefined : readForwarded(inside);
  const message = read?.stanza;
  if (wrappers.length !== 1 || stanza.attr('type') === 'error' || jidAttr(stanza, 'from') !== own) return { kind: 'forged' };
  if (message === undefined || message.name !== 'message') return { kind: 'forged' };
  const kind = wrapper.name === 'sent' ? 'sent' : 'received';
  const from = jidAttr(message, 'from');
  const to = jidAttr(message, 'to');
  if (from === undefined || to === undefined || bareOf(kind === 'sent' ? from : to) !== own) return { kind: 'forged' };
  return { kind, message, from, to, delay: read?.delay };
}

/** `<private/>` (§9), to be put beside `<no-copy/>` (xep0334-hints.ts) on a message that other devices are not to get. */
export function privateMessage(): Element {
  return xml('private', NS_CARBONS);
}

export const carbons = xmppModule<undefined, Carbons>({
  features: [],
  setup: (session) => ({
    async enable() {
      await session.iq.set(undefined, xml('enable', NS_CARBONS));
    },
    async disable() {
      await session.iq.set(undefined, xml('disable', NS_CARBONS));
    },
    teardown() {
      // The server forgets with the session.
    },
  }),
});
