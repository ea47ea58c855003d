import type { DeviceId, Fingerprint, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Message, MessageProtection, MessageState, Page } from '../../src-shared/models.ts';
import { defined, flag, integer, optionalText, text } from './columns.ts';
import type { Db, Row } from './database.ts';
import { isDuplicate } from './sqlite.ts';

/** XEP-0184, for a message that came in: nothing was asked, a receipt is owed, it was sent. */
export type Receipt = 'none' | 'owed' | 'sent';
const RECEIPTS: readonly Receipt[] = ['none', 'owed', 'sent'];

export interface MessageRow extends Message {
  /** The device that wrote it; undefined where it came unprotected, or could not be opened yet. */
  readonly device?: DeviceId;
  /** The credential that wrote it, likewise. */
  readonly fp?: Fingerprint;
  /** Its id in the archive (XEP-0359 stanza-id by our own account). */
  readonly archiveId?: string;
  /** Carried a signature that held (protocol 6.3). */
  readonly signed: boolean;
  readonly receipt: Receipt;
}

export type NewMessage = Omit<MessageRow, 'id' | 'signed' | 'receipt'> & Partial<Pick<MessageRow, 'signed' | 'receipt'>>;

/** What may change: a state, or a message that could be opened after all. */
export type MessageChanges = {
  readonly [K in 'state' | 'body' | 'protection' | 'device' | 'fp' | 'signed' | 'archiveId' | 'receipt']?:
    MessageRow[K] | undefined;
} & {
  /** null: it can be read now. */ readonly unreadable?: string | null | undefined;
  readonly warn?: MessageRow['warn'] | undefined;
};

export interface MessagesRepository {
  /**
   * Adds a message and brings the conversation up to date (last message, unread). Undefined where this (sender, device,
   * origin-id) is there already (protocol 6.2: shows once).
   */
  add(message: NewMessage): MessageRow | undefined;
  get(id: number): MessageRow | undefined;
  /** Every message of this name, ours or theirs: several only if several devices chose the same. */
  byOriginId(conversation: BareJid, originId: OriginId, mine: boolean): MessageRow[];
  /** Messages whose receipt is owed, oldest first; at most 200. */
  owingReceipts(): MessageRow[];
  /** Newest first, by (at, id). `before` is a page's `next` (the id of its last message). */
  list(conversation: BareJid, options: { readonly before?: number | undefined; readonly limit: number }): Page<MessageRow>;
  /**
   * Changes a message; answers it, or undefined where it is gone, or where a device becomes known and (sender, device,
   * origin-id) turns out to be there already: the caller then removes this one.
   */
  update(id: number, changes: MessageChanges): MessageRow | undefined;
  remove(id: number): void;
}

/** What the conversation list shows of a message. */
const PREVIEW = 200;

function stateOf(row: Row): MessageState | undefined {
  const kind = optionalText(row, 'state') as MessageState['kind'] | undefined;
  switch (kind) {
    case undefined:
      return undefined;
    case 'queued':
      return { kind, waits: text(row, 'state_detail') as 'nothing' };
    case 'failed':
      return { kind, code: text(row, 'state_detail') };
    default:
      return { kind };
  }
}

const detailOf = (state: MessageState | undefined): string | null =>
  state?.kind === 'queued' ? state.waits : state?.kind === 'failed' ? state.code : null;

function messageOf(row: Row): MessageRow {
  const device = text(row, 'device');
  return {
    id: integer(row, 'id'),
    conversation: text(row, 'jid') as BareJid,
    originId: text(row, 'origin_id') as OriginId,
    mine: flag(row, 'mine'),
    body: text(row, 'body'),
    at: integer(row, 'at'),
    protection: text(row, 'protection') as MessageProtection,
    signed: flag(row, 'signed'),
    receipt: RECEIPTS[integer(row, 'receipt')] ?? 'none',
    ...defined({
      state: stateOf(row),
      device: device === '' ? undefined : (device as DeviceId),
      fp: optionalText(row, 'fp') as Fingerprint | undefined,
      archiveId: optionalText(row, 'archive_id'),
      unreadable: optionalText(row, 'unreadable'),
      warn: optionalText(row, 'warn') as NonNullable<Message['warn']> | undefined,
      fromOtherDevice: flag(row, 'other_device') ? true : undefined,
    }),
  };
}

const ALL = 'SELECT m.*, c.jid FROM messages AS m JOIN conversations AS c ON c.id = m.conversation';

export function messagesRepository(db: Db): MessagesRepository {
  const newest = db.get('SELECT max(id) AS id FROM messages');
  let lastId = newest === undefined || newest['id'] === null ? 0 : integer(newest, 'id');

  const get = (id: number): MessageRow | undefined => {
    const row = db.get(`${ALL} WHERE m.id = ?`, id);
    return row === undefined ? undefined : messageOf(row);
  };
  const conversationId = (jid: BareJid): number | undefined => {
    const row = db.get('SELECT id FROM conversations WHERE jid = ?', jid);
    return row === undefined ? undefined : integer(row, 'id');
  };
  /** Last message and unread count of a conversation anew, where a message went. */
  const refresh = (conversation: number): void => {
    db.run(
      `UPDATE conversations SET (last_id, last_body, last_mine, last_protection) = (
         SELECT id, substr(body, 1, ${String(PREVIEW)}), mine, protection FROM messages WHERE conversation = conversations.id ORDER BY at DESC, id DESC LIMIT 1
       ),
       last_at = coalesce((SELECT max(at) FROM messages WHERE conversation = conversations.id), last_at),
       unread = (SELECT count(*) FROM messages WHERE conversation = conversations.id AND (at, id) > (read_at, read_up_to) AND mine = 0)
       WHERE id = ?`,
      conversation,
    );
  };
  /** Undefined where the unique index refuses. */
  const once = <T>(fn: () => T): T | undefined => {
    try {
      return db.transaction(fn);
    } catch (error) {
      if (isDuplicate(error)) return undefined;
      throw error;
    }
  };

  return {
    add: (message) =>
      once(() => {
        db.run(
          'INSERT INTO conversations (jid, last_at) VALUES (?, ?) ON CONFLICT (jid) DO NOTHING',
          message.conversation,
          message.at,
        );
        const conversation = conversationId(message.conversation);
        if (conversation === undefined) throw new Error('a conversation vanished in its own transaction');
        const added: MessageRow = { signed: false, receipt: 'none', ...message, id: lastId + 1 };
        db.run(
          `INSERT INTO messages (conversation, at, id, mine, origin_id, device, fp, archive_id, body, protection, state, state_detail,
             unreadable, warn, signed, other_device, receipt) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[conversation, added.at, added.id, Number(added.mine), added.originId, added.device ?? '', added.fp ?? null],
          ...[added.archiveId ?? null, added.body, added.protection, added.state?.kind ?? null, detailOf(added.state)],
          ...[added.unreadable ?? null, added.warn ?? null, Number(added.signed), Number(added.fromOtherDevice ?? false)],
          RECEIPTS.indexOf(added.receipt),
        );
        lastId = added.id;
        db.run(
          `UPDATE conversations SET last_at = ?, last_id = ?, last_body = ?, last_mine = ?, last_protection = ?
           WHERE id = ? AND (last_id IS NULL OR last_at <= ?)`,
          ...[added.at, added.id, added.body.slice(0, PREVIEW), Number(added.mine), added.protection, conversation, added.at],
        );
        if (!added.mine) {
          db.run(
            'UPDATE conversations SET unread = unread + 1 WHERE id = ? AND (read_at, read_up_to) < (?, ?)',
            conversation,
            added.at,
            added.id,
          );
        }
        return added;
      }),
    get,
    byOriginId: (conversation, originId, mine) =>
      db
        .all(
          `${ALL} WHERE m.conversation = (SELECT id FROM conversations WHERE jid = ?) AND m.origin_id = ? AND m.mine = ?`,
          ...[conversation, originId, Number(mine)],
        ) // prettier-ignore
        .map(messageOf),
    owingReceipts: () => db.all(`${ALL} WHERE m.receipt = 1 ORDER BY m.id LIMIT 200`).map(messageOf),
    list: (jid, { before, limit }) => {
      const conversation = conversationId(jid);
      if (conversation === undefined) return { items: [] };
      const rows =
        before === undefined
          ? db.all('SELECT * FROM messages WHERE conversation = ? ORDER BY at DESC, id DESC LIMIT ?', conversation, limit + 1)
          : db.all(
              // Where the cursor's message was removed meanwhile, its older neighbour's time stands in for its own.
              `SELECT * FROM messages WHERE conversation = ? AND (at, id) < (coalesce((SELECT at FROM messages WHERE id = ?),
                 (SELECT at FROM messages WHERE conversation = ? AND id < ? ORDER BY id DESC LIMIT 1)), ?) ORDER BY at DESC, id DESC LIMIT ?`,
              ...[conversation, before, conversation, before, before, limit + 1],
            );
      const items = rows.slice(0, limit).map((row) => messageOf({ ...row, jid }));
      const last = items.at(-1);
      return rows.length > limit && last !== undefined ? { items, next: last.id } : { items };
    },
    update: (id, changes) =>
      once(() => {
        const before = get(id);
        if (before === undefined) return undefined;
        const { unreadable: still, ...rest } = before;
        const unreadable = changes.unreadable === undefined ? still : (changes.unreadable ?? undefined);
        const after: MessageRow = { ...rest, ...defined({ ...changes, unreadable }) };
        db.run(
          `UPDATE messages SET state = ?, state_detail = ?, body = ?, protection = ?, device = ?, fp = ?, signed = ?, archive_id = ?,
             receipt = ?, unreadable = ?, warn = ? WHERE conversation = (SELECT conversation FROM messages WHERE id = ?) AND at = ? AND id = ?`,
          ...[
            after.state?.kind ?? null,
            detailOf(after.state),
            after.body,
            after.protection,
            after.device ?? '',
            after.fp ?? null,
          ],
          ...[
            Number(after.signed),
            after.archiveId ?? null,
            RECEIPTS.indexOf(after.receipt),
            after.unreadable ?? null,
            after.warn ?? null,
          ],
          ...[id, after.at, id],
        );
        if (after.body !== before.body || after.protection !== before.protection) {
          db.run(
            'UPDATE conversations SET last_body = ?, last_protection = ? WHERE last_id = ?',
            ...[after.body.slice(0, PREVIEW), after.protection, id],
          );
        }
        return after;
      }),
    remove: (id) => {
      db.transaction(() => {
        const row = db.get('SELECT conversation, at FROM messages WHERE id = ?', id);
        if (row === undefined) return;
        const conversation = integer(row, 'conversation');
        db.run('DELETE FROM messages WHERE conversation = ? AND at = ? AND id = ?', conversation, integer(row, 'at'), id);
        refresh(conversation);
      });
    },
  };
}
