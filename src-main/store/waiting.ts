import type { OriginId } from '../../src-shared/ids.ts';
import type { Jid } from '../../src-shared/jid.ts';
import { defined, integer, optionalInteger, text } from './columns.ts';
import type { Db, Row } from './database.ts';

/** A message that could not be opened: kept as it came, shown as waiting, and asked for (protocol 6.4). */
export interface WaitingRow {
  /** The placeholder message's id. */
  readonly id: number;
  /** `from` as it came. */
  readonly sender: Jid;
  /** The outer origin-id, which `resend` names. */
  readonly originId: OriginId;
  /** The stanza as it came. */
  readonly stanza: string;
  readonly arrivedAt: number;
  /** The archive's or a `delay`'s stamp. */
  readonly stamp?: number;
  /** How often it was asked for, and when last. */
  readonly asks: number;
  readonly askedAt?: number;
}

export interface WaitingRepository {
  add(row: Omit<WaitingRow, 'asks' | 'askedAt'>): void;
  get(id: number): WaitingRow | undefined;
  /** Oldest first; of one bare or full JID, or all. */
  list(sender?: string): WaitingRow[];
  byOriginId(originId: OriginId): WaitingRow[];
  asked(id: number, at: number): void;
  /** Opened, or given up. */
  remove(id: number): void;
}

const waitingOf = (row: Row): WaitingRow => ({
  id: integer(row, 'id'),
  sender: text(row, 'sender') as Jid,
  originId: text(row, 'origin_id') as OriginId,
  stanza: text(row, 'stanza'),
  arrivedAt: integer(row, 'arrived_at'),
  asks: integer(row, 'asks'),
  ...defined({ stamp: optionalInteger(row, 'stamp'), askedAt: optionalInteger(row, 'asked_at') }),
});

export function waitingRepository(db: Db): WaitingRepository {
  // Chosen by the database: the stanzas that are kept may have 256 KiB each, and every message asks.
  const list = (where: string, ...params: readonly string[]): WaitingRow[] =>
    db.all(`SELECT * FROM waiting ${where} ORDER BY arrived_at, id`, ...params).map(waitingOf);
  return {
    add: (w) => {
      db.run(
        'INSERT INTO waiting (id, sender, origin_id, stanza, arrived_at, stamp, asks) VALUES (?, ?, ?, ?, ?, ?, 0)',
        ...[w.id, w.sender, w.originId, w.stanza, w.arrivedAt, w.stamp ?? null],
      );
    },
    get: (id) => {
      const row = db.get('SELECT * FROM waiting WHERE id = ?', id);
      return row === undefined ? undefined : waitingOf(row);
    },
    list: (sender) =>
      sender === undefined
        ? list('')
        : list('WHERE sender = ? OR substr(sender, 1, length(?) + 1) = ?', sender, sender, `${sender}/`),
    byOriginId: (originId) => list('WHERE origin_id = ?', originId),
    asked: (id, at) => {
      db.run('UPDATE waiting SET asks = asks + 1, asked_at = ? WHERE id = ?', at, id);
    },
    remove: (id) => {
      db.run('DELETE FROM waiting WHERE id = ?', id);
    },
  };
}
