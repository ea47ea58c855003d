/** The one account of a store: its row, its credential, and how people see it. */

import { SignetError } from '../../src-shared/errors.ts';
import type { DeviceId } from '../../src-shared/ids.ts';
import { localOf, type BareJid } from '../../src-shared/jid.ts';
import type { Account, ConnectionState, Presence } from '../../src-shared/models.ts';
import { parseBareJid } from '../jid/jid.ts';
import { exportPrivate, loadCredential } from '../pki/credential.ts';
import { makeSelfSigned } from '../pki/make.ts';
import type { Self } from '../services.ts';
import type { AccountPreferences, AccountRow } from '../store/account.ts';

/** An address as a person types it, to sign in with. @throws SignetError `bad-jid` */
export function accountJid(text: string): BareJid {
  const jid = contactJid(text);
  if (localOf(jid) === undefined) throw new SignetError('bad-jid');
  return jid;
}

/** An address as a person types it. @throws SignetError `bad-jid` */
export function contactJid(text: string): BareJid {
  try {
    return parseBareJid(text.trim());
  } catch (cause) {
    throw new SignetError('bad-jid', { cause });
  }
}

/** A new device name (protocol 4): 8 random octets. */
export function newDevice(random: (octets: number) => Uint8Array): DeviceId {
  return Buffer.from(random(8)).toString('hex').toUpperCase() as DeviceId;
}

/** A first sign-in here: a device and a credential of its own, made by this client (protocol 4). */
export function newAccount(
  jid: BareJid,
  preferences: AccountPreferences,
  ports: { readonly now: number; readonly random: (octets: number) => Uint8Array },
): AccountRow {
  const credential = makeSelfSigned({ jid, now: ports.now, random: ports.random });
  return {
    jid,
    device: newDevice(ports.random),
    fp: credential.fp,
    privateKey: exportPrivate(credential),
    chain: credential.chain,
    preferences,
  };
}

/** Ourselves, from the store. @throws SignetError `store-damaged` where the key is not the certificate's */
export function selfOf(row: AccountRow): Self {
  try {
    return { jid: row.jid, device: row.device, credential: loadCredential(row.chain, row.privateKey) };
  } catch (cause) {
    throw new SignetError('store-damaged', { cause });
  }
}

/** @param excepted the connection stands on an exception for the server's certificate */
export function accountView(row: AccountRow, connection: ConnectionState, excepted: boolean): Account {
  const online = connection.kind === 'online';
  const presence: Presence = online ? row.preferences.presence : 'offline';
  return {
    ...{ jid: row.jid, device: row.device, fp: row.fp, connection, presence, remembered: row.preferences.remembered },
    ...(online && excepted && { excepted: true }),
  };
}
