import type { DeviceId, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Db } from './database.ts';

/**
 * What was shown or acted on: (from, sender device, origin-id) shows once (protocol 6.2), also when the message itself was
 * removed since, and for what never becomes a message (receipts, `resend`).
 */
export interface SeenRepository {
  /** Marks it; false where it was marked before. */
  mark(jid: BareJid, device: DeviceId | '', originId: OriginId, at: number): boolean;
}

export function seenRepository(db: Db): SeenRepository {
  return {
    mark: (jid, device, originId, at) =>
      db.run('INSERT OR IGNORE INTO seen (jid, device, origin_id, at) VALUES (?, ?, ?, ?)', jid, device, originId, at) === 1,
  };
}
