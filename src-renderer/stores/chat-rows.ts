/** What the chat shows, as one flat list for the virtual list: messages, day separators, the unread line. Pure. */

import type { Message } from '../../src-shared/models.ts';
import { dayKey } from '../i18n/time.ts';

export type ChatRow =
  | { readonly kind: 'day'; readonly key: string; readonly at: number }
  | { readonly kind: 'unread'; readonly key: string }
  /** `first` and `last`: of a run by one side within five minutes. */
  | {
      readonly kind: 'message';
      readonly key: string;
      readonly message: Message;
      readonly first: boolean;
      readonly last: boolean;
    };

const RUN_MS = 5 * 60_000;

/** @param messages oldest first; @param unreadFrom id of the first message that was unread when the chat was opened. */
export function rowsOf(messages: readonly Message[], unreadFrom: number | undefined): readonly ChatRow[] {
  const rows: ChatRow[] = [];
  let day = '';
  for (const [i, message] of messages.entries()) {
    const previous = messages[i - 1];
    const next = messages[i + 1];
    const today = dayKey(message.at);
    if (today !== day)
      rows.push({ kind: 'day', key: `day ${today} ${String(rows.length === 0 ? 0 : message.id)}`, at: message.at });
    day = today;
    if (message.id === unreadFrom) rows.push({ kind: 'unread', key: 'unread' });
    rows.push({
      kind: 'message',
      key: `m${String(message.id)}`,
      message,
      first: !previous || !together(previous, message),
      last: !next || !together(message, next),
    });
  }
  return rows;
}

const together = (a: Message, b: Message): boolean => a.mine === b.mine && b.at - a.at < RUN_MS && dayKey(a.at) === dayKey(b.at);

/** Puts a message where its id belongs; a message of the same id is replaced. Usually that is the end. */
export function withMessage(messages: readonly Message[], message: Message): readonly Message[] {
  let at = messages.length;
  while (at > 0 && (messages[at - 1]?.id ?? 0) > message.id) at -= 1;
  const replaces = messages[at - 1]?.id === message.id;
  return [...messages.slice(0, replaces ? at - 1 : at), message, ...messages.slice(at)];
}
