/** RFC 6121 §3: asking for presence, allowing it, refusing it and taking it back. */

import { bareOf, type BareJid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import { jidAttr, NS_CLIENT, textOf } from './stanza.ts';

const MAX_STATUS = 1024;
const TYPES: readonly string[] = ['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] satisfies SubscriptionType[];

export type SubscriptionType = 'subscribe' | 'subscribed' | 'unsubscribe' | 'unsubscribed';

export interface SubscriptionStanza {
  readonly type: SubscriptionType;
  readonly from: BareJid;
  /** What they wrote along; at most 1,024 octets. */
  readonly status: string | undefined;
  /** `<x xmlns='xmpp:sec'>` of a `subscribed` (protocol 4), as it came: nothing in it has been checked. */
  readonly extension: Element | undefined;
}

export interface SubscriptionOptions {
  /** Namespace of the `<x/>` that is passed through. */
  readonly extensionNs?: string;
  readonly onSubscription: (stanza: SubscriptionStanza) => void;
}

export interface Subscriptions {
  /** Asks to see their presence (§3.1.1). */
  subscribe(to: BareJid, status?: string): void;
  /**
   * Allows them to see ours, once they asked (§3.1.4); `extensions` travel along. Before that it is a pre-approval (§3.4),
   * which only servers that announce it keep: ejabberd drops it.
   */
  subscribed(to: BareJid, ...extensions: readonly Element[]): void;
  /** Does not want to see theirs any more (§3.3). */
  unsubscribe(to: BareJid): void;
  /** Refuses, or no longer allows them to see ours (§3.2). */
  unsubscribed(to: BareJid): void;
}

/** A presence of the four types, to a bare JID (§3.1.1). */
export function subscriptionStanza(type: SubscriptionType, to: BareJid, ...children: readonly (Element | undefined)[]): Element {
  return xml('presence', NS_CLIENT, { to, type }, ...children);
}

/** Reads a presence of the four types; a sender's resource does not count. Undefined for any other stanza. */
export function readSubscription(stanza: Element, extensionNs = ''): SubscriptionStanza | undefined {
  const type = stanza.attr('type') ?? '';
  const from = jidAttr(stanza, 'from');
  if (!stanza.is('presence', NS_CLIENT) || !TYPES.includes(type) || from === undefined) return undefined;
  return {
    type: type as SubscriptionType,
    from: bareOf(from),
    status: textOf(stanza, 'status', MAX_STATUS),
    extension: extensionNs !== '' && type === 'subscribed' ? stanza.child('x', extensionNs) : undefined,
  };
}

export const subscriptions = xmppModule<SubscriptionOptions, Subscriptions>({
  features: [],
  setup: (session, options) => {
    const withdraw = session.onPresence((stanza) => {
      const read = readSubscription(stanza, options.extensionNs);
      // Our own account asks nothing of itself (§3.1.3 leaves it to the server, which may not know).
      if (read !== undefined && read.from !== session.bare) options.onSubscription(read);
    });
    return {
      subscribe(to, status) {
        const text = status === undefined ? undefined : xml('status', NS_CLIENT, {}, status);
        session.send(subscriptionStanza('subscribe', to, text));
      },
      subscribed(to, ...extensions) {
        session.send(subscriptionStanza('subscribed', to, ...extensions));
      },
      unsubscribe(to) {
        session.send(subscriptionStanza('unsubscribe', to));
      },
      unsubscribed(to) {
        session.send(subscriptionStanza('unsubscribed', to));
      },
      teardown: withdraw,
    };
  },
});
