import type { BareJid } from '../../../src-shared/jid.ts';
import type { DeviceId, Fingerprint, KeyId } from '../../../src-shared/ids.ts';
import type { Agreement, EncryptionMethod, SignatureMethod } from '../crypto/algorithms.ts';
import type { HashName } from '../crypto/hash.ts';

/** A security association, and the rules of its life (protocol 5.6). */

/** To whom keys belong (protocol 4): devices may share a credential. */
export interface Party {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly device: DeviceId;
}

/** One direction's chain: CK_n, and the n of the next message (6.1). `ck` is secret: for the encrypted store only. */
export interface ChainState {
  readonly ck: Uint8Array;
  readonly n: number;
}

export interface SecurityAssociation {
  /** CKYi | CKYr. */
  readonly keyId: KeyId;
  readonly role: 'initiator' | 'responder';
  readonly hash: HashName;
  readonly own: Party;
  readonly peer: Party;
  readonly send: ChainState;
  readonly receive: ChainState;
  /** sKEYID_d (section 9); secret. */
  readonly exporter: Uint8Array;
  /** What was agreed on, for the panel. */
  readonly algorithms: {
    readonly agreement: Agreement;
    readonly encryption: EncryptionMethod;
    /** What the peer signed with. */
    readonly signature: SignatureMethod;
  };
  /** Milliseconds since the epoch. */
  readonly establishedAt: number;
  /** When a newer one took its place: from then on it only decrypts. */
  readonly replacedAt?: number;
  /** The store was restored or copied (6.5): it never encrypts again. */
  readonly decryptOnly: boolean;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** The greatest n of a direction (6.1). */
export const LAST_N = 9_999;
/** Due for replacement, with the peer's device online (5.6). */
export const REPLACE_AFTER = 24 * HOUR;
/** Without the peer's device online it serves on for this long (5.6). */
export const SERVES = 30 * DAY;
/** A replaced one decrypts for this long (5.6); skipped message keys are kept as long (6.1). */
export const DECRYPTS = 30 * DAY;

/** May a message be encrypted on it (5.6)? */
export function mayEncrypt(sa: SecurityAssociation, now: number): boolean {
  return !sa.decryptOnly && sa.replacedAt === undefined && sa.send.n <= LAST_N && now - sa.establishedAt < SERVES;
}

/** May a message be decrypted on it (5.6)? When not, it and its skipped keys are to be erased. */
export function mayDecrypt(sa: SecurityAssociation, now: number): boolean {
  return sa.replacedAt === undefined || now - sa.replacedAt < DECRYPTS;
}

/** Is a new exchange due, the peer's device being online (5.6)? */
export function isDue(sa: SecurityAssociation, now: number): boolean {
  return !mayEncrypt(sa, now) || now - sa.establishedAt >= REPLACE_AFTER;
}

/** It with a newer one in its place since `now`. */
export function replaced(sa: SecurityAssociation, now: number): SecurityAssociation {
  return sa.replacedAt === undefined ? { ...sa, replacedAt: now } : sa;
}

/** The one to send on to a device: the newest that stands and may encrypt (5.6). */
export function newest(associations: Iterable<SecurityAssociation>, now: number): SecurityAssociation | undefined {
  let best: SecurityAssociation | undefined;
  for (const sa of associations) {
    if (mayEncrypt(sa, now) && (best === undefined || sa.establishedAt > best.establishedAt)) best = sa;
  }
  return best;
}
