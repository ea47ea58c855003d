/** Every state of every screen, each as a world and what the user did in it. */

import type { ProtectionState } from '../../src-shared/models.ts';
import type { AppModel } from '../stores/app.svelte.ts';
import { serverScenes } from './server-scenes.ts';
import {
  account,
  alice,
  bare,
  bob,
  contact,
  conversation,
  credential,
  DAY,
  device,
  fpOf,
  message,
  MINUTE,
  NOW,
  protection,
  world,
  type World,
} from './world.ts';

export interface Scene {
  readonly id: string;
  readonly title: string;
  readonly world: () => World;
  /** About the list: in a narrow window the chat is not opened. */
  readonly list?: true;
  /** Done once the first screen stands. */
  readonly act?: (app: AppModel) => void;
}

const empty = (): World => world({ contacts: [], conversations: [], messages: {}, protection: {} });

/** Bob alone, in one state of protection. */
function withBob(state: ProtectionState, change: Partial<ReturnType<typeof protection>> = {}): World {
  const kind = state === 'verified' || state === 'sealed' ? state : state === 'none' ? 'none' : 'session';
  return world({
    contacts: [contact(bob, { name: 'Bob' })],
    conversations: [conversation(bob, { name: 'Bob', protection: state, last: { body: 'Good', mine: true, protection: kind } })],
    messages: {
      [bob]: [
        message(1, bob, 'Hi Alice', { protection: kind }),
        message(2, bob, 'Hello Bob. How was the trip?', { mine: true, protection: kind, state: { kind: 'received' } }),
        message(
          3,
          bob,
          'Long, but good. The train stood for an hour in the middle of nowhere and everybody talked to each other.',
          {
            protection: kind,
          },
        ),
        message(4, bob, 'Good', { mine: true, protection: kind, state: { kind: 'sent' } }),
      ],
    },
    protection: { [bob]: protection(bob, state, change) },
  });
}

const changedKeys = {
  credentials: [
    credential(bob),
    credential('new key of bob', { verdict: 'changed', why: 'met-later', since: NOW - MINUTE, verdictSince: NOW - MINUTE }),
  ],
};
const revoked = { credentials: [credential(bob, { verdict: 'revoked', why: 'revoked-by-owner' })], devices: [] };

const inDetails = (app: AppModel): void => {
  app.layout.detailsOpen = true;
};
const connection = (kind: NonNullable<World['account']>['connection']): World =>
  world({ account: account({ connection: kind }) });

const longName =
  'Professor Doktor Maximiliane-Friederike von und zu Hohenstaufen-Wittelsbach der Jüngeren auf Schloss Neuschwanstein';
const longJid = bare(`${'maximiliane.friederike.'.repeat(4)}hohenstaufen@chat.department.of.history.university.example.org`);

export const scenes: readonly Scene[] = [
  { id: 'starting', title: 'Starting', world: () => world({ hangs: ['vault.status'] }) },
  { id: 'broken', title: 'History damaged', world: () => world({ fails: { 'vault.status': 'store-damaged' } }) },
  { id: 'in-use', title: 'Profile in use', world: () => world({ fails: { 'vault.status': 'profile-in-use' } }) },
  {
    id: 'vault-new-absent',
    title: 'New, no keychain',
    world: () => world({ vault: { kind: 'new', keychain: 'absent' }, account: null }),
  },
  {
    id: 'vault-new-locked',
    title: 'New, keychain locked',
    world: () => world({ vault: { kind: 'new', keychain: 'locked' }, account: null }),
  },
  { id: 'vault-locked', title: 'Keychain locked', world: () => world({ vault: { kind: 'keychain-locked', passphrase: true } }) },
  {
    id: 'vault-locked-bare',
    title: 'Keychain locked, no passphrase',
    world: () => world({ vault: { kind: 'keychain-locked', passphrase: false } }),
  },
  { id: 'vault-absent', title: 'Keychain gone', world: () => world({ vault: { kind: 'keychain-absent', passphrase: true } }) },
  {
    id: 'vault-emptied',
    title: 'Keychain emptied',
    world: () => world({ vault: { kind: 'keychain-emptied', passphrase: true } }),
  },
  { id: 'vault-passphrase', title: 'Passphrase needed', world: () => world({ vault: { kind: 'passphrase-needed' } }) },
  {
    id: 'vault-afresh',
    title: 'Start afresh',
    world: () => world({ vault: { kind: 'keychain-emptied', passphrase: false } }),
    act: (app) => (app.dialog = { kind: 'start-afresh' }),
  },
  { id: 'sign-in', title: 'Sign in', world: () => world({ account: null }) },
  {
    id: 'sign-in-plain',
    title: 'The server wants the password',
    world: () => world({ account: null }),
    act: (app) => (app.dialog = { kind: 'plain-password', input: { jid: alice, password: 'x' } }),
  },
  ...serverScenes,
  { id: 'empty', list: true, title: 'No conversations', world: empty },
  { id: 'loading', list: true, title: 'Loading', world: () => world({ hangs: ['conversation.list', 'contact.list'] }) },
  { id: 'loading-messages', title: 'Messages loading', world: () => world({ hangs: ['message.list'] }) },
  { id: 'failed-list', list: true, title: 'List failed', world: () => world({ fails: { 'conversation.list': 'internal' } }) },
  { id: 'failed-messages', title: 'Messages failed', world: () => world({ fails: { 'message.list': 'internal' } }) },
  { id: 'main', list: true, title: 'An ordinary day', world },
  {
    id: 'unread',
    title: 'Unread line',
    world,
    act: (app) => {
      app.open(bare('carol@example.net'));
    },
  },
  { id: 'chat-empty', title: 'Nothing written yet', world: () => ({ ...withBob('session'), messages: {} }) },
  { id: 'filter-unread', list: true, title: 'Unread only', world, act: (app) => (app.conversations.filter = 'unread') },
  { id: 'search-none', list: true, title: 'Search without result', world, act: (app) => void app.conversations.search('zzz') },
  {
    id: 'search-here',
    title: 'Search in a chat',
    world,
    act: (app) => {
      app.chat?.openSearch();
      app.chat?.find('e');
    },
  },
  { id: 'details', title: 'Details', world, act: inDetails },
  {
    id: 'state-verified',
    title: 'Protected · verified',
    world: () => withBob('verified', { credentials: [credential(bob, { verdict: 'verified', why: 'compared' })] }),
    act: inDetails,
  },
  { id: 'state-session', title: 'Protected', world: () => withBob('session'), act: inDetails },
  {
    id: 'state-sealed',
    title: 'Sealed',
    world: () => withBob('sealed', { devices: [device(bob, { online: false })] }),
    act: inDetails,
  },
  { id: 'state-waiting', title: 'Waits', world: () => waiting(), act: inDetails },
  { id: 'state-look', title: 'New key', world: () => withBob('look', changedKeys), act: inDetails },
  { id: 'state-stopped', title: 'Stopped', world: () => withBob('stopped', revoked), act: inDetails },
  { id: 'state-none', title: 'Not protected', world: () => withBob('none', { credentials: [], devices: [] }), act: inDetails },
  {
    id: 'unprotected',
    title: 'Writing unprotected',
    world: () => withBob('none', { credentials: [], devices: [], unprotectedAllowed: true }),
  },
  {
    id: 'required',
    title: 'Protection required',
    world: () => withBob('none', { credentials: [], devices: [], required: true }),
  },
  { id: 'messages', title: 'Every kind of message', world: everyMessage },
  {
    id: 'problem',
    title: 'Sending went wrong',
    world,
    act: (app) => {
      if (app.chat) app.chat.problem = 'message-rejected';
    },
  },
  { id: 'offline', title: 'Offline', world: () => connection({ kind: 'offline' }) },
  { id: 'connecting', title: 'Connecting', world: () => connection({ kind: 'connecting' }) },
  {
    id: 'waiting',
    title: 'Waiting to connect',
    world: () => connection({ kind: 'waiting', retryAt: NOW + 25_000, reason: 'connect-timeout' }),
  },
  { id: 'stopped-password', title: 'Wrong password', world: () => connection({ kind: 'stopped', code: 'auth-failed' }) },
  { id: 'stopped-conflict', title: 'Replaced elsewhere', world: () => connection({ kind: 'stopped', code: 'stream-conflict' }) },
  {
    id: 'notices',
    title: 'Notices',
    world: () =>
      world({
        notices: [
          { code: 'store-restored', at: NOW },
          { code: 'bad-bundle', about: bob, at: NOW },
        ],
      }),
  },
  {
    id: 'contacts',
    list: true,
    title: 'Contacts',
    world: requests,
    act: (app) => {
      app.go('contacts');
    },
  },
  {
    id: 'contacts-empty',
    list: true,
    title: 'No contacts',
    world: empty,
    act: (app) => {
      app.go('contacts');
    },
  },
  {
    id: 'certificates',
    list: true,
    title: 'Certificates',
    world,
    act: (app) => {
      app.go('certificates');
    },
  },
  {
    id: 'certificates-empty',
    list: true,
    title: 'Certificates, nobody known',
    world: empty,
    act: (app) => {
      app.go('certificates');
    },
  },
  {
    id: 'settings',
    list: true,
    title: 'Settings',
    world,
    act: (app) => {
      app.go('settings');
    },
  },
  { id: 'many', list: true, title: '10,000 conversations', world: many },
  { id: 'huge', title: '100,000 messages', world: huge },
  { id: 'huge-two', title: '100,000 messages, twice', world: hugeTwo },
  { id: 'long-names', title: 'Very long names', world: longNames, act: inDetails },
  { id: 'rtl', title: 'Right to left', world: rtl },
  { id: 'dialog-add', list: true, title: 'Add a contact', world, act: (app) => (app.dialog = { kind: 'add-contact' }) },
  { id: 'dialog-rename', title: 'Rename', world, act: (app) => (app.dialog = { kind: 'rename', jid: bob }) },
  { id: 'dialog-remove', title: 'Remove contact', world, act: (app) => (app.dialog = { kind: 'remove-contact', jid: bob }) },
  {
    id: 'dialog-delete',
    title: 'Delete conversation',
    world,
    act: (app) => (app.dialog = { kind: 'remove-conversation', jid: bob }),
  },
  { id: 'dialog-compare', title: 'Compare', world, act: (app) => (app.dialog = { kind: 'compare', jid: bob, fp: fpOf(bob) }) },
  {
    id: 'dialog-decide',
    title: 'Decide',
    world: () => withBob('look', changedKeys),
    act: (app) => (app.dialog = { kind: 'decide', jid: bob, fp: fpOf('new key of bob') }),
  },
  {
    id: 'dialog-unprotected',
    title: 'Write without protection',
    world: () => withBob('none', { credentials: [] }),
    act: (app) => (app.dialog = { kind: 'unprotected', jid: bob, sends: true }),
  },
  {
    id: 'dialog-again',
    title: 'Sign in again',
    world: () => connection({ kind: 'stopped', code: 'auth-failed' }),
    act: (app) => (app.dialog = { kind: 'sign-in-again', jid: alice }),
  },
  { id: 'dialog-sign-out', title: 'Sign out', world, act: (app) => (app.dialog = { kind: 'sign-out' }) },
  { id: 'dialog-passphrase', title: 'Set a passphrase', world, act: (app) => (app.dialog = { kind: 'passphrase' }) },
  {
    id: 'dialog-remove-passphrase',
    title: 'Remove the passphrase',
    world,
    act: (app) => (app.dialog = { kind: 'remove-passphrase' }),
  },
  { id: 'dialog-status', title: 'Status', world, act: (app) => (app.dialog = { kind: 'status' }) },
  { id: 'dialog-jump', list: true, title: 'Jump', world, act: (app) => (app.dialog = { kind: 'jump' }) },
  { id: 'dialog-shortcuts', title: 'Shortcuts', world, act: (app) => (app.dialog = { kind: 'shortcuts' }) },
];

function waiting(): World {
  const base = withBob('waiting', { devices: [], problem: 'use-main-mode' });
  const list = base.messages[bob];
  const known = list && !('total' in list) ? list : [];
  return {
    ...base,
    messages: {
      [bob]: [
        ...known,
        message(5, bob, 'Are you there?', { mine: true, protection: 'waiting', state: { kind: 'queued', waits: 'device' } }),
      ],
    },
  };
}

function everyMessage(): World {
  const mine = { mine: true } as const;
  return {
    ...withBob('session'),
    messages: {
      [bob]: [
        message(1, bob, 'Compared and verified', { protection: 'verified' }),
        message(2, bob, 'Sealed while you were away', { protection: 'sealed' }),
        message(3, bob, 'This one came in the clear', { protection: 'none', warn: 'unprotected' }),
        message(4, bob, 'Label and content differ', { warn: 'mislabelled' }),
        message(5, bob, 'Very late', { warn: 'late' }),
        message(6, bob, '', { protection: 'unreadable', unreadable: 'unknown-key' }),
        message(7, bob, '', { protection: 'unreadable', unreadable: 'not-for-this-device' }),
        message(8, bob, 'Two lines,\nthe second one here', { ...mine, state: { kind: 'received' } }),
        message(9, bob, 'From the other device', { ...mine, state: { kind: 'sent' }, fromOtherDevice: true }),
        message(10, bob, 'In the clear by choice', { ...mine, protection: 'none', state: { kind: 'sent' } }),
        message(11, bob, 'The server said no', { ...mine, state: { kind: 'failed', code: 'message-rejected' } }),
        message(12, bob, 'Waits for the connection', {
          ...mine,
          protection: 'waiting',
          state: { kind: 'queued', waits: 'connection' },
        }),
        message(13, bob, 'Waits for a device', { ...mine, protection: 'waiting', state: { kind: 'queued', waits: 'device' } }),
        message(14, bob, 'On its way', { ...mine, state: { kind: 'sending' } }),
      ],
    },
  };
}

function requests(): World {
  const base = world();
  return {
    ...base,
    contacts: [
      ...base.contacts,
      contact(bare('frank@example.org'), { subscription: 'none', asking: true, presence: 'offline' }),
      contact(bare('grace@example.net'), { name: 'Grace', subscription: 'none', asked: true, presence: 'offline' }),
    ],
  };
}

function many(): World {
  const people = Array.from({ length: 10_000 }, (_, i) => bare(`person${String(i).padStart(5, '0')}@example.org`));
  return world({
    contacts: people.map((jid) => contact(jid)),
    conversations: people.map((jid, i) =>
      conversation(jid, {
        unread: i % 7 === 3 ? i % 1200 : 0,
        lastAt: NOW - i * 7 * MINUTE,
        last: { body: `Message number ${String(i)}`, mine: i % 2 === 0, protection: 'session' },
      }),
    ),
    messages: {},
  });
}

function huge(): World {
  const total = 100_000;
  const at = (id: number) =>
    message(
      id,
      bob,
      `Message ${String(id)}${id % 5 === 0 ? ', somewhat longer than the others, so that heights differ and the list has to measure' : ''}`,
      {
        mine: id % 3 === 0,
        at: NOW - (total - id) * 10 * MINUTE,
        ...(id % 3 === 0 ? { state: { kind: 'received' } } : {}),
      },
    );
  return { ...withBob('session'), messages: { [bob]: { total, at } } };
}

function hugeTwo(): World {
  const base = huge();
  const carol = bare('carol@example.net');
  const list = base.messages[bob];
  return {
    ...base,
    conversations: [...base.conversations, conversation(carol, { name: 'Carol', lastAt: NOW - DAY })],
    messages: { ...base.messages, [carol]: list },
  };
}

function longNames(): World {
  return world({
    contacts: [
      contact(longJid, { name: longName, status: 'a status message that goes on and on and on until nobody reads it any more' }),
    ],
    conversations: [
      conversation(longJid, {
        name: longName,
        protection: 'waiting',
        unread: 12_345,
        last: { body: 'x'.repeat(300), mine: false, protection: 'session' },
      }),
      conversation(bob, { name: 'Bob', lastAt: NOW - DAY }),
    ],
    messages: {
      [longJid]: [
        message(1, longJid, 'x'.repeat(300)),
        message(2, longJid, 'Donaudampfschifffahrtsgesellschaftskapitänskajütentürschlüssel', {
          mine: true,
          state: { kind: 'failed', code: 'recipient-unavailable' },
        }),
      ],
    },
    protection: { [longJid]: protection(longJid, 'waiting') },
  });
}

function rtl(): World {
  const noor = bare('noor@example.org');
  return world({
    contacts: [contact(noor, { name: 'نور الهدى' }), contact(bare('dana@example.org'), { name: 'דנה לוי' })],
    conversations: [
      conversation(noor, {
        name: 'نور الهدى',
        protection: 'waiting',
        last: { body: 'أراك غدا في المقهى (الساعة 8).', mine: false, protection: 'session' },
      }),
      conversation(bare('dana@example.org'), {
        name: 'דנה לוי',
        lastAt: NOW - DAY,
        last: { body: 'שלום!', mine: true, protection: 'session' },
      }),
    ],
    messages: {
      [noor]: [
        message(1, noor, 'مرحبا Alice، كيف حالك؟'),
        message(2, noor, 'Fine, thanks. (مرحبا)', { mine: true, state: { kind: 'received' } }),
        message(3, noor, 'أراك غدا في المقهى (الساعة 8).'),
        message(4, noor, 'نعم', { mine: true, state: { kind: 'sent' } }),
      ],
    },
    protection: { [noor]: protection(noor, 'waiting') },
  });
}
