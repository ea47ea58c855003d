/**
 * What signing in remembers of an account's server: exceptions for certificates that do not hold, the last certificate that
 * did, the strength of the last sign-in (XEP-0474), and the certificate that the account signs in with (XEP-0178).
 */
export const signIn = `
CREATE TABLE server_exceptions (
  jid TEXT NOT NULL,
  fp TEXT NOT NULL,
  since INTEGER NOT NULL,
  failed TEXT NOT NULL,
  certificate TEXT NOT NULL,
  PRIMARY KEY (jid, fp)
) STRICT, WITHOUT ROWID;

CREATE TABLE server_certificates (
  jid TEXT PRIMARY KEY,
  fp TEXT NOT NULL,
  issuer TEXT NOT NULL,
  since INTEGER NOT NULL,
  last INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sign_ins (
  jid TEXT PRIMARY KEY,
  mechanism TEXT NOT NULL,
  binding TEXT,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE client_certificates (
  jid TEXT PRIMARY KEY,
  certificate TEXT NOT NULL,
  private_key TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
