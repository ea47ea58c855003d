/** RFC 6121 §2: the roster, as the server keeps it. Versions (§2.6, XEP-0237) where the caller kept a copy. */

import type { BareJid } from '../../../src-shared/jid.ts';
import { isFull } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import { BadAnswer, clip, fromOwnAccount, jidAttr, serviceUnavailable, token } from './stanza.ts';

export const NS_ROSTER = 'jabber:iq:roster';

const MAX_ITEMS = 10_000;
const MAX_NAME = 1023;
const MAX_GROUPS = 64;

export type RosterSubscription = 'none' | 'to' | 'from' | 'both';

export interface RosterItem {
  readonly jid: BareJid;
  /** At most 1,023 octets; undefined where the user gave none. */
  readonly name: string | undefined;
  readonly subscription: RosterSubscription;
  /** We asked for their presence and wait for the answer. */
  readonly asked: boolean;
  readonly groups: readonly string[];
}

export interface RosterChange {
  readonly jid: BareJid;
  /** Undefined where the item was removed. */
  readonly item: RosterItem | undefined;
  /** The version after it; undefined where the server keeps none. */
  readonly version: string | undefined;
}

export interface RosterOptions {
  /** The copy of an earlier session, offered to a server that announces `urn:xmpp:features:rosterver`. */
  readonly kept?: { readonly version: string; readonly items: readonly RosterItem[] } | undefined;
  /** The whole list, once a session; `version` is to be kept with it. */
  readonly onItems: (items: readonly RosterItem[], version: string | undefined) => void;
  readonly onPush: (change: RosterChange) => void;
}

export interface Roster {
  /**
   * Asks for the roster (§2.1.3) and calls `onItems`.
   * @throws StanzaError, IqTimeout, BadAnswer
   */
  load(): Promise<void>;
  /** True once `load` has been answered in this session. */
  readonly loaded: boolean;
  get(jid: BareJid): RosterItem | undefined;
  items(): readonly RosterItem[];
  /** Adds a contact, or changes name and groups of one (§2.3, §2.4). The change arrives as a push. */
  set(jid: BareJid, name?: string, groups?: readonly string[]): Promise<void>;
  /** Removes a contact and both subscriptions (§2.5). */
  remove(jid: BareJid): Promise<void>;
}

const SUBSCRIPTIONS: readonly string[] = ['none', 'to', 'from', 'both'] satisfies RosterSubscription[];

/** One `<item/>` that is not a removal; undefined where its address is not a bare JID or its subscription is unknown. */
export function readRosterItem(element: Element): RosterItem | undefined {
  const jid = bareAttr(element);
  const subscription = element.attr('subscription') ?? 'none';
  if (!element.is('item', NS_ROSTER) || jid === undefined || !SUBSCRIPTIONS.includes(subscription)) return undefined;
  const name = element.attr('name');
  const groups = element.childrenOf('group').map((g) => token(g.text(), MAX_NAME));
  return {
    jid,
    name: name === undefined || name === '' ? undefined : clip(name, MAX_NAME),
    subscription: subscription as RosterSubscription,
    asked: element.attr('ask') === 'subscribe',
    groups: [...new Set(groups.filter((g) => g !== undefined))].slice(0, MAX_GROUPS),
  };
}

/** A roster push (§2.1.6): exactly one item. */
export function readRosterPush(query: Element): RosterChange | undefined {
  const [element, second] = query.elements();
  if (!query.is('query', NS_ROSTER) || element === undefined || second !== undefined) return undefined;
  const version = versionOf(query);
  if (element.is('item', NS_ROSTER) && element.attr('subscription') === 'remove') {
    const jid = bareAttr(element);
    return jid === undefined ? undefined : { jid, item: undefined, version };
  }
  const item = readRosterItem(element);
  return item === undefined ? undefined : { jid: item.jid, item, version };
}

function bareAttr(element: Element): BareJid | undefined {
  const jid = jidAttr(element, 'jid');
  return jid === undefined || isFull(jid) ? undefined : jid;
}

/** An empty version is one too (§2.6.1). */
function versionOf(query: Element): string | undefined {
  const version = query.attr('ver');
  return version === undefined || version === '' ? version : token(version, MAX_NAME);
}

export const roster = xmppModule<RosterOptions, Roster>({
  features: [],
  setup: (session, options) => {
    const items = new Map<BareJid, RosterItem>();
    /** Pushes that came while the list was under way: they are newer than it, or already in it. */
    let early: Map<BareJid, RosterChange> | undefined;
    let loaded = false;
    let over = false;

    const apply = ({ jid, item }: RosterChange): boolean => {
      if (item === undefined) return items.delete(jid);
      if (!items.has(jid) && items.size >= MAX_ITEMS) return false;
      items.set(jid, item);
      return true;
    };

    const withdraw = session.iq.onSet('query', NS_ROSTER, (payload, _from, stanza) => {
      // §2.1.6: without `from`, or from our own bare JID; "a receiving client MUST ignore" anything else.
      if (!fromOwnAccount(session, stanza)) throw serviceUnavailable();
      const change = readRosterPush(payload);
      if (change === undefined) return undefined;
      if (early === undefined) {
        if (apply(change) && loaded) options.onPush(change);
      } else if (early.delete(change.jid) || early.size < MAX_ITEMS) {
        early.set(change.jid, change);
      }
      return undefined;
    });

    return {
      get loaded() {
        return loaded;
      },
      get: (jid) => items.get(jid),
      items: () => [...items.values()],
      async load() {
        early = new Map();
        const ver = options.kept?.version;
        const result = await session.iq.get(undefined, xml('query', NS_ROSTER, { ver }));
        if (over) return;
        const query = result.child('query', NS_ROSTER);
        // §2.6.3: an empty result says that the copy is up to date, or that pushes will bring it there.
        if (query === undefined && options.kept === undefined && result.elements().length > 0) throw new BadAnswer();
        const list = query === undefined ? (options.kept?.items ?? []) : readList(query);
        items.clear();
        for (const item of list) items.set(item.jid, item);
        const pushes = [...early.values()];
        early = undefined;
        for (const change of pushes) apply(change);
        loaded = true;
        options.onItems([...items.values()], pushes.at(-1)?.version ?? (query === undefined ? ver : versionOf(query)));
      },
      async set(jid, name, groups = []) {
        const children = groups.map((g) => xml('group', NS_ROSTER, {}, g));
        const attrs = { jid, name: name === undefined ? undefined : clip(name, MAX_NAME) };
        await session.iq.set(undefined, xml('query', NS_ROSTER, {}, xml('item', NS_ROSTER, attrs, ...children)));
      },
      async remove(jid) {
        await session.iq.set(undefined, xml('query', NS_ROSTER, {}, xml('item', NS_ROSTER, { jid, subscription: 'remove' })));
      },
      teardown() {
        over = true;
        withdraw();
      },
    };
  },
});

/** The items of a list that read, each JID once, up to the bound. */
function readList(query: Element): RosterItem[] {
  const found = new Map<BareJid, RosterItem>();
  for (const element of query.elements()) {
    const item = readRosterItem(element);
    if (item !== undefined && found.size < MAX_ITEMS) found.set(item.jid, item);
  }
  return [...found.values()];
}
