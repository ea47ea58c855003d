import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { ServerException, ServerProblem } from '../../src-shared/models.ts';
import { integer, json, text } from './columns.ts';
import type { Db, Row } from './database.ts';

export type ExceptionRow = Omit<ServerException, 'inUse'>;
/** The last certificate of an account's server that passed every check, and when it was first and last met. */
export type HeldCertificate = NonNullable<ServerProblem['before']>;

/** What is known of the certificates of an account's server. */
export interface ServerTrustRepository {
  exceptions(): ExceptionRow[];
  exception(jid: BareJid, fp: Fingerprint): ExceptionRow | undefined;
  putException(row: ExceptionRow): void;
  /** True where there was one. */
  removeException(jid: BareJid, fp: Fingerprint): boolean;
  held(jid: BareJid): HeldCertificate | undefined;
  putHeld(jid: BareJid, held: HeldCertificate): void;
}

const exceptionOf = (row: Row): ExceptionRow => ({
  jid: text(row, 'jid') as BareJid,
  certificate: json(row, 'certificate') as ExceptionRow['certificate'],
  failed: json(row, 'failed') as ExceptionRow['failed'],
  since: integer(row, 'since'),
});

export function serverTrustRepository(db: Db): ServerTrustRepository {
  const exception: ServerTrustRepository['exception'] = (jid, fp) => {
    const row = db.get('SELECT * FROM server_exceptions WHERE jid = ? AND fp = ?', jid, fp);
    return row === undefined ? undefined : exceptionOf(row);
  };
  return {
    exceptions: () => db.all('SELECT * FROM server_exceptions ORDER BY since DESC, fp').map(exceptionOf),
    exception,
    putException: ({ jid, certificate, failed, since }) => {
      db.run(
        'INSERT OR REPLACE INTO server_exceptions (jid, fp, since, failed, certificate) VALUES (?, ?, ?, ?, ?)',
        ...[jid, certificate.fp, since, JSON.stringify(failed), JSON.stringify(certificate)],
      );
    },
    removeException: (jid, fp) => {
      const there = exception(jid, fp) !== undefined;
      db.run('DELETE FROM server_exceptions WHERE jid = ? AND fp = ?', jid, fp);
      return there;
    },
    held: (jid) => {
      const row = db.get('SELECT * FROM server_certificates WHERE jid = ?', jid);
      return row === undefined
        ? undefined
        : {
            fp: text(row, 'fp') as Fingerprint,
            issuer: text(row, 'issuer'),
            since: integer(row, 'since'),
            last: integer(row, 'last'),
          };
    },
    putHeld: (jid, { fp, issuer, since, last }) => {
      db.run(
        'INSERT OR REPLACE INTO server_certificates (jid, fp, issuer, since, last) VALUES (?, ?, ?, ?, ?)',
        ...[jid, fp, issuer, since, last],
      );
    },
  };
}
