/**
 * The first schema. Times are milliseconds since the epoch, JIDs prepared, fingerprints, devices and key ids in upper-case
 * hex, key material as octets (the whole file is encrypted). Messages are clustered by (conversation, time), so that a page
 * is one short walk through neighbouring pages, however long the history.
 */
export const initial = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  jid TEXT NOT NULL,
  device TEXT NOT NULL,
  fp TEXT NOT NULL,
  private_key BLOB NOT NULL,
  chain BLOB NOT NULL,
  preferences TEXT NOT NULL,
  resumption TEXT,
  roster_version TEXT
) STRICT;

CREATE TABLE contacts (
  jid TEXT PRIMARY KEY,
  in_roster INTEGER NOT NULL,
  name TEXT,
  subscription TEXT NOT NULL,
  asked INTEGER NOT NULL,
  asking TEXT,
  groups TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE capabilities (hash TEXT NOT NULL, ver TEXT NOT NULL, features TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (hash, ver)) STRICT, WITHOUT ROWID;

CREATE TABLE conversations (
  id INTEGER PRIMARY KEY,
  jid TEXT NOT NULL UNIQUE,
  last_at INTEGER NOT NULL,
  last_id INTEGER,
  last_body TEXT,
  last_mine INTEGER,
  last_protection TEXT,
  unread INTEGER NOT NULL DEFAULT 0,
  read_at INTEGER NOT NULL DEFAULT 0,
  read_up_to INTEGER NOT NULL DEFAULT 0,
  draft TEXT NOT NULL DEFAULT '',
  unprotected_allowed INTEGER NOT NULL DEFAULT 0,
  ever_protected INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX conversations_recent ON conversations (last_at, id);

CREATE TABLE messages (
  conversation INTEGER NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  at INTEGER NOT NULL,
  id INTEGER NOT NULL,
  mine INTEGER NOT NULL,
  origin_id TEXT NOT NULL,
  device TEXT NOT NULL,
  fp TEXT,
  archive_id TEXT,
  body TEXT NOT NULL,
  protection TEXT NOT NULL,
  state TEXT,
  state_detail TEXT,
  unreadable TEXT,
  warn TEXT,
  signed INTEGER NOT NULL,
  other_device INTEGER NOT NULL,
  receipt INTEGER NOT NULL,
  PRIMARY KEY (conversation, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_id ON messages (id);
CREATE INDEX messages_owing ON messages (id) WHERE receipt = 1;
CREATE UNIQUE INDEX messages_once ON messages (conversation, origin_id, mine, device);

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  conversation INTEGER NOT NULL,
  waits TEXT NOT NULL,
  tries INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  stanza TEXT
) STRICT;
CREATE INDEX outbox_conversation ON outbox (conversation, id);

CREATE TABLE recipients (
  message INTEGER NOT NULL REFERENCES messages (id) ON DELETE CASCADE,
  jid TEXT NOT NULL,
  fp TEXT NOT NULL,
  device TEXT NOT NULL,
  at INTEGER NOT NULL,
  answered_at INTEGER,
  PRIMARY KEY (message, jid, fp, device)
) STRICT, WITHOUT ROWID;
CREATE INDEX recipients_at ON recipients (at);

CREATE TABLE waiting (
  id INTEGER PRIMARY KEY REFERENCES messages (id) ON DELETE CASCADE,
  sender TEXT NOT NULL,
  origin_id TEXT NOT NULL,
  stanza TEXT NOT NULL,
  arrived_at INTEGER NOT NULL,
  stamp INTEGER,
  asks INTEGER NOT NULL,
  asked_at INTEGER
) STRICT;
CREATE INDEX waiting_arrived ON waiting (arrived_at);

CREATE TABLE seen (jid TEXT NOT NULL, device TEXT NOT NULL, origin_id TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (jid, device, origin_id)) STRICT, WITHOUT ROWID;
CREATE INDEX seen_at ON seen (at);

CREATE TABLE associations (
  id INTEGER PRIMARY KEY,
  key_id TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  own_jid TEXT NOT NULL,
  own_fp TEXT NOT NULL,
  own_device TEXT NOT NULL,
  peer_jid TEXT NOT NULL,
  peer_fp TEXT NOT NULL,
  peer_device TEXT NOT NULL,
  send_ck BLOB NOT NULL,
  send_n INTEGER NOT NULL,
  receive_ck BLOB NOT NULL,
  receive_n INTEGER NOT NULL,
  exporter BLOB NOT NULL,
  agreement TEXT NOT NULL,
  encryption TEXT NOT NULL,
  signature TEXT NOT NULL,
  established_at INTEGER NOT NULL,
  replaced_at INTEGER,
  decrypt_only INTEGER NOT NULL,
  last_used INTEGER NOT NULL
) STRICT;
CREATE INDEX associations_peer ON associations (peer_jid, peer_device);

CREATE TABLE skipped_keys (
  association INTEGER NOT NULL REFERENCES associations (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  mk BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (association, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX skipped_keys_at ON skipped_keys (at);

CREATE TABLE used_numbers (
  association INTEGER NOT NULL REFERENCES associations (id) ON DELETE CASCADE,
  n INTEGER NOT NULL,
  digest BLOB NOT NULL,
  PRIMARY KEY (association, n)
) STRICT, WITHOUT ROWID;

CREATE TABLE cookies (cky TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE verdicts (
  jid TEXT NOT NULL,
  fp TEXT NOT NULL,
  verdict TEXT NOT NULL,
  why TEXT NOT NULL,
  since INTEGER NOT NULL,
  verdict_since INTEGER NOT NULL,
  chain BLOB NOT NULL,
  vouchers TEXT NOT NULL,
  PRIMARY KEY (jid, fp)
) STRICT, WITHOUT ROWID;
`;
