/** XEP-0060, as far as PEP needs it: items and events read, requests built. */

import { isFull, type BareJid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { jidAttr, NS_CLIENT, token } from './stanza.ts';
import { submitForm } from './xep0004-forms.ts';

export const NS_PUBSUB = 'http://jabber.org/protocol/pubsub';
export const NS_PUBSUB_OWNER = 'http://jabber.org/protocol/pubsub#owner';
export const NS_PUBSUB_EVENT = 'http://jabber.org/protocol/pubsub#event';
export const NS_PUBSUB_ERRORS = 'http://jabber.org/protocol/pubsub#errors';

const MAX_ITEMS = 1000;
const MAX_TEXT = 1023;

export interface PubsubItem {
  readonly id: string;
  /** As it came: whoever owns the node may have written anything. */
  readonly payload: Element;
}

export interface PubsubEvent {
  /** Whose node it is: the sender, a bare JID. */
  readonly owner: BareJid;
  readonly node: string;
  /** Published, with payload; where a node notifies without, `ids` has more. */
  readonly items: readonly PubsubItem[];
  /** Every id published. */
  readonly ids: readonly string[];
  readonly retracted: readonly string[];
  /** All items went (`purge`), or the node itself. */
  readonly gone: 'purge' | 'delete' | undefined;
}

/** Node options by name, without FORM_TYPE: `{ 'pubsub#access_model': 'presence' }`. */
export type NodeOptions = Readonly<Record<string, string>>;

/** The items below an `<items/>`: those with an id and exactly one payload, up to a bound. */
export function readItems(items: Element): PubsubItem[] {
  return items
    .childrenOf('item')
    .slice(0, MAX_ITEMS)
    .flatMap((item) => {
      const id = token(item.attr('id'), MAX_TEXT);
      const [payload, second] = item.elements();
      return id === undefined || payload === undefined || second !== undefined ? [] : [{ id, payload }];
    });
}

/**
 * Reads an event of somebody's own nodes. Undefined for any other message, and for what did not come from a bare JID:
 * only the owner's server writes as the owner's bare JID, while any device can write an `<event/>` as itself.
 */
export function readEvent(stanza: Element, own: BareJid): PubsubEvent | undefined {
  const type = stanza.attr('type');
  if (!stanza.is('message', NS_CLIENT) || type === 'error' || type === 'groupchat') return undefined;
  const [event, second] = stanza.childrenOf('event', NS_PUBSUB_EVENT);
  const owner = stanza.attr('from') === undefined ? own : jidAttr(stanza, 'from');
  if (event === undefined || second !== undefined || owner === undefined || isFull(owner)) return undefined;
  const [what] = event.elements();
  const node = token(what?.attr('node'), MAX_TEXT);
  if (what === undefined || what.ns !== NS_PUBSUB_EVENT || node === undefined) return undefined;
  const base = { owner, node, items: [], ids: [], retracted: [], gone: undefined };
  if (what.name === 'purge' || what.name === 'delete') return { ...base, gone: what.name };
  if (what.name !== 'items') return undefined;
  return { ...base, items: readItems(what), ids: idsOf(what, 'item'), retracted: idsOf(what, 'retract') };
}

function idsOf(items: Element, name: string): string[] {
  return items
    .childrenOf(name)
    .slice(0, MAX_ITEMS)
    .flatMap((item) => token(item.attr('id'), MAX_TEXT) ?? []);
}

/** §7.1, with §7.1.5 where there are options. */
export function publishRequest(node: string, id: string, payload: Element, options?: NodeOptions): Element {
  const wanted =
    options && xml('publish-options', NS_PUBSUB, {}, submitForm('http://jabber.org/protocol/pubsub#publish-options', options));
  return xml('pubsub', NS_PUBSUB, {}, xml('publish', NS_PUBSUB, { node }, xml('item', NS_PUBSUB, { id }, payload)), wanted);
}

/** §6.5.2: all items. */
export function itemsRequest(node: string): Element {
  return xml('pubsub', NS_PUBSUB, {}, xml('items', NS_PUBSUB, { node }));
}

/** §7.2; subscribers are told. */
export function retractRequest(node: string, id: string): Element {
  return xml('pubsub', NS_PUBSUB, {}, xml('retract', NS_PUBSUB, { node, notify: 'true' }, xml('item', NS_PUBSUB, { id })));
}

const configForm = (options: NodeOptions): Element => submitForm('http://jabber.org/protocol/pubsub#node_config', options);

/** §8.1.3: creates a node with these options. */
export function createRequest(node: string, options: NodeOptions): Element {
  return xml('pubsub', NS_PUBSUB, {}, xml('create', NS_PUBSUB, { node }), xml('configure', NS_PUBSUB, {}, configForm(options)));
}

/** §8.2.4 */
export function configureRequest(node: string, options: NodeOptions): Element {
  return xml('pubsub', NS_PUBSUB_OWNER, {}, xml('configure', NS_PUBSUB_OWNER, { node }, configForm(options)));
}

/** §8.2.1: asks for the form that tells the options of a node and their bounds. */
export function configurationRequest(node: string): Element {
  return xml('pubsub', NS_PUBSUB_OWNER, {}, xml('configure', NS_PUBSUB_OWNER, { node }));
}

/** §8.4 */
export function deleteRequest(node: string): Element {
  return xml('pubsub', NS_PUBSUB_OWNER, {}, xml('delete', NS_PUBSUB_OWNER, { node }));
}
