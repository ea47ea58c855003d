/** The contacts: requests first, then people by name. */

import type { Api } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Contact } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import { displayName, folded } from '../lib/names.ts';

export class ContactsModel {
  readonly #api: Api;

  #all: ReadonlyMap<BareJid, Contact> = $state.raw(new Map());
  status: 'loading' | 'ready' | 'failed' = $state('loading');
  error: ErrorCode | null = $state(null);
  query = $state('');

  readonly items: readonly Contact[] = $derived.by(() => {
    const keyed = [...this.#all.values()].map((c) => ({ c, key: folded(displayName(c.jid, c.name)) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.c.jid < b.c.jid ? -1 : 1)).map(({ c }) => c);
  });
  /** Those who ask to be contacts. */
  readonly requests: readonly Contact[] = $derived(this.items.filter((c) => c.asking));
  readonly shown: readonly Contact[] = $derived.by(() => {
    const words = folded(this.query.trim());
    return this.items.filter(
      (c) => !isOnlyRequest(c) && (words === '' || folded(displayName(c.jid, c.name)).includes(words) || c.jid.includes(words)),
    );
  });

  constructor(api: Api) {
    this.#api = api;
  }

  get(jid: BareJid): Contact | undefined {
    return this.#all.get(jid);
  }

  async load(): Promise<void> {
    this.error = null;
    this.status = this.#all.size > 0 ? 'ready' : 'loading';
    try {
      const list = await this.#api.invoke('contact.list', {});
      this.#all = new Map(list.map((c) => [c.jid, c]));
      this.status = 'ready';
    } catch (error) {
      this.error = codeOf(error);
      if (this.#all.size === 0) this.status = 'failed';
    }
  }

  changed(contact: Contact): void {
    this.#all = new Map(this.#all).set(contact.jid, contact);
  }

  removed(jid: BareJid): void {
    const next = new Map(this.#all);
    if (next.delete(jid)) this.#all = next;
  }

  clear(): void {
    this.#all = new Map();
  }

  /** Adds and answers the contact, whose address the engine prepared. */
  async add(jid: string, name: string): Promise<Contact> {
    const trimmed = name.trim();
    const contact = await this.#api.invoke('contact.add', trimmed === '' ? { jid } : { jid, name: trimmed });
    this.changed(contact);
    return contact;
  }

  async accept(jid: BareJid): Promise<void> {
    await this.#api.invoke('contact.accept', { jid });
  }

  async decline(jid: BareJid): Promise<void> {
    await this.#api.invoke('contact.decline', { jid });
  }

  async rename(jid: BareJid, name: string): Promise<void> {
    await this.#api.invoke('contact.rename', { jid, name: name.trim() });
  }

  async remove(jid: BareJid): Promise<void> {
    await this.#api.invoke('contact.remove', { jid });
  }
}

/** Asks us and is nothing else yet: shown among the requests only. */
const isOnlyRequest = (c: Contact): boolean => c.asking && c.subscription === 'none' && !c.asked;
