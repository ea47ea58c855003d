/**
 * The contract: the one table of what the page (or a script on the headless host) may ask of the engine, and what the
 * engine tells. Both ends and the test double are derived from it; inputs are validated against these schemas on the
 * engine's side before anything else happens.
 */

import * as v from 'valibot';
import type {
  Account,
  ConnectionView,
  Contact,
  Conversation,
  Message,
  Notice,
  Page,
  ProtectionView,
  ServerException,
  ServerProblem,
  Settings,
  VaultState,
} from './models.ts';
import type { Fingerprint } from './ids.ts';
import type { BareJid } from './jid.ts';

/** A JID as typed; the engine prepares it (RFC 7622) and answers `bad-jid` where it cannot. */
const jid = v.pipe(v.string(), v.minLength(1), v.maxLength(3071));
const password = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const passphrase = v.pipe(v.string(), v.minLength(1), v.maxLength(1024));
const name = v.pipe(v.string(), v.maxLength(256));
const body = v.pipe(v.string(), v.minLength(1), v.maxLength(100_000));
const fp = v.pipe(
  v.string(),
  v.regex(/^[0-9A-F]{64}$/),
  v.transform((s) => s as Fingerprint),
);
const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const limit = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(200));
const cursor = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** Where to connect instead of what DNS says. */
const host = v.pipe(v.string(), v.minLength(1), v.maxLength(255));
const port = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_535));

const server = v.strictObject({
  host,
  port,
  tls: v.picklist(['direct', 'starttls']),
});

/** SOCKS5 (RFC 1928); name and password at most 255 octets each (RFC 1929). */
const ofProxy = v.pipe(v.string(), v.minBytes(1), v.maxBytes(255));
const proxy = v.strictObject({
  host,
  port,
  username: v.optional(ofProxy),
  /** Left out, the password stays as it is. */
  password: v.optional(ofProxy),
});

const credentials = {
  jid,
  password,
  /** Keep the password in the OS keychain (never anywhere else). */
  remember: v.optional(v.boolean(), true),
  server: v.optional(server),
  proxy: v.optional(proxy),
};

/** One command: its input's schema, and (in the type only) what it answers. */
export interface Command<I extends v.GenericSchema, O> {
  readonly input: I;
  /** Never present at run time: carries the output type. */
  readonly output?: O;
}
const command =
  <O>() =>
  <I extends v.GenericSchema>(input: I): Command<I, O> => ({ input });

const nothing = v.optional(v.strictObject({}), {});

export const commands = {
  'app.info': command<{ version: string; host: string; platform: string }>()(nothing),
  'app.notices': command<readonly Notice[]>()(nothing),

  'vault.status': command<VaultState>()(nothing),
  /** Opens the store with a passphrase; for a fresh profile without keychain, makes the store under it. */
  'vault.unlock': command<VaultState>()(v.strictObject({ passphrase })),
  /** Looks again for the keychain (the user unlocked it). */
  'vault.retry': command<VaultState>()(nothing),
  'vault.setPassphrase': command<VaultState>()(v.strictObject({ passphrase })),
  'vault.removePassphrase': command<VaultState>()(nothing),
  /** Moves the unreadable store aside (never deletes it) and starts afresh. */
  'vault.startAfresh': command<VaultState>()(v.strictObject({ confirm: v.literal('start-afresh') })),

  'account.get': command<Account | null>()(nothing),
  'account.signIn': command<Account>()(
    v.strictObject({
      ...credentials,
      /** The user's explicit word (auth-plain-only). */ allowPlain: v.optional(v.boolean(), false),
    }),
  ),
  'account.register': command<Account>()(v.strictObject(credentials)),
  /** Ends the connection and forgets the password; history stays. */
  'account.signOut': command<null>()(nothing),
  /** Connect now instead of at the end of the back-off. */
  'account.reconnect': command<null>()(nothing),
  'account.connection': command<ConnectionView>()(nothing),
  /** Reaches the server in this way from now on; null for what DNS says, and for no proxy. */
  'account.setConnection': command<null>()(v.strictObject({ server: v.nullable(server), proxy: v.nullable(proxy) })),
  'account.setPresence': command<null>()(
    v.strictObject({
      presence: v.picklist(['online', 'chat', 'away', 'xa', 'dnd']),
      status: v.optional(v.pipe(v.string(), v.maxLength(1024))),
    }),
  ),

  /** Why the last attempt to reach the account's server stopped at its certificate; null where it did not. */
  'server.problem': command<ServerProblem | null>()(v.strictObject({ jid })),
  'server.exceptions': command<readonly ServerException[]>()(nothing),
  /** Lets this very certificate pass for this account from now on; only one that the last attempt stopped at. */
  'server.allow': command<null>()(v.strictObject({ jid, fp })),
  /** Takes it back; a connection that stands on it ends. */
  'server.disallow': command<null>()(v.strictObject({ jid, fp })),

  'contact.list': command<readonly Contact[]>()(nothing),
  'contact.add': command<Contact>()(v.strictObject({ jid, name: v.optional(name) })),
  'contact.accept': command<null>()(v.strictObject({ jid })),
  'contact.decline': command<null>()(v.strictObject({ jid })),
  'contact.rename': command<null>()(v.strictObject({ jid, name })),
  'contact.remove': command<null>()(v.strictObject({ jid })),

  'conversation.list': command<Page<Conversation>>()(
    v.strictObject({ before: v.optional(cursor), limit: v.optional(limit, 100) }),
  ),
  'conversation.get': command<Conversation>()(v.strictObject({ jid })),
  'conversation.markRead': command<null>()(v.strictObject({ jid, upTo: id })),
  'conversation.setTyping': command<null>()(v.strictObject({ jid, typing: v.boolean() })),
  'conversation.setDraft': command<null>()(v.strictObject({ jid, draft: v.pipe(v.string(), v.maxLength(100_000)) })),
  /** The explicit act of protocol 3: from now on messages here may go unprotected (or no longer). */
  'conversation.allowUnprotected': command<null>()(v.strictObject({ jid, allowed: v.boolean() })),
  'conversation.remove': command<null>()(v.strictObject({ jid })),

  /** Stored first, then sent. Unprotected only where `conversation.allowUnprotected` was said or protection never stood and the input says so. */
  'message.send': command<Message>()(
    v.strictObject({ to: jid, body, protection: v.optional(v.picklist(['protected', 'unprotected']), 'protected') }),
  ),
  /** Newest first. */
  'message.list': command<Page<Message>>()(v.strictObject({ jid, before: v.optional(cursor), limit: v.optional(limit, 50) })),
  'message.retry': command<null>()(v.strictObject({ id })),
  'message.discard': command<null>()(v.strictObject({ id })),

  'protection.get': command<ProtectionView>()(v.strictObject({ jid })),
  /** The user compared this fingerprint: `verified` where it matched, `distrusted` where not. */
  'protection.compare': command<ProtectionView>()(v.strictObject({ jid, fp, matches: v.boolean() })),
  /** The user decides on a `changed` credential without comparing: accept keeps it as `first-use`. */
  'protection.decide': command<ProtectionView>()(v.strictObject({ jid, fp, accept: v.boolean() })),

  'settings.get': command<Settings>()(nothing),
  'settings.set': command<Settings>()(
    v.strictObject({
      theme: v.optional(v.picklist(['system', 'light', 'dark'])),
      language: v.optional(v.picklist(['system', 'en', 'de'])),
      sendReceipts: v.optional(v.boolean()),
      sendTyping: v.optional(v.boolean()),
      requireProtection: v.optional(v.boolean()),
      notifications: v.optional(v.boolean()),
    }),
  ),
} as const;

export type Commands = typeof commands;
export type CommandName = keyof Commands;
export type Input<C extends CommandName> = v.InferInput<Commands[C]['input']>;
export type Parsed<C extends CommandName> = v.InferOutput<Commands[C]['input']>;
export type Output<C extends CommandName> = Commands[C] extends Command<v.GenericSchema, infer O> ? O : never;

export const isCommandName = (s: string): s is CommandName => Object.hasOwn(commands, s);

/** What the engine tells. Events carry changes, never whole lists. */
export interface Events {
  'vault.changed': VaultState;
  'account.changed': Account | null;
  'contact.changed': Contact;
  'contact.removed': { readonly jid: BareJid };
  'conversation.changed': Conversation;
  'conversation.removed': { readonly jid: BareJid };
  /** A new message, in or out (a carbon of another device of ours too). */
  'message.arrived': Message;
  'message.changed': Message;
  'message.removed': { readonly id: number; readonly conversation: BareJid };
  'association.changed': {
    readonly jid: BareJid;
    readonly device?: string;
    readonly state: 'agreeing' | 'stands' | 'failed' | 'replaced' | 'erased';
    /** AM1 sent to AM4 held, where this side began it. */
    readonly ms?: number;
    readonly code?: string;
  };
  'protection.changed': ProtectionView;
  'settings.changed': Settings;
  notice: Notice;
}
export type EventName = keyof Events;

export const eventNames = [
  'vault.changed',
  'account.changed',
  'contact.changed',
  'contact.removed',
  'conversation.changed',
  'conversation.removed',
  'message.arrived',
  'message.changed',
  'message.removed',
  'association.changed',
  'protection.changed',
  'settings.changed',
  'notice',
] as const satisfies readonly EventName[];

/** What the page holds: two functions, bound by whichever host runs it. */
export interface Api {
  invoke<C extends CommandName>(command: C, input: Input<C>): Promise<Output<C>>;
  subscribe(listener: <E extends EventName>(event: E, payload: Events[E]) => void): () => void;
}
