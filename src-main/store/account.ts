import type { DeviceId, Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Presence } from '../../src-shared/models.ts';
import { defined, json, octets, optionalText, packAll, text, unpackAll } from './columns.ts';
import type { Db } from './database.ts';

/** How the user wants the account to be run. */
export interface AccountPreferences {
  /** Instead of what DNS says. */
  readonly server?: { readonly host: string; readonly port: number; readonly tls: 'direct' | 'starttls' };
  /** SOCKS5; every connection goes through it. */
  readonly proxy?: { readonly host: string; readonly port: number; readonly username?: string; readonly password?: string };
  /** The user's explicit word (auth-plain-only). */
  readonly allowPlain: boolean;
  readonly presence: Exclude<Presence, 'offline'>;
  readonly status?: string;
  /** The password is in the keychain. */
  readonly remembered: boolean;
}

export interface AccountRow {
  readonly jid: BareJid;
  readonly device: DeviceId;
  readonly fp: Fingerprint;
  /** PKCS#8 of our credential's key; secret. */
  readonly privateKey: Uint8Array;
  /** Our certificates, DER, end entity first. */
  readonly chain: readonly Uint8Array[];
  readonly preferences: AccountPreferences;
  /** What stream resumption (XEP-0198) needs, as its module wrote it. */
  readonly resumption?: string;
  /** RFC 6121 §2.6. */
  readonly rosterVersion?: string;
}

/** The one account of this store. */
export interface AccountRepository {
  get(): AccountRow | undefined;
  /** Writes the whole account (signing in, a new credential). */
  put(account: AccountRow): void;
  setDevice(device: DeviceId): void;
  setPreferences(preferences: AccountPreferences): void;
  setResumption(resumption: string | undefined): void;
  setRosterVersion(version: string | undefined): void;
}

export function accountRepository(db: Db): AccountRepository {
  return {
    get: () => {
      const row = db.get('SELECT * FROM account');
      if (row === undefined) return undefined;
      return {
        jid: text(row, 'jid') as BareJid,
        device: text(row, 'device') as DeviceId,
        fp: text(row, 'fp') as Fingerprint,
        privateKey: octets(row, 'private_key'),
        chain: unpackAll(row, 'chain'),
        preferences: json(row, 'preferences') as AccountPreferences,
        ...defined({ resumption: optionalText(row, 'resumption'), rosterVersion: optionalText(row, 'roster_version') }),
      };
    },
    put: (a) => {
      db.run(
        'INSERT OR REPLACE INTO account (only, jid, device, fp, private_key, chain, preferences, resumption, roster_version) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)',
        ...[a.jid, a.device, a.fp, a.privateKey, packAll(a.chain)],
        ...[JSON.stringify(a.preferences), a.resumption ?? null, a.rosterVersion ?? null],
      );
    },
    setDevice: (device) => {
      db.run('UPDATE account SET device = ?', device);
    },
    setPreferences: (preferences) => {
      db.run('UPDATE account SET preferences = ?', JSON.stringify(preferences));
    },
    setResumption: (resumption) => {
      db.run('UPDATE account SET resumption = ?', resumption ?? null);
    },
    setRosterVersion: (version) => {
      db.run('UPDATE account SET roster_version = ?', version ?? null);
    },
  };
}
