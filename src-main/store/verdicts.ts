import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { CredentialView, Verdict } from '../../src-shared/models.ts';
import { integer, json, packAll, text, unpackAll } from './columns.ts';
import type { Db, Row } from './database.ts';

/** A verdict on (bare JID, fp) (protocol 4, "Trust"). */
export interface VerdictRow {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly verdict: Verdict;
  readonly why: CredentialView['why'];
  /** When it was met: a signature by it first held. */
  readonly since: number;
  /** When the verdict last changed. */
  readonly verdictSince: number;
  /** Its certificates, DER, end entity first. */
  readonly chain: readonly Uint8Array[];
  /** Credentials of the same bare JID that name it in `Vouched`. */
  readonly vouchers: readonly Fingerprint[];
}

export interface VerdictsRepository {
  get(jid: BareJid, fp: Fingerprint): VerdictRow | undefined;
  /** All of one bare JID, the one met first first. */
  list(jid: BareJid): VerdictRow[];
  /** Everything; for the renewal of verdicts that depend on dates and anchors. */
  all(): VerdictRow[];
  put(row: VerdictRow): void;
}

const verdictOf = (row: Row): VerdictRow => ({
  jid: text(row, 'jid') as BareJid,
  fp: text(row, 'fp') as Fingerprint,
  verdict: text(row, 'verdict') as Verdict,
  why: text(row, 'why') as CredentialView['why'],
  since: integer(row, 'since'),
  verdictSince: integer(row, 'verdict_since'),
  chain: unpackAll(row, 'chain'),
  vouchers: json(row, 'vouchers') as Fingerprint[],
});

export function verdictsRepository(db: Db): VerdictsRepository {
  return {
    get: (jid, fp) => {
      const row = db.get('SELECT * FROM verdicts WHERE jid = ? AND fp = ?', jid, fp);
      return row === undefined ? undefined : verdictOf(row);
    },
    list: (jid) => db.all('SELECT * FROM verdicts WHERE jid = ? ORDER BY since, fp', jid).map(verdictOf),
    all: () => db.all('SELECT * FROM verdicts ORDER BY jid, since, fp').map(verdictOf),
    put: (v) => {
      db.run(
        'INSERT OR REPLACE INTO verdicts (jid, fp, verdict, why, since, verdict_since, chain, vouchers) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
        ...[v.jid, v.fp, v.verdict, v.why, v.since, v.verdictSince, packAll(v.chain), JSON.stringify(v.vouchers)],
      );
    },
  };
}
