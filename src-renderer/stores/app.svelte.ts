/** The page's root model: what the engine told, where the user is, and which dialog is open. Snapshot first, then events. */

import type { Api, EventName, Events, Input } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Account, Contact, Conversation, Notice, Presence, Settings, VaultState } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import { i18n, languageOf } from '../i18n/i18n.svelte.ts';
import { displayName } from '../lib/names.ts';
import { ChatModel } from './chat.svelte.ts';
import { ContactsModel } from './contacts.svelte.ts';
import { ConversationsModel } from './conversations.svelte.ts';
import type { Dialog } from './dialogs.ts';
import { LayoutModel, type Keep } from './layout.svelte.ts';

export type Place = 'chats' | 'contacts' | 'certificates' | 'settings';
export const places = ['chats', 'contacts', 'certificates', 'settings'] as const satisfies readonly Place[];

const MAX_NOTICES = 5;
/** Conversations whose messages stay in memory. */
const MAX_CHATS = 12;

const defaults: Settings = {
  theme: 'system',
  language: 'system',
  sendReceipts: true,
  sendTyping: true,
  requireProtection: false,
  notifications: true,
};

type Handlers = { readonly [E in EventName]: (payload: Events[E]) => void };

export class AppModel {
  readonly api: Api;
  readonly conversations: ConversationsModel;
  readonly contacts: ContactsModel;
  readonly layout: LayoutModel;
  readonly #languages: readonly string[];
  readonly #handlers: Handlers;
  #chats = new Map<BareJid, ChatModel>();
  #loadedFor: BareJid | null = null;

  phase: 'starting' | 'broken' | 'vault' | 'sign-in' | 'main' = $derived.by(() => {
    if (this.error !== null && this.vault === null) return 'broken';
    if (this.vault === null) return 'starting';
    if (this.vault.kind === 'new') return this.vault.keychain === 'available' || this.account ? 'sign-in' : 'vault';
    if (this.vault.kind !== 'open') return 'vault';
    if (this.account === undefined) return 'starting';
    return this.account === null ? 'sign-in' : 'main';
  });
  /** What keeps Signet from starting. */
  error: ErrorCode | null = $state(null);
  vault: VaultState | null = $state.raw(null);
  /** Undefined until the engine has said. */
  account: Account | null | undefined = $state.raw();
  settings: Settings = $state.raw(defaults);
  notices: readonly Notice[] = $state.raw([]);
  place: Place = $state('chats');
  selected: BareJid | null = $state(null);
  chat: ChatModel | null = $state.raw(null);
  dialog: Dialog | null = $state.raw(null);
  /** The newest incoming message, for those who listen to the page. */
  announcement = $state('');

  constructor(api: Api, keep: Keep, languages: readonly string[]) {
    this.api = api;
    this.#languages = languages;
    this.conversations = new ConversationsModel(api);
    this.contacts = new ContactsModel(api);
    this.layout = new LayoutModel(keep);
    this.#handlers = this.#makeHandlers();
  }

  /** Subscribes, then asks for the state of things. Returns what ends the subscription. */
  start(): () => void {
    const stop = this.api.subscribe((event, payload) => {
      this.#handlers[event](payload);
    });
    void this.refresh();
    return stop;
  }

  async refresh(): Promise<void> {
    this.error = null;
    try {
      this.vault = await this.api.invoke('vault.status', {});
    } catch (error) {
      this.error = codeOf(error);
      return;
    }
    await this.#afterVault();
  }

  setVault(vault: VaultState): void {
    this.vault = vault;
    this.error = null;
    void this.#afterVault();
  }

  setAccount(account: Account | null): void {
    const before = this.#loadedFor;
    this.account = account;
    if (account === null) {
      this.#forget();
    } else if (before !== account.jid) {
      if (before !== null) this.#forget();
      void this.#loadMain(account.jid);
    }
  }

  async signIn(input: Input<'account.signIn'>): Promise<void> {
    this.setAccount(await this.api.invoke('account.signIn', input));
  }

  async register(input: Input<'account.register'>): Promise<void> {
    this.setAccount(await this.api.invoke('account.register', input));
  }

  async signOut(): Promise<void> {
    await this.api.invoke('account.signOut', {});
    this.setAccount(null);
  }

  async setPresence(presence: Exclude<Presence, 'offline'>, status: string): Promise<void> {
    await this.api.invoke('account.setPresence', status === '' ? { presence } : { presence, status });
  }

  async set(change: Input<'settings.set'>): Promise<void> {
    this.#setSettings(await this.api.invoke('settings.set', change));
  }

  /** Opens the conversation with somebody, whether or not there is one yet. */
  open(jid: BareJid): void {
    this.place = 'chats';
    if (this.selected === jid && this.chat) return;
    this.chat?.close();
    this.selected = jid;
    this.layout.lastConversation = jid;
    const chat = this.chatOf(jid);
    this.chat = chat;
    void chat.open();
  }

  /** Back to the list (one pane at a time). */
  leave(): void {
    this.chat?.close();
    this.chat = null;
    this.selected = null;
  }

  go(place: Place): void {
    this.place = place;
  }

  /** The model of a conversation; the least recently opened ones are dropped. */
  chatOf(jid: BareJid): ChatModel {
    let chat = this.#chats.get(jid);
    if (chat) this.#chats.delete(jid);
    chat ??= new ChatModel(
      this.api,
      jid,
      () => this.protectionOf(jid),
      () => this.conversations.get(jid)?.unread ?? 0,
      this.conversations.get(jid)?.draft ?? '',
    );
    this.#chats.set(jid, chat);
    for (const [key, old] of this.#chats) {
      if (this.#chats.size <= MAX_CHATS) break;
      if (old !== this.chat) this.#chats.delete(key);
    }
    return chat;
  }

  protectionOf(jid: BareJid): Conversation['protection'] {
    return this.conversations.get(jid)?.protection ?? this.#chats.get(jid)?.protection?.state ?? 'none';
  }

  nameOf(jid: BareJid): string {
    return displayName(jid, this.contacts.get(jid)?.name ?? this.conversations.get(jid)?.name);
  }

  presenceOf(jid: BareJid): Presence {
    return this.contacts.get(jid)?.presence ?? 'offline';
  }

  dismiss(notice: Notice): void {
    this.notices = this.notices.filter((n) => n !== notice);
  }

  /** Shows an error that belongs to no field and no screen. */
  report(error: unknown): void {
    this.#notice({ code: codeOf(error), at: Date.now() });
  }

  /** Runs an act of the user; what goes wrong becomes a notice. */
  async attempt(act: () => Promise<unknown>): Promise<boolean> {
    try {
      await act();
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  async #afterVault(): Promise<void> {
    if (this.vault?.kind !== 'open' && this.vault?.kind !== 'new') return;
    try {
      const [settings, account] = await Promise.all([this.api.invoke('settings.get', {}), this.api.invoke('account.get', {})]);
      this.#setSettings(settings);
      this.setAccount(account);
      for (const notice of await this.api.invoke('app.notices', {})) this.#notice(notice);
    } catch (error) {
      // A store that is not made yet has no settings; everything else is said.
      if (codeOf(error) !== 'vault-locked') this.report(error);
      if (this.account === undefined) this.account = null;
    }
  }

  async #loadMain(jid: BareJid): Promise<void> {
    this.#loadedFor = jid;
    const contacts = this.contacts.load();
    await this.conversations.load();
    if (this.selected === null && this.#loadedFor === jid) {
      const last = this.layout.lastConversation;
      const start = this.conversations.items.find((c) => c.jid === last) ?? this.conversations.items[0];
      if (start && this.wide()) this.open(start.jid);
    }
    await contacts;
  }

  /** Whether there is room for list and conversation at once. */
  wide(): boolean {
    return typeof matchMedia === 'undefined' || matchMedia('(min-width: 640px)').matches;
  }

  #forget(): void {
    this.#loadedFor = null;
    this.#chats = new Map();
    this.chat = null;
    this.selected = null;
    this.place = 'chats';
    this.conversations.clear();
    this.contacts.clear();
  }

  #setSettings(settings: Settings): void {
    this.settings = settings;
    void i18n.use(languageOf(settings.language, this.#languages));
  }

  #notice(notice: Notice): void {
    const others = this.notices.filter((n) => n.code !== notice.code || n.about !== notice.about);
    this.notices = [...others, notice].slice(-MAX_NOTICES);
  }

  #renamed(contact: Contact): void {
    const conversation = this.conversations.get(contact.jid);
    if (conversation && conversation.name !== contact.name) {
      const { name: _old, ...rest } = conversation;
      this.conversations.changed(contact.name === undefined ? rest : { ...rest, name: contact.name });
    }
  }

  #makeHandlers(): Handlers {
    return {
      'vault.changed': (vault) => {
        this.setVault(vault);
      },
      'account.changed': (account) => {
        this.setAccount(account);
      },
      'contact.changed': (contact) => {
        this.contacts.changed(contact);
        this.#renamed(contact);
      },
      'contact.removed': ({ jid }) => {
        this.contacts.removed(jid);
      },
      'conversation.changed': (conversation) => {
        this.conversations.changed(conversation);
      },
      'conversation.removed': ({ jid }) => {
        this.conversations.removed(jid);
        this.#chats.delete(jid);
        if (this.selected === jid) this.leave();
      },
      'message.arrived': (message) => {
        this.#chats.get(message.conversation)?.put(message);
        if (!message.mine && message.body !== '') {
          this.announcement = i18n.t.chat.said(this.nameOf(message.conversation), message.body.slice(0, 300));
        }
      },
      'message.changed': (message) => {
        this.#chats.get(message.conversation)?.changed(message);
      },
      'message.removed': ({ id, conversation }) => {
        this.#chats.get(conversation)?.removed(id);
      },
      'association.changed': ({ jid }) => {
        void this.#chats.get(jid)?.loadProtection();
      },
      'protection.changed': (view) => {
        const chat = this.#chats.get(view.jid);
        if (chat) chat.protection = view;
      },
      'settings.changed': (settings) => {
        this.#setSettings(settings);
      },
      notice: (notice) => {
        this.#notice(notice);
      },
    };
  }
}
