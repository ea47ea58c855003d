import type { DeviceId, Fingerprint, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { integer, text } from './columns.ts';
import type { Db } from './database.ts';

/** To whom a key belongs (protocol 4). */
export interface Recipient {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly device: DeviceId;
}

/** For whom each message of ours was encrypted: what decides whether a `resend` is answered (protocol 6.4). */
export interface RecipientsRepository {
  add(message: number, recipients: readonly Recipient[], at: number): void;
  list(message: number): Recipient[];
  /** The message of this name that was encrypted for this device, in whatever conversation. */
  messageFor(recipient: Recipient, originId: OriginId): number | undefined;
  /**
   * May this device be answered? True once a message and device, for 30 days, and only for one that the record names;
   * marks it answered.
   */
  answer(message: number, recipient: Recipient, at: number): boolean;
}

export const RESEND_DAYS = 30;
const RESEND_MS = RESEND_DAYS * 86_400_000;

export function recipientsRepository(db: Db): RecipientsRepository {
  return {
    add: (message, recipients, at) => {
      for (const { jid, fp, device } of recipients) {
        db.run(
          'INSERT OR IGNORE INTO recipients (message, jid, fp, device, at) VALUES (?, ?, ?, ?, ?)',
          message,
          jid,
          fp,
          device,
          at,
        );
      }
    },
    list: (message) =>
      db.all('SELECT jid, fp, device FROM recipients WHERE message = ? ORDER BY jid, device', message).map((row) => ({
        jid: text(row, 'jid') as BareJid,
        fp: text(row, 'fp') as Fingerprint,
        device: text(row, 'device') as DeviceId,
      })),
    messageFor: ({ jid, fp, device }, originId) => {
      const row = db.get(
        'SELECT m.id FROM recipients AS r JOIN messages AS m ON m.id = r.message WHERE r.jid = ? AND r.fp = ? AND r.device = ? AND m.origin_id = ?',
        ...[jid, fp, device, originId],
      );
      return row === undefined ? undefined : integer(row, 'id');
    },
    answer: (message, { jid, fp, device }, at) =>
      db.run(
        'UPDATE recipients SET answered_at = ? WHERE message = ? AND jid = ? AND fp = ? AND device = ? AND answered_at IS NULL AND at > ?',
        ...[at, message, jid, fp, device, at - RESEND_MS],
      ) === 1,
  };
}
