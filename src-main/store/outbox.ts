import type { BareJid } from '../../src-shared/jid.ts';
import type { MessageState } from '../../src-shared/models.ts';
import { defined, integer, optionalText, text } from './columns.ts';
import type { Db, Row } from './database.ts';

export type Waits = Extract<MessageState, { kind: 'queued' }>['waits'];

/** A message of ours that the server has not acknowledged. It stays here until it has, or the user gives it up. */
export interface OutboxRow {
  /** The message's id. */
  readonly id: number;
  readonly conversation: BareJid;
  readonly waits: Waits;
  /** How often it was handed to a socket. */
  readonly tries: number;
  /** Not before this time. */
  readonly nextAt: number;
  /** The stanza as it was sent, to be sent again octet for octet: it used its numbers already. */
  readonly stanza?: string;
}

export interface OutboxRepository {
  add(id: number, conversation: BareJid, waits: Waits): void;
  get(id: number): OutboxRow | undefined;
  /** In the order written; of one conversation or of all. */
  list(conversation?: BareJid): OutboxRow[];
  /** The ids alone, of one conversation, in the order written. */
  ids(conversation: BareJid): number[];
  update(
    id: number,
    changes: { readonly [K in 'waits' | 'tries' | 'nextAt']?: OutboxRow[K] } & { readonly stanza?: string | null },
  ): void;
  /** Acknowledged, or given up. */
  remove(id: number): void;
}

const ALL = 'SELECT o.*, c.jid FROM outbox AS o JOIN conversations AS c ON c.id = o.conversation';

const outboxOf = (row: Row): OutboxRow => ({
  id: integer(row, 'id'),
  conversation: text(row, 'jid') as BareJid,
  waits: text(row, 'waits') as Waits,
  tries: integer(row, 'tries'),
  nextAt: integer(row, 'next_at'),
  ...defined({ stanza: optionalText(row, 'stanza') }),
});

export function outboxRepository(db: Db): OutboxRepository {
  const get = (id: number): OutboxRow | undefined => {
    const row = db.get(`${ALL} WHERE o.id = ?`, id);
    return row === undefined ? undefined : outboxOf(row);
  };
  return {
    add: (id, conversation, waits) => {
      db.run(
        'INSERT INTO outbox (id, conversation, waits, tries, next_at) SELECT ?, id, ?, 0, 0 FROM conversations WHERE jid = ?',
        ...[id, waits, conversation],
      );
    },
    get,
    list: (conversation) =>
      (conversation === undefined
        ? db.all(`${ALL} ORDER BY o.id`)
        : db.all(`${ALL} WHERE o.conversation = (SELECT id FROM conversations WHERE jid = ?) ORDER BY o.id`, conversation)
      ).map(outboxOf),
    ids: (conversation) =>
      db
        .all('SELECT id FROM outbox WHERE conversation = (SELECT id FROM conversations WHERE jid = ?) ORDER BY id', conversation)
        .map((row) => integer(row, 'id')),
    update: (id, changes) => {
      const row = get(id);
      if (row === undefined) return;
      const { waits, tries, nextAt } = { ...row, ...changes };
      const stanza = changes.stanza === undefined ? row.stanza : changes.stanza;
      db.run(
        'UPDATE outbox SET waits = ?, tries = ?, next_at = ?, stanza = ? WHERE id = ?',
        waits,
        tries,
        nextAt,
        stanza ?? null,
        id,
      );
    },
    remove: (id) => {
      db.run('DELETE FROM outbox WHERE id = ?', id);
    },
  };
}
