/** XEP-0085: whether the other is writing. */

import { type Element, xml } from '../../xml/element.ts';

export const NS_CHAT_STATES = 'http://jabber.org/protocol/chatstates';

export type ChatState = 'active' | 'composing' | 'paused' | 'inactive' | 'gone';

const STATES: readonly string[] = ['active', 'composing', 'paused', 'inactive', 'gone'] satisfies ChatState[];

/** `<composing/>` and its like. */
export function chatState(state: ChatState): Element {
  return xml(state, NS_CHAT_STATES);
}

/** The one chat state of a message (or of an envelope's content); undefined for none or several. */
export function readChatState(parent: Element): ChatState | undefined {
  const [first, second] = parent.elements().filter((e) => e.ns === NS_CHAT_STATES);
  return first !== undefined && second === undefined && STATES.includes(first.name) ? (first.name as ChatState) : undefined;
}
