/** Contacts: the roster as the server keeps it, who asks to see us, and who is there (RFC 6121 §2 to §4). */

import { SignetError } from '../../src-shared/errors.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Contact, Presence } from '../../src-shared/models.ts';
import type { Workspace } from '../services.ts';
import type { ContactRow } from '../store/contacts.ts';
import type { RosterItem, RosterOptions } from '../xmpp/modules/rfc6121-roster.ts';
import type { SubscriptionStanza } from '../xmpp/modules/rfc6121-subscription.ts';
import { StanzaError } from '../xmpp/types.ts';

/** People who asked and wait: beyond this many, the server is asked again by the next sign-in, and nobody is lost. */
const MAX_ASKING = 200;

export interface ContactsService {
  list(): Contact[];
  view(jid: BareJid): Contact;
  add(jid: BareJid, name: string | undefined): Promise<Contact>;
  accept(jid: BareJid): Promise<void>;
  decline(jid: BareJid): void;
  rename(jid: BareJid, name: string): Promise<void>;
  remove(jid: BareJid): Promise<void>;
  /** What the roster module is set up with. */
  rosterOptions(): RosterOptions;
  readonly onSubscription: (stanza: SubscriptionStanza) => void;
  readonly onPresence: (jid: BareJid) => void;
  /** Nobody is there any more: the connection is gone. */
  onOffline(): void;
}

export interface ContactsHooks {
  /** Presence, subscription or name of a contact changed. */
  readonly onChange: (jid: BareJid) => void;
}

export function createContacts(workspace: Workspace, hooks: ContactsHooks): ContactsService {
  const { store, bus } = workspace;
  const empty = (jid: BareJid): ContactRow => ({ jid, inRoster: false, subscription: 'none', asked: false, groups: [] });
  const rowOf = (jid: BareJid): ContactRow => store.contacts.get(jid) ?? empty(jid);

  const rowFrom = (item: RosterItem): ContactRow => ({
    jid: item.jid,
    inRoster: true,
    ...(item.name !== undefined && { name: item.name }),
    subscription: item.subscription,
    asked: item.asked,
    groups: item.groups,
  });

  const view = (jid: BareJid): Contact => contactOf(rowOf(jid));
  const contactOf = (row: ContactRow): Contact => {
    const best = workspace.online()?.modules.presence.best(row.jid);
    const presence: Presence = best?.show ?? 'offline';
    return {
      jid: row.jid,
      ...(row.name !== undefined && { name: row.name }),
      subscription: row.subscription,
      asked: row.asked,
      asking: row.asking !== undefined,
      presence,
      ...(best?.status !== undefined && { status: best.status }),
      groups: row.groups,
    };
  };

  const tell = (jid: BareJid): void => {
    const row = store.contacts.get(jid);
    if (row === undefined) bus.emit('contact.removed', { jid });
    else bus.emit('contact.changed', contactOf(row));
    hooks.onChange(jid);
  };

  const online = () => {
    const now = workspace.online();
    if (now === undefined) throw new SignetError('no-network');
    return now;
  };

  /** A change that only the server can make: its refusal is a sentence, not a stack. */
  const asked = async (change: Promise<void>): Promise<void> => {
    try {
      await change;
    } catch (cause) {
      if (cause instanceof StanzaError && cause.condition === 'item-not-found')
        throw new SignetError('recipient-unavailable', { cause });
      throw new SignetError(cause instanceof StanzaError ? 'message-rejected' : 'no-network', { cause });
    }
  };

  /** Their request is answered: it is no longer shown. */
  const answered = (jid: BareJid): void => {
    const { asking: _, ...row } = rowOf(jid);
    store.transaction(() => {
      if (row.inRoster) store.contacts.put(row);
      else store.contacts.remove(jid);
    });
  };

  const allow = (jid: BareJid): void => {
    online().modules.subscriptions.subscribed(jid);
    answered(jid);
  };

  return {
    list: () => store.contacts.list().map(contactOf),
    view,
    async add(jid, name) {
      if (jid === workspace.self().jid) throw new SignetError('bad-jid');
      const { modules } = online();
      const before = rowOf(jid);
      if (!before.inRoster || (name !== undefined && name !== before.name)) {
        await asked(modules.roster.set(jid, name ?? before.name, before.groups));
      }
      // Who adds a contact lets them see him too: approved ahead (RFC 6121 §3.4) or in answer to their request.
      modules.subscriptions.subscribed(jid);
      if (before.subscription !== 'to' && before.subscription !== 'both') modules.subscriptions.subscribe(jid);
      const row = rowOf(jid);
      const { asking: _, ...rest } = row;
      store.transaction(() => {
        store.contacts.put({
          ...rest,
          inRoster: true,
          ...(name !== undefined && { name }),
          asked: row.subscription === 'none' || row.asked,
        });
      });
      tell(jid);
      return view(jid);
    },
    async accept(jid) {
      const { modules } = online();
      const row = rowOf(jid);
      if (!row.inRoster) await asked(modules.roster.set(jid, row.name, row.groups));
      allow(jid);
      // To write to each other protected, presence has to flow both ways (protocol 3).
      if (row.subscription !== 'to' && row.subscription !== 'both') modules.subscriptions.subscribe(jid);
      tell(jid);
    },
    decline(jid) {
      online().modules.subscriptions.unsubscribed(jid);
      answered(jid);
      tell(jid);
    },
    async rename(jid, name) {
      const row = store.contacts.get(jid);
      if (row === undefined) throw new SignetError('not-found');
      await asked(online().modules.roster.set(jid, name === '' ? undefined : name, row.groups));
    },
    async remove(jid) {
      if (store.contacts.get(jid) === undefined) throw new SignetError('not-found');
      await asked(online().modules.roster.remove(jid));
    },
    rosterOptions: () => {
      const version = store.account.get()?.rosterVersion;
      const items = store.contacts.list().filter((row) => row.inRoster);
      return {
        ...(version !== undefined && { kept: { version, items: items.map(itemFrom) } }),
        onItems: (list, newVersion) => {
          store.transaction(() => {
            store.contacts.replaceRoster(list.map(rowFrom));
            store.account.setRosterVersion(newVersion);
          });
          for (const { jid } of items) if (!list.some((item) => item.jid === jid)) tell(jid);
          for (const { jid } of list) tell(jid);
        },
        onPush: ({ jid, item, version: newVersion }) => {
          store.transaction(() => {
            const { asking } = rowOf(jid);
            const still = asking !== undefined && item?.subscription !== 'from' && item?.subscription !== 'both';
            if (item !== undefined) store.contacts.put({ ...rowFrom(item), ...(still && { asking }) });
            else if (still) store.contacts.put({ ...empty(jid), asking });
            else store.contacts.remove(jid);
            store.account.setRosterVersion(newVersion);
          });
          tell(jid);
        },
      };
    },
    onSubscription: ({ type, from, status }) => {
      if (type !== 'subscribe') return; // the roster push says the rest (RFC 6121 §3.1.6)
      const row = rowOf(from);
      if (row.inRoster && (row.subscription === 'to' || row.asked)) {
        // We asked them first, or see them already: their asking back needs no question.
        allow(from);
        tell(from);
        return;
      }
      if (row.asking === undefined && store.contacts.list().filter((c) => c.asking !== undefined).length >= MAX_ASKING) return;
      store.transaction(() => {
        store.contacts.put({ ...row, asking: status ?? '' });
      });
      tell(from);
    },
    onPresence: tellPresence,
    onOffline() {
      for (const row of store.contacts.list()) bus.emit('contact.changed', contactOf(row));
    },
  };

  function tellPresence(jid: BareJid): void {
    const row = store.contacts.get(jid);
    if (row !== undefined) bus.emit('contact.changed', contactOf(row));
    hooks.onChange(jid);
  }
}

function itemFrom(row: ContactRow): RosterItem {
  return { jid: row.jid, name: row.name, subscription: row.subscription, asked: row.asked, groups: row.groups };
}
