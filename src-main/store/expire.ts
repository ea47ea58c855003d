import type { Db } from './database.ts';
import { RESEND_DAYS } from './recipients.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A replaced association decrypts for 30 days (protocol 5.6); skipped keys are kept as long (6.1). */
const KEYS = 30 * DAY;
/** What came that long ago was sent on keys that are gone, so a replay could not be opened anyway. */
const SEEN = 90 * DAY;
const CAPABILITIES = 180 * DAY;

/** Erases what has had its time; to be called at start and once an hour, outside any transaction. `now` in milliseconds since the epoch. */
export function expire(db: Db, now: number): void {
  db.transaction(() => {
    db.run('DELETE FROM skipped_keys WHERE at <= ?', now - KEYS);
    db.run('DELETE FROM associations WHERE replaced_at <= ?', now - KEYS);
    db.run('DELETE FROM cookies WHERE at <= ?', now - HOUR);
    db.run('DELETE FROM recipients WHERE at <= ?', now - RESEND_DAYS * DAY);
    // Nobody answers for what is older (protocol 6.4); its place in the conversation stays.
    db.run('DELETE FROM waiting WHERE arrived_at <= ?', now - RESEND_DAYS * DAY);
    db.run('DELETE FROM seen WHERE at <= ?', now - SEEN);
    db.run('DELETE FROM capabilities WHERE at <= ?', now - CAPABILITIES);
  });
  // What was overwritten stands in the log until it is folded back and cut: chain keys are not to outlive their use there.
  db.get('PRAGMA wal_checkpoint(TRUNCATE)');
}
