/** One conversation on the screen: its messages, draft, protection, typing, reading and search. Driven without a DOM in tests. */

import type { Api } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Message, ProtectionState, ProtectionView } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import { folded } from '../lib/names.ts';
import { rowsOf, withMessage, type ChatRow } from './chat-rows.ts';

const PAGE = 50;
/** What a conversation keeps in memory once nobody looks at it. */
const KEPT = 100;
const DRAFT_MS = 500;
const TYPING_MS = 5000;
/** The contract's bound on a body. */
export const MAX_BODY = 100_000;

/** What the composer does with the next message. */
export type SendMode =
  /** Protected, or waiting until it can be. */
  | 'protected'
  /** Unprotected by the user's explicit act. */
  | 'unprotected'
  /** There is no protection and nothing was decided: sending asks first. */
  | 'ask';

export type Sent = 'sent' | 'asks' | 'nothing';

export class ChatModel {
  readonly jid: BareJid;
  readonly #api: Api;
  readonly #state: () => ProtectionState;
  readonly #unreadCount: () => number;
  #next: number | undefined;
  #opened = false;
  #draftTimer: ReturnType<typeof setTimeout> | undefined;
  #typingTimer: ReturnType<typeof setTimeout> | undefined;
  #typing = false;
  #markedUpTo = 0;
  #protectionAsked: Promise<void> | null = null;

  /** Oldest first. */
  messages: readonly Message[] = $state.raw([]);
  status: 'idle' | 'loading' | 'ready' | 'failed' = $state('idle');
  error: ErrorCode | null = $state(null);
  loadingOlder = $state(false);
  atBeginning = $state(false);
  /** True while the last change put rows at the start: the virtual list then keeps its place from the end. */
  prepended = $state(false);
  unreadFrom: number | undefined = $state();
  protection: ProtectionView | null = $state.raw(null);
  draft = $state('');
  /** What went wrong with the last act here. */
  problem: ErrorCode | null = $state(null);
  searching = $state(false);
  query = $state('');
  #at = $state(0);

  readonly rows: readonly ChatRow[] = $derived(rowsOf(this.messages, this.unreadFrom));
  /** Ids of the loaded messages that match the search, newest first. */
  readonly matches: readonly number[] = $derived.by(() => {
    const words = folded(this.query.trim());
    if (!this.searching || words === '') return [];
    return this.messages
      .filter((m) => folded(m.body).includes(words))
      .map((m) => m.id)
      .reverse();
  });
  readonly matchIndex: number = $derived(Math.min(this.#at, Math.max(0, this.matches.length - 1)));
  readonly match: number | undefined = $derived(this.matches[this.matchIndex]);

  /** @param state the conversation's protection; @param unreadCount its unread messages, as the list knows them. */
  constructor(api: Api, jid: BareJid, state: () => ProtectionState, unreadCount: () => number, draft: string) {
    this.#api = api;
    this.jid = jid;
    this.#state = state;
    this.#unreadCount = unreadCount;
    this.draft = draft;
  }

  get mode(): SendMode {
    const state = this.#state();
    if (this.protection?.required === true) return 'protected';
    if ((state === 'none' || state === 'waiting') && this.protection?.unprotectedAllowed === true) return 'unprotected';
    return state === 'none' ? 'ask' : 'protected';
  }

  /** Nothing may be written to a stopped conversation. */
  get stopped(): boolean {
    return this.#state() === 'stopped';
  }

  /** Loads the newest page the first time; later only what events could not tell. */
  async open(): Promise<void> {
    void this.loadProtection();
    // Says that the conversation is on the screen, so that keys are agreed on before the first message has to wait for them.
    void this.#act(() => this.#api.invoke('conversation.get', { jid: this.jid }).then(() => undefined));
    if (this.#opened) {
      this.#markUnread();
      return;
    }
    this.status = 'loading';
    this.error = null;
    try {
      const page = await this.#api.invoke('message.list', { jid: this.jid, limit: PAGE });
      let messages: readonly Message[] = [...page.items].reverse();
      for (const m of this.messages) messages = withMessage(messages, m);
      this.messages = messages;
      this.#next = page.next;
      this.atBeginning = page.next === undefined;
      this.#opened = true;
      this.#markUnread();
      this.status = 'ready';
    } catch (error) {
      this.error = codeOf(error);
      this.status = 'failed';
    }
  }

  /** Nobody looks at it any more: the draft is kept, the rest may be fetched again. */
  close(): void {
    this.stopTyping();
    this.#saveDraft();
    this.closeSearch();
    this.unreadFrom = undefined;
    if (this.messages.length > KEPT) {
      this.messages = this.messages.slice(-KEPT);
      this.#next = this.messages[0]?.id;
      this.atBeginning = false;
    }
  }

  async loadOlder(): Promise<void> {
    if (this.loadingOlder || this.#next === undefined || this.status !== 'ready') return;
    this.loadingOlder = true;
    try {
      const page = await this.#api.invoke('message.list', { jid: this.jid, before: this.#next, limit: PAGE });
      const known = new Set(this.messages.map((m) => m.id));
      this.prepended = true;
      this.messages = [...page.items.filter((m) => !known.has(m.id)).reverse(), ...this.messages];
      this.#next = page.next;
      this.atBeginning = page.next === undefined;
    } catch (error) {
      this.problem = codeOf(error);
    } finally {
      this.loadingOlder = false;
    }
  }

  /** A message that came or went out, or one that changed. */
  put(message: Message): void {
    const oldest = this.messages[0];
    // Older than what is loaded: paging brings it.
    if (this.#opened && oldest && message.id < oldest.id && !this.atBeginning) return;
    this.prepended = false;
    this.messages = withMessage(this.messages, message);
  }

  changed(message: Message): void {
    if (this.messages.some((m) => m.id === message.id)) this.put(message);
  }

  removed(id: number): void {
    this.prepended = false;
    this.messages = this.messages.filter((m) => m.id !== id);
  }

  type(text: string): void {
    this.draft = text;
    clearTimeout(this.#draftTimer);
    this.#draftTimer = setTimeout(() => {
      this.#saveDraft();
    }, DRAFT_MS);
    if (text.trim() === '') {
      this.stopTyping();
      return;
    }
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => {
      this.stopTyping();
    }, TYPING_MS);
    if (!this.#typing) this.#tellTyping(true);
  }

  stopTyping(): void {
    clearTimeout(this.#typingTimer);
    if (this.#typing) this.#tellTyping(false);
  }

  /** Sends the draft. `asks`: there is no protection and the user has to choose first. On failure the text comes back. */
  async send(choice?: 'protected' | 'unprotected'): Promise<Sent> {
    const body = this.draft.trim();
    if (body === '' || this.stopped) return 'nothing';
    if (body.length > MAX_BODY) {
      this.problem = 'message-too-long';
      return 'nothing';
    }
    if (choice === undefined && this.#state() === 'none') await this.#protectionAsked;
    const mode = choice ?? this.mode;
    if (mode === 'ask') return 'asks';
    const written = this.draft;
    this.draft = '';
    this.problem = null;
    this.unreadFrom = undefined;
    clearTimeout(this.#draftTimer);
    clearTimeout(this.#typingTimer);
    this.#typing = false;
    try {
      if (choice === 'unprotected') await this.allowUnprotected(true);
      this.put(await this.#api.invoke('message.send', { to: this.jid, body, protection: mode }));
      // What was typed meanwhile is kept by its own timer.
      if (this.draft === '') this.#saveDraft();
      return 'sent';
    } catch (error) {
      this.problem = codeOf(error);
      this.draft = this.draft === '' ? written : `${written}\n${this.draft}`;
      return 'nothing';
    }
  }

  async retry(id: number): Promise<void> {
    await this.#act(() => this.#api.invoke('message.retry', { id }));
  }

  async discard(id: number): Promise<void> {
    await this.#act(() => this.#api.invoke('message.discard', { id }));
  }

  /** Everything up to the newest loaded message was on the screen of a focused window. */
  seen(): void {
    const newest = this.messages.at(-1);
    if (!newest || newest.id <= this.#markedUpTo || this.#unreadCount() === 0) return;
    this.#markedUpTo = newest.id;
    void this.#act(() => this.#api.invoke('conversation.markRead', { jid: this.jid, upTo: newest.id }));
  }

  async loadProtection(): Promise<void> {
    this.#protectionAsked ??= this.#act(async () => {
      this.protection = await this.#api.invoke('protection.get', { jid: this.jid });
    }).then(() => {
      this.#protectionAsked = null;
    });
    await this.#protectionAsked;
  }

  async allowUnprotected(allowed: boolean): Promise<void> {
    await this.#api.invoke('conversation.allowUnprotected', { jid: this.jid, allowed });
    if (this.protection) this.protection = { ...this.protection, unprotectedAllowed: allowed };
  }

  async compare(fp: Fingerprint, matches: boolean): Promise<void> {
    this.protection = await this.#api.invoke('protection.compare', { jid: this.jid, fp, matches });
  }

  async decide(fp: Fingerprint, accept: boolean): Promise<void> {
    this.protection = await this.#api.invoke('protection.decide', { jid: this.jid, fp, accept });
  }

  openSearch(): void {
    this.searching = true;
  }

  closeSearch(): void {
    this.searching = false;
    this.query = '';
    this.#at = 0;
  }

  find(query: string): void {
    this.query = query;
    this.#at = 0;
  }

  /** 1 goes to an older match, -1 to a newer one; wraps round. */
  step(by: 1 | -1): void {
    const n = this.matches.length;
    if (n > 0) this.#at = (this.matchIndex + by + n) % n;
  }

  #markUnread(): void {
    let left = this.#unreadCount();
    let from: number | undefined;
    for (let i = this.messages.length - 1; i >= 0 && left > 0; i -= 1) {
      const m = this.messages[i];
      if (m && !m.mine) {
        from = m.id;
        left -= 1;
      }
    }
    this.unreadFrom = from;
  }

  #tellTyping(typing: boolean): void {
    this.#typing = typing;
    void this.#act(() => this.#api.invoke('conversation.setTyping', { jid: this.jid, typing }));
  }

  #saveDraft(): void {
    clearTimeout(this.#draftTimer);
    this.#draftTimer = undefined;
    void this.#act(() => this.#api.invoke('conversation.setDraft', { jid: this.jid, draft: this.draft.slice(0, MAX_BODY) }));
  }

  async #act(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.problem = codeOf(error);
    }
  }
}
