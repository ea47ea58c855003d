/** The list of conversations: newest first, filtered and searched here, loaded a page at a time. */

import type { Api } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Conversation } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import { displayName, folded } from '../lib/names.ts';

const PAGE = 100;

export class ConversationsModel {
  readonly #api: Api;
  #next: number | undefined;
  #byJid = new Map<BareJid, Conversation>();
  #busy: Promise<void> | null = null;

  /** Newest first. Replaced, never changed in place. */
  items: readonly Conversation[] = $state.raw([]);
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: ErrorCode | null = $state(null);
  hasMore = $state(false);
  query = $state('');
  filter: 'all' | 'unread' = $state('all');

  /** What the list shows. */
  readonly shown: readonly Conversation[] = $derived.by(() => {
    const words = folded(this.query.trim());
    if (words === '' && this.filter === 'all') return this.items;
    return this.items.filter(
      (c) =>
        (this.filter === 'all' || c.unread > 0) &&
        (words === '' || folded(displayName(c.jid, c.name)).includes(words) || c.jid.includes(words)),
    );
  });
  readonly unread: number = $derived(this.items.reduce((sum, c) => sum + c.unread, 0));

  constructor(api: Api) {
    this.#api = api;
  }

  get(jid: BareJid): Conversation | undefined {
    return this.items.length > 0 ? this.#byJid.get(jid) : undefined;
  }

  /** The first page, again after a failure. */
  async load(): Promise<void> {
    this.status = this.items.length > 0 ? 'ready' : 'loading';
    this.error = null;
    await this.#page(undefined);
  }

  /** The next page, if there is one; while a page is on its way, the same one. */
  async more(): Promise<void> {
    if (this.#next !== undefined) await (this.#busy ?? this.#page(this.#next));
  }

  /** While somebody searches, the rest of the list is fetched, so that a search finds everybody. */
  async search(query: string): Promise<void> {
    this.query = query;
    while (this.query !== '' && this.#next !== undefined && this.status === 'ready') await this.more();
  }

  changed(conversation: Conversation): void {
    this.#byJid.set(conversation.jid, conversation);
    this.#publish();
  }

  removed(jid: BareJid): void {
    if (this.#byJid.delete(jid)) this.#publish();
  }

  clear(): void {
    this.#byJid = new Map();
    this.#next = undefined;
    this.#publish();
  }

  /** The neighbour in the list as shown: 1 is the next one down, -1 up; wraps round. */
  neighbour(jid: BareJid | null, step: 1 | -1): BareJid | undefined {
    const { shown } = this;
    const at = shown.findIndex((c) => c.jid === jid);
    if (at < 0) return (step === 1 ? shown[0] : shown.at(-1))?.jid;
    return shown[(at + step + shown.length) % shown.length]?.jid;
  }

  async #page(before: number | undefined): Promise<void> {
    this.#busy = (async () => {
      try {
        const page = await this.#api.invoke(
          'conversation.list',
          before === undefined ? { limit: PAGE } : { before, limit: PAGE },
        );
        // What an event told meanwhile is newer than the page.
        for (const c of page.items) {
          const known = this.#byJid.get(c.jid);
          if (before === undefined || !known || known.lastAt < c.lastAt) this.#byJid.set(c.jid, c);
        }
        this.#next = page.next;
        this.hasMore = page.next !== undefined;
        this.#publish();
        this.status = 'ready';
      } catch (error) {
        this.error = codeOf(error);
        if (this.items.length === 0) this.status = 'failed';
        this.#next = undefined;
      }
    })();
    await this.#busy;
    this.#busy = null;
  }

  #publish(): void {
    this.items = [...this.#byJid.values()].sort((a, b) => b.lastAt - a.lastAt || (a.jid < b.jid ? -1 : 1));
  }
}
