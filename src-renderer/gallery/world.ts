/** What the fake engine pretends to be: plain data and builders for it, so that a scene is a few lines. */

import type { CommandName } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { DeviceId, Fingerprint, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type {
  Account,
  ConnectionView,
  Contact,
  Conversation,
  CredentialView,
  DeviceView,
  Message,
  Notice,
  ProtectionState,
  ProtectionView,
  ServerException,
  ServerProblem,
  Settings,
  VaultState,
} from '../../src-shared/models.ts';

export interface World {
  vault: VaultState;
  account: Account | null;
  settings: Settings;
  contacts: readonly Contact[];
  conversations: readonly Conversation[];
  /** Oldest first; a function makes them by id, for conversations too long to hold. */
  messages: Partial<Record<string, readonly Message[] | { readonly total: number; readonly at: (id: number) => Message }>>;
  protection: Partial<Record<string, ProtectionView>>;
  connection: ConnectionView;
  serverProblem: ServerProblem | null;
  exceptions: readonly ServerException[];
  notices: readonly Notice[];
  /** Commands that fail, and those that never answer. */
  fails: Partial<Record<CommandName, ErrorCode>>;
  hangs: readonly CommandName[];
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** One moment for a whole page, so that times agree with each other. */
export const NOW = Date.now();

export const bare = (s: string): BareJid => s as BareJid;
export const fpOf = (seed: string): Fingerprint => hex(seed, 64) as Fingerprint;
export const deviceOf = (seed: string): DeviceId => hex(seed, 16) as DeviceId;

/** Digits that look like a hash and are the same each time. */
function hex(seed: string, digits: number): string {
  let state = 2_166_136_261;
  let out = '';
  for (let i = 0; out.length < digits; i += 1) {
    state = Math.imul(state ^ (seed.charCodeAt(i % seed.length) + i), 16_777_619) >>> 0;
    out += (state >>> 8).toString(16).toUpperCase().padStart(6, '0');
  }
  return out.slice(0, digits);
}

export const alice = bare('alice@example.org');
export const bob = bare('bob@example.org');

export const defaults: Settings = {
  theme: 'system',
  language: 'en',
  sendReceipts: true,
  sendTyping: true,
  requireProtection: false,
  notifications: true,
};

export const account = (change: Partial<Account> = {}): Account => ({
  jid: alice,
  device: deviceOf('alice'),
  fp: fpOf('alice'),
  connection: { kind: 'online' },
  presence: 'online',
  remembered: true,
  ...change,
});

export const contact = (jid: BareJid, change: Partial<Contact> = {}): Contact => ({
  jid,
  subscription: 'both',
  asked: false,
  asking: false,
  presence: 'online',
  groups: [],
  ...change,
});

export const conversation = (jid: BareJid, change: Partial<Conversation> = {}): Conversation => ({
  jid,
  protection: 'session',
  unread: 0,
  lastAt: NOW - MINUTE,
  typing: false,
  draft: '',
  ...change,
});

export const message = (id: number, with_: BareJid, body: string, change: Partial<Message> = {}): Message => ({
  id,
  conversation: with_,
  originId: `origin-${String(id)}` as OriginId,
  mine: false,
  body,
  at: NOW - HOUR + id * MINUTE,
  protection: 'session',
  ...change,
});

export const credential = (seed: string, change: Partial<CredentialView> = {}): CredentialView => ({
  fp: fpOf(seed),
  verdict: 'first-use',
  since: NOW - 40 * DAY,
  verdictSince: NOW - 40 * DAY,
  why: 'met-first',
  selfSigned: true,
  subject: 'CN=Signet',
  issuer: 'CN=Signet',
  notAfter: NOW + 1700 * DAY,
  keyType: 'ECDSA P-256',
  ...change,
});

export const device = (seed: string, change: Partial<DeviceView> = {}): DeviceView => ({
  device: deviceOf(seed),
  fp: fpOf(seed),
  online: true,
  association: {
    since: NOW - 2 * HOUR,
    agreement: 'X25519',
    encryption: 'AES-256-GCM',
    hash: 'SHA-256',
    signature: 'ECDSA P-256',
    sent: 412,
    received: 1380,
  },
  ...change,
});

export const protection = (jid: BareJid, state: ProtectionState, change: Partial<ProtectionView> = {}): ProtectionView => ({
  jid,
  state,
  own: { fp: fpOf('alice'), device: deviceOf('alice') },
  credentials: [credential(jid)],
  devices: [device(jid)],
  unprotectedAllowed: false,
  required: false,
  ...change,
});

/** An ordinary day of Alice's. */
export function world(change: Partial<World> = {}): World {
  const others = {
    carol: bare('carol@example.net'),
    dave: bare('dave.o.connor@chat.example.com'),
    erika: bare('erika@example.de'),
    noor: bare('noor@example.org'),
  };
  return {
    vault: { kind: 'open', keychain: true, passphrase: true },
    account: account(),
    settings: defaults,
    contacts: [
      contact(bob, { name: 'Bob' }),
      contact(others.carol, { name: 'Carol Jones', presence: 'away', status: 'at lunch' }),
      contact(others.dave, { presence: 'offline' }),
      contact(others.erika, { name: 'Erika Mustermann', presence: 'dnd' }),
      contact(others.noor, { name: 'نور', presence: 'online' }),
    ],
    conversations: [
      conversation(bob, {
        name: 'Bob',
        protection: 'verified',
        last: { body: 'See you at eight.', mine: true, protection: 'verified' },
      }),
      conversation(others.carol, {
        name: 'Carol Jones',
        unread: 3,
        lastAt: NOW - 20 * MINUTE,
        last: { body: 'Did you see the plan for Saturday?', mine: false, protection: 'session' },
      }),
      conversation(others.erika, {
        name: 'Erika Mustermann',
        protection: 'look',
        lastAt: NOW - DAY,
        last: { body: 'Neues Telefon!', mine: false, protection: 'waiting' },
      }),
      conversation(others.noor, {
        name: 'نور',
        protection: 'sealed',
        lastAt: NOW - 3 * DAY,
        typing: true,
        last: { body: 'مرحبا', mine: false, protection: 'sealed' },
      }),
      conversation(others.dave, {
        protection: 'none',
        lastAt: NOW - 60 * DAY,
        draft: 'About the invoice',
        last: { body: 'ok', mine: false, protection: 'none' },
      }),
    ],
    messages: {
      [bob]: [
        message(1, bob, 'Hi Alice', { at: NOW - DAY - HOUR, protection: 'verified' }),
        message(2, bob, 'Hello. Are you free tonight?', {
          mine: true,
          at: NOW - DAY - 50 * MINUTE,
          protection: 'verified',
          state: { kind: 'received' },
        }),
        message(3, bob, 'Yes. The usual place?', { at: NOW - 20 * MINUTE, protection: 'verified' }),
        message(
          4,
          bob,
          'They moved the tables outside, so bring a jacket; it gets cold as soon as the sun is behind the church.',
          {
            at: NOW - 19 * MINUTE,
            protection: 'verified',
          },
        ),
        message(5, bob, 'https://example.org/menu?today', { at: NOW - 19 * MINUTE, protection: 'verified' }),
        message(6, bob, 'Good', { mine: true, at: NOW - 3 * MINUTE, protection: 'verified', state: { kind: 'received' } }),
        message(7, bob, 'See you at eight.', { mine: true, at: NOW - MINUTE, protection: 'verified', state: { kind: 'sent' } }),
      ],
      [others.carol]: [1, 2, 3, 4, 5, 6].map((n) =>
        message(n, others.carol, n > 3 ? `And number ${String(n)}` : 'Did you see the plan for Saturday?', { mine: n === 2 }),
      ),
    },
    protection: {
      [bob]: protection(bob, 'verified', {
        credentials: [credential(bob, { verdict: 'verified', why: 'compared', verdictSince: NOW - 9 * DAY })],
      }),
    },
    connection: {},
    serverProblem: null,
    exceptions: [],
    notices: [],
    fails: {},
    hangs: [],
    ...change,
  };
}
