import type { BareJid } from '../../src-shared/jid.ts';
import type { MessageProtection, Page } from '../../src-shared/models.ts';
import { flag, integer, optionalInteger, text } from './columns.ts';
import type { Db, Row } from './database.ts';

export interface ConversationRow {
  readonly jid: BareJid;
  /** Time of the last message, or of the opening where there is none. */
  readonly lastAt: number;
  readonly last?: { readonly id: number; readonly body: string; readonly mine: boolean; readonly protection: MessageProtection };
  readonly unread: number;
  /** Id of the last message that was read. */
  readonly readUpTo: number;
  readonly draft: string;
  /** The explicit act of protocol 3. */
  readonly unprotectedAllowed: boolean;
  /** An SA stood or a bundle was accepted (protocol 3); never goes back. */
  readonly everProtected: boolean;
}

export interface ConversationsRepository {
  /** Most recent first. `before` is a page's `next`. */
  list(options: { readonly before?: number | undefined; readonly limit: number }): Page<ConversationRow>;
  get(jid: BareJid): ConversationRow | undefined;
  /** Makes the conversation where there is none yet. */
  ensure(jid: BareJid, at: number): ConversationRow;
  /** Everything up to this message is read. Answers the conversation, or undefined where it or the message is gone. */
  markRead(jid: BareJid, upTo: number): ConversationRow | undefined;
  setDraft(jid: BareJid, draft: string): void;
  setUnprotectedAllowed(jid: BareJid, allowed: boolean): void;
  setEverProtected(jid: BareJid): void;
  /** With all its messages. */
  remove(jid: BareJid): void;
}

function conversationOf(row: Row): ConversationRow {
  const lastId = optionalInteger(row, 'last_id');
  return {
    jid: text(row, 'jid') as BareJid,
    lastAt: integer(row, 'last_at'),
    unread: integer(row, 'unread'),
    readUpTo: integer(row, 'read_up_to'),
    draft: text(row, 'draft'),
    unprotectedAllowed: flag(row, 'unprotected_allowed'),
    everProtected: flag(row, 'ever_protected'),
    ...(lastId === undefined
      ? {}
      : {
          last: {
            id: lastId,
            body: text(row, 'last_body'),
            mine: flag(row, 'last_mine'),
            protection: text(row, 'last_protection') as MessageProtection,
          },
        }),
  };
}

export function conversationsRepository(db: Db): ConversationsRepository {
  const get = (jid: BareJid): ConversationRow | undefined => {
    const row = db.get('SELECT * FROM conversations WHERE jid = ?', jid);
    return row === undefined ? undefined : conversationOf(row);
  };
  return {
    list: ({ before, limit }) => {
      // A page begins behind the place where its cursor's conversation stands now.
      const rows =
        before === undefined
          ? db.all('SELECT * FROM conversations ORDER BY last_at DESC, id DESC LIMIT ?', limit + 1)
          : db.all(
              'SELECT * FROM conversations WHERE (last_at, id) < ((SELECT last_at FROM conversations WHERE id = ?), ?) ORDER BY last_at DESC, id DESC LIMIT ?',
              ...[before, before, limit + 1],
            );
      const last = rows[limit - 1];
      const items = rows.slice(0, limit).map(conversationOf);
      return rows.length > limit && last !== undefined ? { items, next: integer(last, 'id') } : { items };
    },
    get,
    ensure: (jid, at) => {
      db.run('INSERT INTO conversations (jid, last_at) VALUES (?, ?) ON CONFLICT (jid) DO NOTHING', jid, at);
      const row = db.get('SELECT * FROM conversations WHERE jid = ?', jid);
      if (row === undefined) throw new Error('a conversation vanished in its own transaction');
      return conversationOf(row);
    },
    markRead: (jid, upTo) => {
      db.run(
        `UPDATE conversations SET read_at = m.at, read_up_to = m.id, unread = (
           SELECT count(*) FROM messages AS later
           WHERE later.conversation = m.conversation AND (later.at, later.id) > (m.at, m.id) AND later.mine = 0
         )
         FROM messages AS m WHERE conversations.jid = ? AND m.id = ? AND m.conversation = conversations.id`,
        ...[jid, upTo],
      );
      return get(jid);
    },
    setDraft: (jid, draft) => {
      db.run('UPDATE conversations SET draft = ? WHERE jid = ?', draft, jid);
    },
    setUnprotectedAllowed: (jid, allowed) => {
      db.run('UPDATE conversations SET unprotected_allowed = ? WHERE jid = ?', Number(allowed), jid);
    },
    setEverProtected: (jid) => {
      db.run('UPDATE conversations SET ever_protected = 1 WHERE jid = ?', jid);
    },
    remove: (jid) => {
      db.run('DELETE FROM conversations WHERE jid = ?', jid);
    },
  };
}
