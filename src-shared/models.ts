/** What the page knows of the world: plain data, no secrets, safe to clone across the contract. */

import type { DeviceId, Fingerprint, OriginId } from './ids.ts';
import type { BareJid } from './jid.ts';

/** Milliseconds since the epoch. */
export type Millis = number;

/** Where the store's key is, and what is needed to open it (docs/architecture.md, "The vault"). */
export type VaultState =
  /** No store yet: the first sign-in makes one. `keychain` says whether the OS key store can hold its key. */
  | { readonly kind: 'new'; readonly keychain: 'available' | 'locked' | 'absent' }
  | { readonly kind: 'open'; readonly keychain: boolean; readonly passphrase: boolean }
  /** The OS keychain is there but locked; unlocking it or the passphrase (if set) opens the store. */
  | { readonly kind: 'keychain-locked'; readonly passphrase: boolean }
  /** This machine offers no keychain (any more). */
  | { readonly kind: 'keychain-absent'; readonly passphrase: boolean }
  /** The keychain answers, but our key is no longer in it. */
  | { readonly kind: 'keychain-emptied'; readonly passphrase: boolean }
  /** Opened with a passphrase by choice. */
  | { readonly kind: 'passphrase-needed' };

export type ConnectionState =
  | { readonly kind: 'offline'; readonly reason?: string }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'online' }
  /** Will try again by itself. */
  | { readonly kind: 'waiting'; readonly retryAt: Millis; readonly reason: string }
  /** Needs the user: wrong password, certificate, conflict. `code` is from errors.ts. */
  | { readonly kind: 'stopped'; readonly code: string };

/**
 * What of a server's certificate does not hold: nobody known vouches for it (`issuer`), it vouches for itself, its dates, it
 * names somebody else, it was withdrawn, its key or signature is too weak, it is not for servers, it does not hold together.
 */
export type CertificateCheck =
  'issuer' | 'self-signed' | 'expired' | 'not-yet-valid' | 'name' | 'revoked' | 'weak' | 'purpose' | 'broken';

/** How the account's server is reached. */
export interface ConnectionView {
  /** Instead of what DNS says. */
  readonly server?: { readonly host: string; readonly port: number; readonly tls: 'direct' | 'starttls' };
  /** The SOCKS5 proxy that every connection goes through. Its password stays in the store. */
  readonly proxy?: { readonly host: string; readonly port: number; readonly username?: string; readonly hasPassword: boolean };
}

/** A server's certificate as it is shown. */
export interface ServerCertificateView {
  /** SHA-256 of the certificate. */
  readonly fp: Fingerprint;
  /** Whose it is: the names that it was issued for. */
  readonly names: readonly string[];
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: Millis;
  readonly notAfter: Millis;
}

/** Why the last attempt to reach a server stopped at its certificate. */
export interface ServerProblem {
  readonly jid: BareJid;
  /** Whom the certificate should name. */
  readonly domain: string;
  readonly certificate: ServerCertificateView;
  readonly failed: readonly CertificateCheck[];
  readonly at: Millis;
  /** The last certificate of this server that held. */
  readonly before?: { readonly fp: Fingerprint; readonly issuer: string; readonly since: Millis; readonly last: Millis };
  /**
   * Whether the user may make an exception: not for one that was withdrawn or does not hold together (`never`), and not soon
   * after the same server had one that held (`held-before`), unless it is that one, out of date.
   */
  readonly exception: 'possible' | 'never' | 'held-before';
}

/** A certificate that does not hold, which the user lets pass for this account; nothing else passes with it. */
export interface ServerException {
  readonly jid: BareJid;
  readonly certificate: ServerCertificateView;
  readonly failed: readonly CertificateCheck[];
  readonly since: Millis;
  /** The connection that stands now stands on it. */
  readonly inUse: boolean;
}

export type Presence = 'online' | 'chat' | 'away' | 'xa' | 'dnd' | 'offline';

export interface Account {
  readonly jid: BareJid;
  readonly device: DeviceId;
  readonly fp: Fingerprint;
  readonly connection: ConnectionState;
  readonly presence: Presence;
  /** The password is kept in the OS keychain, so the app signs in by itself. */
  readonly remembered: boolean;
  /** The connection stands on an exception for the server's certificate. */
  readonly excepted?: true;
}

export type Subscription = 'none' | 'to' | 'from' | 'both';

export interface Contact {
  readonly jid: BareJid;
  /** Name the user gave, or undefined. */
  readonly name?: string;
  readonly subscription: Subscription;
  /** We asked and wait for an answer. */
  readonly asked: boolean;
  /** They asked and wait for ours. */
  readonly asking: boolean;
  readonly presence: Presence;
  readonly status?: string;
  readonly groups: readonly string[];
}

/** The seven states of ui.md, the same words everywhere. */
export type ProtectionState = 'verified' | 'session' | 'sealed' | 'waiting' | 'look' | 'stopped' | 'none';

/** protocol 4, "Trust". */
export type Verdict = 'validated' | 'verified' | 'first-use' | 'changed' | 'revoked' | 'expired' | 'distrusted';

export interface Conversation {
  readonly jid: BareJid;
  readonly name?: string;
  readonly protection: ProtectionState;
  readonly unread: number;
  readonly lastAt: Millis;
  readonly last?: { readonly body: string; readonly mine: boolean; readonly protection: MessageProtection };
  readonly typing: boolean;
  /** What the user typed and did not send. */
  readonly draft: string;
}

/** How one message was protected. `unreadable`: it came protected and could not be opened (yet). */
export type MessageProtection = 'verified' | 'session' | 'sealed' | 'none' | 'unreadable' | 'waiting';

export type MessageState =
  /** Stored; nothing has left this machine. `waits`: for a device of theirs, for the connection, or for nothing (next in line). */
  | { readonly kind: 'queued'; readonly waits: 'device' | 'connection' | 'check' | 'nothing' }
  /** Handed to the socket. */
  | { readonly kind: 'sending' }
  /** The server acknowledged it (XEP-0198). */
  | { readonly kind: 'sent' }
  /** A device of theirs said so (XEP-0184). */
  | { readonly kind: 'received' }
  /** Given up, with a code of errors.ts; can be retried. */
  | { readonly kind: 'failed'; readonly code: string };

export interface Message {
  /** Local id, ascending in order of display within a conversation. */
  readonly id: number;
  readonly conversation: BareJid;
  readonly originId: OriginId;
  readonly mine: boolean;
  /** Empty while `unreadable`. */
  readonly body: string;
  readonly at: Millis;
  readonly protection: MessageProtection;
  /** Only for our own messages. */
  readonly state?: MessageState;
  /** Why it cannot be read, a code of errors.ts. */
  readonly unreadable?: string;
  /** It came unprotected although this contact has protection: shown with a warning (protocol 3). */
  readonly warn?: 'unprotected' | 'mislabelled' | 'late' | 'duplicate-number';
  /** Another device of ours wrote it (a carbon). */
  readonly fromOtherDevice?: boolean;
}

export interface Page<T> {
  readonly items: readonly T[];
  /** Pass as `before` to get the next page; absent on the last. */
  readonly next?: number;
}

export interface CredentialView {
  readonly fp: Fingerprint;
  readonly verdict: Verdict;
  /** When it was met and when the verdict last changed. */
  readonly since: Millis;
  readonly verdictSince: Millis;
  readonly why:
    | 'own'
    | 'met-first'
    | 'compared'
    | 'vouched'
    | 'path'
    | 'met-later'
    | 'user'
    | 'revoked-by-owner'
    | 'dates'
    | 'name'
    | 'usage';
  readonly selfSigned: boolean;
  readonly subject: string;
  readonly issuer: string;
  readonly notAfter: Millis;
  readonly keyType: string;
}

export interface DeviceView {
  readonly device: DeviceId;
  readonly fp: Fingerprint;
  readonly online: boolean;
  readonly association?: {
    readonly since: Millis;
    readonly agreement: string;
    readonly encryption: string;
    readonly hash: string;
    readonly signature: string;
    readonly sent: number;
    readonly received: number;
  };
}

/** Everything the protection panel shows of one contact. */
export interface ProtectionView {
  readonly jid: BareJid;
  readonly state: ProtectionState;
  readonly own: { readonly fp: Fingerprint; readonly device: DeviceId };
  readonly credentials: readonly CredentialView[];
  readonly devices: readonly DeviceView[];
  /** The user allowed unprotected messages in this conversation. */
  readonly unprotectedAllowed: boolean;
  /** The user requires protection (protocol 3): the choice above is not offered. */
  readonly required: boolean;
  /** What last went wrong, a code of errors.ts. */
  readonly problem?: string;
}

export interface Settings {
  readonly theme: 'system' | 'light' | 'dark';
  readonly language: 'system' | 'en' | 'de';
  readonly sendReceipts: boolean;
  readonly sendTyping: boolean;
  readonly requireProtection: boolean;
  readonly notifications: boolean;
}

/** Something the user should know that belongs to no one screen; `code` is from errors.ts. */
export interface Notice {
  readonly code: string;
  readonly about?: BareJid;
  readonly at: Millis;
}
