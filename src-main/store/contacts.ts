import type { BareJid } from '../../src-shared/jid.ts';
import type { Subscription } from '../../src-shared/models.ts';
import { defined, flag, json, optionalText, text } from './columns.ts';
import type { Db, Row } from './database.ts';

export interface ContactRow {
  readonly jid: BareJid;
  /** False for somebody who only asked so far. */
  readonly inRoster: boolean;
  readonly name?: string;
  readonly subscription: Subscription;
  /** We asked and wait for an answer. */
  readonly asked: boolean;
  /** They asked and wait for ours: what they wrote with it, perhaps '', at most 1,024 characters. */
  readonly asking?: string;
  readonly groups: readonly string[];
}

export interface ContactsRepository {
  list(): ContactRow[];
  get(jid: BareJid): ContactRow | undefined;
  put(contact: ContactRow): void;
  remove(jid: BareJid): void;
  /** The whole roster as the server sent it; whoever is no longer in it goes, save who asks. */
  replaceRoster(contacts: readonly ContactRow[]): void;
}

const ASKING_MAX = 1_024;

const contactOf = (row: Row): ContactRow => ({
  jid: text(row, 'jid') as BareJid,
  inRoster: flag(row, 'in_roster'),
  subscription: text(row, 'subscription') as Subscription,
  asked: flag(row, 'asked'),
  groups: json(row, 'groups') as string[],
  ...defined({ name: optionalText(row, 'name'), asking: optionalText(row, 'asking') }),
});

export function contactsRepository(db: Db): ContactsRepository {
  const get = (jid: BareJid): ContactRow | undefined => {
    const row = db.get('SELECT * FROM contacts WHERE jid = ?', jid);
    return row === undefined ? undefined : contactOf(row);
  };
  const put = (c: ContactRow): void => {
    db.run(
      'INSERT OR REPLACE INTO contacts (jid, in_roster, name, subscription, asked, asking, groups) VALUES (?, ?, ?, ?, ?, ?, ?)',
      ...[c.jid, Number(c.inRoster), c.name ?? null, c.subscription, Number(c.asked)],
      ...[c.asking?.slice(0, ASKING_MAX) ?? null, JSON.stringify(c.groups)],
    );
  };
  return {
    list: () => db.all('SELECT * FROM contacts ORDER BY jid').map(contactOf),
    get,
    put,
    remove: (jid) => {
      db.run('DELETE FROM contacts WHERE jid = ?', jid);
    },
    replaceRoster: (contacts) => {
      db.transaction(() => {
        const asking = new Map(
          db
            .all('SELECT jid, asking FROM contacts WHERE asking IS NOT NULL')
            .map((row) => [text(row, 'jid'), text(row, 'asking')]),
        );
        db.run('DELETE FROM contacts WHERE asking IS NULL');
        db.run("UPDATE contacts SET in_roster = 0, subscription = 'none', asked = 0, name = NULL, groups = '[]'");
        for (const contact of contacts) put({ ...defined({ asking: asking.get(contact.jid) }), ...contact });
      });
    },
  };
}
