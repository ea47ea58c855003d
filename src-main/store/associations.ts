import type { DeviceId, Fingerprint, KeyId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { defined, flag, integer, json, octets, optionalInteger, text } from './columns.ts';
import type { Db, Row } from './database.ts';
import type { Recipient } from './recipients.ts';

/** One direction's chain: CK_n and the n of the next message (protocol 6.1); `ck` is secret. */
export interface ChainRow {
  readonly ck: Uint8Array;
  readonly n: number;
}

/** Identifiers as on the wire (protocol 2), spelled out because the store knows nothing of security/. */
export interface AssociationAlgorithms {
  readonly agreement:
    | { readonly algorithm: 'http://www.w3.org/2021/04/xmldsig-more#x25519' }
    | { readonly algorithm: 'http://www.w3.org/2001/04/xmlenc#dh'; readonly length: 3072 | 4096 };
  readonly encryption: 'http://www.w3.org/2009/xmlenc11#aes256-gcm';
  readonly signature:
    | `http://www.w3.org/2001/04/xmldsig-more#${'ecdsa-sha256' | 'ecdsa-sha384' | 'ecdsa-sha512' | 'rsa-sha256'}`
    | 'http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519'
    | 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1';
}

/** A security association (protocol 5); the same shape as security/association's own. */
export interface AssociationRow {
  readonly keyId: KeyId;
  readonly role: 'initiator' | 'responder';
  readonly hash: 'sha256' | 'sha512';
  readonly own: Recipient;
  readonly peer: Recipient;
  readonly send: ChainRow;
  readonly receive: ChainRow;
  /** sKEYID_d; secret. */
  readonly exporter: Uint8Array;
  readonly algorithms: AssociationAlgorithms;
  readonly establishedAt: number;
  readonly replacedAt?: number;
  readonly decryptOnly: boolean;
}

/** What a received message changes (protocol 6.1); all of it in the transaction that stores the message. */
export interface ReceiveRow {
  readonly receive: ChainRow;
  readonly skipped: readonly { readonly n: number; readonly mk: Uint8Array }[];
  /** The n whose kept key was used and goes. */
  readonly unskipped?: number;
}

export interface AssociationsRepository {
  /** Adds one that stands, and marks those of the same pair that it replaces, in one transaction. */
  add(association: AssociationRow, now: number): void;
  get(keyId: KeyId): AssociationRow | undefined;
  /** Of one bare JID, or one of its devices; newest first. */
  list(jid: BareJid, device?: DeviceId): AssociationRow[];
  all(): AssociationRow[];
  /** CK_(n+1) of the sending chain, before the stanza leaves (6.1). */
  advanceSending(keyId: KeyId, send: ChainRow, now: number): void;
  /** The receiving chain, the keys jumped over, the key used up and the trace of this n. */
  receive(keyId: KeyId, n: number, trace: Uint8Array, change: ReceiveRow, now: number): void;
  /** The key kept for an n that was jumped over. */
  skippedKey(keyId: KeyId, n: number): Uint8Array | undefined;
  /** The 8 octets of SHA-256(C) kept of a used n. */
  usedNumber(keyId: KeyId, n: number): Uint8Array | undefined;
  /** When a message last went over it. */
  lastUsed(keyId: KeyId): number | undefined;
  /** With all its keys. */
  erase(keyId: KeyId): void;
  /** A credential became `revoked` or `distrusted` (5.6). Answers the erased. */
  eraseByPeer(jid: BareJid, fp: Fingerprint): KeyId[];
  /** The store was restored or copied (6.5): none encrypts again. */
  turnAllDecryptOnly(): void;
}

const party = (row: Row, side: 'own' | 'peer'): Recipient => ({
  jid: text(row, `${side}_jid`) as BareJid,
  fp: text(row, `${side}_fp`) as Fingerprint,
  device: text(row, `${side}_device`) as DeviceId,
});

const associationOf = (row: Row): AssociationRow => ({
  keyId: text(row, 'key_id') as KeyId,
  role: text(row, 'role') as AssociationRow['role'],
  hash: text(row, 'hash') as AssociationRow['hash'],
  own: party(row, 'own'),
  peer: party(row, 'peer'),
  send: { ck: octets(row, 'send_ck'), n: integer(row, 'send_n') },
  receive: { ck: octets(row, 'receive_ck'), n: integer(row, 'receive_n') },
  exporter: octets(row, 'exporter'),
  algorithms: {
    agreement: json(row, 'agreement') as AssociationAlgorithms['agreement'],
    encryption: text(row, 'encryption') as AssociationAlgorithms['encryption'],
    signature: text(row, 'signature') as AssociationAlgorithms['signature'],
  },
  establishedAt: integer(row, 'established_at'),
  decryptOnly: flag(row, 'decrypt_only'),
  ...defined({ replacedAt: optionalInteger(row, 'replaced_at') }),
});

const OF_KEY = '(SELECT id FROM associations WHERE key_id = ?)';

export function associationsRepository(db: Db): AssociationsRepository {
  const list = (where: string, ...params: readonly string[]): AssociationRow[] =>
    db.all(`SELECT * FROM associations ${where} ORDER BY established_at DESC, id DESC`, ...params).map(associationOf);

  return {
    add: (a, now) => {
      db.transaction(() => {
        db.run(
          `UPDATE associations SET replaced_at = ? WHERE replaced_at IS NULL AND own_jid = ? AND own_fp = ? AND own_device = ?
             AND peer_jid = ? AND peer_fp = ? AND peer_device = ?`,
          ...[now, a.own.jid, a.own.fp, a.own.device, a.peer.jid, a.peer.fp, a.peer.device],
        );
        db.run(
          `INSERT INTO associations (key_id, role, hash, own_jid, own_fp, own_device, peer_jid, peer_fp, peer_device, send_ck, send_n,
             receive_ck, receive_n, exporter, agreement, encryption, signature, established_at, replaced_at, decrypt_only, last_used)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
          ...[a.keyId, a.role, a.hash, a.own.jid, a.own.fp, a.own.device, a.peer.jid, a.peer.fp, a.peer.device],
          ...[a.send.ck, a.send.n, a.receive.ck, a.receive.n, a.exporter, JSON.stringify(a.algorithms.agreement)],
          ...[a.algorithms.encryption, a.algorithms.signature, a.establishedAt, a.replacedAt ?? null, Number(a.decryptOnly), now],
        );
      });
    },
    get: (keyId) => {
      const row = db.get('SELECT * FROM associations WHERE key_id = ?', keyId);
      return row === undefined ? undefined : associationOf(row);
    },
    list: (jid, device) =>
      device === undefined ? list('WHERE peer_jid = ?', jid) : list('WHERE peer_jid = ? AND peer_device = ?', jid, device),
    all: () => list(''),
    advanceSending: (keyId, send, now) => {
      // Never backwards: a number sent twice would be two messages under one key.
      const changed = db.run(
        'UPDATE associations SET send_ck = ?, send_n = ?, last_used = ? WHERE key_id = ? AND send_n < ?',
        ...[send.ck, send.n, now, keyId, send.n],
      );
      if (changed !== 1) throw new Error('a sending chain did not advance');
    },
    receive: (keyId, n, trace, change, now) => {
      db.transaction(() => {
        db.run(
          'UPDATE associations SET receive_ck = ?, receive_n = ?, last_used = ? WHERE key_id = ?',
          ...[change.receive.ck, change.receive.n, now, keyId],
        );
        for (const { n: skipped, mk } of change.skipped) {
          db.run(`INSERT INTO skipped_keys (association, n, mk, at) VALUES (${OF_KEY}, ?, ?, ?)`, keyId, skipped, mk, now);
        }
        if (change.unskipped !== undefined) {
          db.run(`DELETE FROM skipped_keys WHERE association = ${OF_KEY} AND n = ?`, keyId, change.unskipped);
        }
        db.run(`INSERT INTO used_numbers (association, n, digest) VALUES (${OF_KEY}, ?, ?)`, keyId, n, trace);
      });
    },
    skippedKey: (keyId, n) => {
      const row = db.get(`SELECT mk FROM skipped_keys WHERE association = ${OF_KEY} AND n = ?`, keyId, n);
      return row === undefined ? undefined : octets(row, 'mk');
    },
    usedNumber: (keyId, n) => {
      const row = db.get(`SELECT digest FROM used_numbers WHERE association = ${OF_KEY} AND n = ?`, keyId, n);
      return row === undefined ? undefined : octets(row, 'digest');
    },
    lastUsed: (keyId) => {
      const row = db.get('SELECT last_used FROM associations WHERE key_id = ?', keyId);
      return row === undefined ? undefined : integer(row, 'last_used');
    },
    erase: (keyId) => {
      db.run('DELETE FROM associations WHERE key_id = ?', keyId);
    },
    eraseByPeer: (jid, fp) =>
      db
        .all('DELETE FROM associations WHERE peer_jid = ? AND peer_fp = ? RETURNING key_id', jid, fp)
        .map((row) => text(row, 'key_id') as KeyId),
    turnAllDecryptOnly: () => {
      db.run('UPDATE associations SET decrypt_only = 1');
    },
  };
}
