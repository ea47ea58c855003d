/** XEP-0030: what an entity is and can. Our own answer is one list, merged from the modules. */

import type { Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { StanzaError, xmppModule } from '../types.ts';
import { BadAnswer, jidAttr, serviceUnavailable, token } from './stanza.ts';
import { type DataForm, readDataForm } from './xep0004-forms.ts';

export const NS_DISCO_INFO = 'http://jabber.org/protocol/disco#info';
export const NS_DISCO_ITEMS = 'http://jabber.org/protocol/disco#items';
const NS_XML = 'http://www.w3.org/XML/1998/namespace';

const MAX_IDENTITIES = 64;
const MAX_FEATURES = 1000;
/** Of all features together: what is kept for everyone who is online adds up. */
const MAX_FEATURE_OCTETS = 32 * 1024;
const MAX_FORMS = 16;
const MAX_ITEMS = 1000;
const MAX_TEXT = 1023;
/** Answers kept in a session. */
const MAX_CACHED = 512;

export interface Identity {
  readonly category: string;
  readonly type: string;
  /** `xml:lang`; '' for none. */
  readonly lang: string;
  /** '' for none. */
  readonly name: string;
}

export interface DiscoInfo {
  readonly identities: readonly Identity[];
  /** In the order given; one named twice stands twice, which XEP-0115 needs to know. */
  readonly features: readonly string[];
  readonly forms: readonly DataForm[];
}

export interface DiscoItem {
  readonly jid: Jid;
  readonly node: string | undefined;
  readonly name: string | undefined;
}

export interface DiscoOptions {
  readonly own: DiscoInfo;
  /** The node that stands for `own` beside none: `node#ver` of our entity capabilities. */
  readonly ownNode: string;
  /** Who may learn that we are online (protocol 3). */
  readonly mayAsk: (from: Jid | undefined) => boolean;
}

export interface Disco {
  /**
   * What `to` is and can; an answer is kept for the session.
   * @throws StanzaError, IqTimeout, BadAnswer where it is not well formed or out of bounds
   */
  info(to: Jid, node?: string, timeoutMs?: number): Promise<DiscoInfo>;
  /** The same, asked anew and not kept. */
  askInfo(to: Jid, node?: string, timeoutMs?: number): Promise<DiscoInfo>;
  /** @throws StanzaError, IqTimeout, BadAnswer */
  items(to: Jid, node?: string): Promise<readonly DiscoItem[]>;
}

/** Reads disco#info; undefined where it is not well formed or out of bounds: part of the truth would mislead. */
export function readDiscoInfo(query: Element): DiscoInfo | undefined {
  if (!query.is('query', NS_DISCO_INFO)) return undefined;
  const identities = query.childrenOf('identity').map(readIdentity);
  const features = query.childrenOf('feature').map((f) => token(f.attr('var'), MAX_TEXT));
  const forms = query.childrenOf('x', 'jabber:x:data').map(readDataForm);
  if (identities.length > MAX_IDENTITIES || features.length > MAX_FEATURES || forms.length > MAX_FORMS) return undefined;
  if (!isComplete(identities) || !isComplete(features) || !isComplete(forms)) return undefined;
  if (Buffer.byteLength(features.join('')) > MAX_FEATURE_OCTETS) return undefined;
  return { identities, features, forms };
}

function isComplete<T>(list: readonly (T | undefined)[]): list is T[] {
  return !list.includes(undefined);
}

function readIdentity(element: Element): Identity | undefined {
  const category = token(element.attr('category'), MAX_TEXT);
  const type = token(element.attr('type'), MAX_TEXT);
  const name = element.attr('name') ?? '';
  const lang = element.foreign.find((a) => a.ns === NS_XML && a.name === 'lang')?.value ?? '';
  if (category === undefined || type === undefined) return undefined;
  if (Buffer.byteLength(name) > MAX_TEXT || Buffer.byteLength(lang) > MAX_TEXT) return undefined;
  return { category, type, lang, name };
}

/** Our answer. Its identity has no `xml:lang`, since no attribute of ours is in a namespace (protocol 1). */
export function discoInfo(info: DiscoInfo, node?: string): Element {
  return xml(
    'query',
    NS_DISCO_INFO,
    { node },
    ...info.identities.map(({ category, type, name }) =>
      xml('identity', NS_DISCO_INFO, { category, type, name: name === '' ? undefined : name }),
    ),
    ...info.features.map((feature) => xml('feature', NS_DISCO_INFO, { var: feature })),
  );
}

/** Reads disco#items; what has no JID is left out, what is too much is cut off. Undefined for anything else. */
export function readDiscoItems(query: Element): DiscoItem[] | undefined {
  if (!query.is('query', NS_DISCO_ITEMS)) return undefined;
  const items = query.childrenOf('item').slice(0, MAX_ITEMS);
  return items.flatMap((item) => {
    const jid = jidAttr(item, 'jid');
    const name = token(item.attr('name'), MAX_TEXT);
    return jid === undefined ? [] : [{ jid, node: token(item.attr('node'), MAX_TEXT), name }];
  });
}

export const disco = xmppModule<DiscoOptions, Disco>({
  features: [NS_DISCO_INFO, NS_DISCO_ITEMS],
  setup: (session, { own, ownNode, mayAsk }) => {
    const cache = new Map<string, DiscoInfo>();

    const endInfo = session.iq.onGet('query', NS_DISCO_INFO, (query, from) => {
      if (!mayAsk(from)) throw serviceUnavailable();
      const node = query.attr('node');
      if (node !== undefined && node !== '' && node !== ownNode) throw new StanzaError('cancel', 'item-not-found');
      return discoInfo(own, node);
    });
    const endItems = session.iq.onGet('query', NS_DISCO_ITEMS, (query, from) => {
      if (!mayAsk(from)) throw serviceUnavailable();
      return xml('query', NS_DISCO_ITEMS, { node: query.attr('node') });
    });

    const askInfo = async (to: Jid, node?: string, timeoutMs?: number): Promise<DiscoInfo> => {
      const result = await session.iq.get(to, xml('query', NS_DISCO_INFO, { node }), timeoutMs);
      const query = result.child('query', NS_DISCO_INFO);
      const info = query === undefined ? undefined : readDiscoInfo(query);
      if (info === undefined) throw new BadAnswer();
      return info;
    };

    return {
      askInfo,
      async info(to, node, timeoutMs) {
        const key = `${to}\n${node ?? ''}`;
        const kept = cache.get(key);
        if (kept !== undefined) return kept;
        const info = await askInfo(to, node, timeoutMs);
        const oldest = cache.keys().next();
        if (cache.size >= MAX_CACHED && !oldest.done) cache.delete(oldest.value);
        cache.set(key, info);
        return info;
      },
      async items(to, node) {
        const result = await session.iq.get(to, xml('query', NS_DISCO_ITEMS, { node }));
        const query = result.child('query', NS_DISCO_ITEMS);
        const items = query === undefined ? undefined : readDiscoItems(query);
        if (items === undefined) throw new BadAnswer();
        return items;
      },
      teardown() {
        endInfo();
        endItems();
      },
    };
  },
});
