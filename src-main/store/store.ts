import { join } from 'node:path';
import { accountRepository, type AccountRepository } from './account.ts';
import { associationsRepository, type AssociationsRepository } from './associations.ts';
import { capabilitiesRepository, type CapabilitiesRepository } from './capabilities.ts';
import { contactsRepository, type ContactsRepository } from './contacts.ts';
import { conversationsRepository, type ConversationsRepository } from './conversations.ts';
import { cookiesRepository, type CookiesRepository } from './cookies.ts';
import { openDatabase, type Db } from './database.ts';
import { expire } from './expire.ts';
import { messagesRepository, type MessagesRepository } from './messages.ts';
import { metaRepository, type MetaRepository } from './meta.ts';
import { outboxRepository, type OutboxRepository } from './outbox.ts';
import { recipientsRepository, type RecipientsRepository } from './recipients.ts';
import { seenRepository, type SeenRepository } from './seen.ts';
import { serverTrustRepository, type ServerTrustRepository } from './server-trust.ts';
import { settingsRepository, type SettingsRepository } from './settings.ts';
import { verdictsRepository, type VerdictsRepository } from './verdicts.ts';
import { waitingRepository, type WaitingRepository } from './waiting.ts';

/** The encrypted store of one profile: a repository a noun. Writes that belong together go into one transaction. */
export interface Store extends Pick<Db, 'transaction' | 'commit' | 'close'> {
  readonly meta: MetaRepository;
  readonly settings: SettingsRepository;
  readonly account: AccountRepository;
  readonly serverTrust: ServerTrustRepository;
  readonly contacts: ContactsRepository;
  readonly capabilities: CapabilitiesRepository;
  readonly conversations: ConversationsRepository;
  readonly messages: MessagesRepository;
  readonly outbox: OutboxRepository;
  readonly recipients: RecipientsRepository;
  readonly waiting: WaitingRepository;
  readonly seen: SeenRepository;
  readonly associations: AssociationsRepository;
  readonly cookies: CookiesRepository;
  readonly verdicts: VerdictsRepository;
  /** Erases what has had its time: at start and once an hour. */
  expire(now: number): void;
}

/** The database's file in a profile. */
export const STORE_FILE = 'store.db';

/**
 * Opens (or makes) the store of a profile that this process has locked (profile-lock.ts).
 * @param key 32 octets, the raw key; from the vault
 * @throws SignetError `store-damaged`, `store-newer`, `profile-unwritable`
 */
export function openStore({ dir, key }: { readonly dir: string; readonly key: Uint8Array }): Store {
  const db = openDatabase(join(dir, STORE_FILE), key);
  const meta = metaRepository(db);
  return {
    transaction: db.transaction,
    commit: db.commit,
    close: db.close,
    meta,
    settings: settingsRepository(meta),
    account: accountRepository(db),
    serverTrust: serverTrustRepository(db),
    contacts: contactsRepository(db),
    capabilities: capabilitiesRepository(db),
    conversations: conversationsRepository(db),
    messages: messagesRepository(db),
    outbox: outboxRepository(db),
    recipients: recipientsRepository(db),
    waiting: waitingRepository(db),
    seen: seenRepository(db),
    associations: associationsRepository(db),
    cookies: cookiesRepository(db),
    verdicts: verdictsRepository(db),
    expire: (now) => {
      expire(db, now);
    },
  };
}
