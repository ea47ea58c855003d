/** Starting, places, people, notices and settings. */

import { describe, expect, it, vi } from 'vitest';
import { commands } from '../../src-shared/api.ts';
import { ContractFailure, clientOf } from '../../src-renderer/api/client.ts';
import { fakeEngine } from '../../src-renderer/gallery/fake-engine.ts';
import { account, alice, bare, bob, contact, conversation, message, NOW, world } from '../../src-renderer/gallery/world.ts';
import { i18n } from '../../src-renderer/i18n/i18n.svelte.ts';
import { CredentialsForm } from '../../src-renderer/stores/credentials-form.svelte.ts';
import { targetsOf } from '../../src-renderer/stores/jump.ts';
import { VaultForm } from '../../src-renderer/stores/vault-form.svelte.ts';
import { memoryKeep, settle, start } from './support.ts';

const carol = bare('carol@example.net');

describe('where Signet starts', () => {
  it.each([
    ['main', {}],
    ['sign-in', { account: null }],
    ['sign-in', { vault: { kind: 'new', keychain: 'available' }, account: null }],
    ['vault', { vault: { kind: 'new', keychain: 'absent' }, account: null }],
    ['vault', { vault: { kind: 'new', keychain: 'locked' }, account: null }],
    ['vault', { vault: { kind: 'keychain-locked', passphrase: true } }],
    ['vault', { vault: { kind: 'keychain-absent', passphrase: false } }],
    ['vault', { vault: { kind: 'keychain-emptied', passphrase: true } }],
    ['vault', { vault: { kind: 'passphrase-needed' } }],
    ['broken', { fails: { 'vault.status': 'store-damaged' } }],
    ['starting', { hangs: ['vault.status'] }],
  ] as const)('%s for %j', async (phase, change) => {
    const { app } = await start(change);
    expect(app.phase).toBe(phase);
  });

  it('opens the conversation of the last time, else the newest', async () => {
    expect((await start()).app.selected).toBe(bob);
    expect((await start({}, memoryKeep({ conversation: carol }))).app.selected).toBe(carol);
  });

  it('misses no event between the subscription and the first answer', async () => {
    const engine = fakeEngine(world());
    const order: string[] = [];
    const api = clientOf({
      invoke: (command, input) => {
        order.push(command);
        return engine.invoke(command, input);
      },
      subscribe: (listener) => {
        order.push('subscribe');
        return engine.subscribe(listener);
      },
    });
    const { AppModel } = await import('../../src-renderer/stores/app.svelte.ts');
    new AppModel(api, memoryKeep(), ['en']).start();
    await settle();
    expect(order[0]).toBe('subscribe');
  });
});

describe('the vault', () => {
  it('takes a new passphrase only when it is long enough and typed twice the same', async () => {
    const { app, inputs } = await start({ vault: { kind: 'new', keychain: 'absent' }, account: null });
    const form = new VaultForm(app);
    form.passphrase = 'short';
    expect(await form.unlock(true)).toBe(false);
    expect(form.wrong).toBe('short');
    form.passphrase = 'long enough now';
    form.again = 'long enough not';
    expect(await form.unlock(true)).toBe(false);
    expect(form.wrong).toBe('differ');
    form.again = form.passphrase;
    expect(await form.unlock(true)).toBe(true);
    expect(inputs('vault.unlock')).toEqual([{ passphrase: 'long enough now' }]);
    expect(form.passphrase).toBe('');
    expect(app.phase).toBe('sign-in');
  });

  it('says when a passphrase is wrong, and opens with the right one', async () => {
    const { app } = await start({ vault: { kind: 'passphrase-needed' } });
    const form = new VaultForm(app);
    form.passphrase = 'wrong';
    expect(await form.unlock(false)).toBe(false);
    expect(form.error).toBe('wrong-passphrase');
    form.passphrase = 'correct horse battery';
    expect(await form.unlock(false)).toBe(true);
    await settle();
    expect(app.phase).toBe('main');
  });

  it('looks again for the keychain', async () => {
    const { app, engine } = await start({ vault: { kind: 'keychain-locked', passphrase: false } });
    engine.world.vault = { kind: 'open', keychain: true, passphrase: false };
    expect(await new VaultForm(app).retry()).toBe(true);
    await settle();
    expect(app.phase).toBe('main');
  });
});

describe('signing in', () => {
  it('checks what was typed before it asks anybody', async () => {
    const { app, inputs } = await start({ account: null });
    const form = new CredentialsForm(app, false);
    form.jid = 'no address';
    form.port = '99999';
    expect(await form.submit()).toBe(false);
    expect(form.wrong).toEqual(['jid', 'password', 'port']);
    expect(inputs('account.signIn')).toEqual([]);
  });

  it('sends the server settings only when some were given', async () => {
    const { app } = await start({ account: null });
    const form = new CredentialsForm(app, false);
    form.jid = ' alice@example.org ';
    form.password = 'secret';
    expect(form.input).toEqual({ jid: 'alice@example.org', password: 'secret', remember: true });
    form.host = 'localhost';
    expect(form.input.server).toEqual({ host: 'localhost', port: 5223, tls: 'direct' });
    form.tls = 'starttls';
    expect(form.input.server?.port).toBe(5222);
    expect(await form.submit()).toBe(true);
    expect(form.password).toBe('');
    expect(app.phase).toBe('main');
  });

  it('asks before the password itself is sent', async () => {
    const { app, inputs } = await start({ account: null, fails: { 'account.signIn': 'auth-plain-only' } });
    const form = new CredentialsForm(app, false);
    form.jid = 'alice@example.org';
    form.password = 'secret';
    await form.submit();
    expect(app.dialog?.kind).toBe('plain-password');
    expect(inputs('account.signIn')).toEqual([expect.objectContaining({ allowPlain: false })]);
  });

  it('forgets everything on the screen when one signs out', async () => {
    const { app } = await start();
    await app.signOut();
    expect(app.phase).toBe('sign-in');
    expect(app.conversations.items).toEqual([]);
    expect(app.contacts.items).toEqual([]);
    expect(app.chat).toBeNull();
  });
});

describe('conversations', () => {
  it('are newest first, filtered, searched without accents', async () => {
    const { app, engine } = await start();
    expect(app.conversations.items[0]?.jid).toBe(bob);
    engine.emit('conversation.changed', conversation(carol, { name: 'Çarol', unread: 4, lastAt: NOW + 1 }));
    expect(app.conversations.items[0]?.jid).toBe(carol);
    expect(app.conversations.unread).toBe(4);
    app.conversations.filter = 'unread';
    expect(app.conversations.shown.map((c) => c.jid)).toEqual([carol]);
    app.conversations.filter = 'all';
    await app.conversations.search('carol');
    expect(app.conversations.shown.map((c) => c.jid)).toEqual([carol]);
  });

  it('come in pages, and a search fetches the rest', async () => {
    const people = Array.from({ length: 350 }, (_, i) => conversation(bare(`p${String(i)}@example.org`), { lastAt: NOW - i }));
    const { app } = await start({ conversations: people, contacts: [], messages: {} });
    expect(app.conversations.items).toHaveLength(100);
    await app.conversations.search('p349');
    expect(app.conversations.shown).toHaveLength(1);
    expect(app.conversations.hasMore).toBe(false);
  });

  it('are walked through with Alt and arrows, and round', async () => {
    const { app } = await start();
    const order = app.conversations.items.map((c) => c.jid);
    expect(app.conversations.neighbour(order[0] ?? null, 1)).toBe(order[1]);
    expect(app.conversations.neighbour(order[0] ?? null, -1)).toBe(order.at(-1));
  });

  it('close when they are removed', async () => {
    const { app, engine } = await start();
    engine.emit('conversation.removed', { jid: bob });
    expect(app.selected).toBeNull();
    expect(app.chat).toBeNull();
  });
});

describe('people', () => {
  it('who ask are requests, not contacts, until they are accepted', async () => {
    const frank = bare('frank@example.org');
    const { app } = await start({ contacts: [contact(bob), contact(frank, { subscription: 'none', asking: true })] });
    expect(app.contacts.requests.map((c) => c.jid)).toEqual([frank]);
    expect(app.contacts.shown.map((c) => c.jid)).toEqual([bob]);
    await app.contacts.accept(frank);
    expect(app.contacts.requests).toEqual([]);
    expect(app.contacts.shown.map((c) => c.jid)).toEqual([bob, frank]);
  });

  it('are added, renamed and removed through the contract', async () => {
    const { app, inputs } = await start();
    const added = await app.contacts.add('Dora@Example.org', '');
    expect(inputs('contact.add')).toEqual([{ jid: 'Dora@Example.org' }]);
    expect(added.jid).toBe('dora@example.org');
    await app.contacts.rename(added.jid, ' Dora ');
    expect(app.nameOf(added.jid)).toBe('Dora');
    await app.contacts.remove(added.jid);
    expect(app.contacts.get(added.jid)).toBeUndefined();
  });

  it('are found by a jump: starts of names first, then the rest', () => {
    const found = targetsOf('ca', [conversation(bare('africa@x.y'))], [contact(carol, { name: 'Carol' })], i18n.t.rail);
    expect(found.map((f) => f.name)).toEqual(
      ['Carol', 'africa', 'Certificates'].filter((n) => n !== 'Certificates' || found.length > 2),
    );
    expect(targetsOf('set', [], [], i18n.t.rail)[0]).toMatchObject({ kind: 'place', place: 'settings' });
  });
});

describe('what the engine tells', () => {
  it('is read out for those who listen, but not our own words', async () => {
    const { app, engine } = await start();
    engine.emit('message.arrived', message(90, bob, 'Hello Alice'));
    expect(app.announcement).toBe('Bob: Hello Alice');
    engine.emit('message.arrived', message(91, bob, 'my words', { mine: true }));
    expect(app.announcement).toBe('Bob: Hello Alice');
  });

  it('as notices stays until dismissed, one of a kind', async () => {
    const { app, engine } = await start();
    engine.emit('notice', { code: 'bad-bundle', about: bob, at: 1 });
    engine.emit('notice', { code: 'bad-bundle', about: bob, at: 2 });
    expect(app.notices).toHaveLength(1);
    const [first] = app.notices;
    if (first) app.dismiss(first);
    expect(app.notices).toEqual([]);
  });

  it('about the connection is shown as it comes', async () => {
    const { app, engine } = await start();
    engine.emit('account.changed', account({ connection: { kind: 'stopped', code: 'auth-failed' } }));
    expect(app.account?.connection).toEqual({ kind: 'stopped', code: 'auth-failed' });
    expect(app.selected).toBe(bob);
  });

  it('changes the language at once', async () => {
    const { app } = await start();
    await app.set({ language: 'de' });
    await settle();
    await vi.waitFor(() => {
      expect(i18n.t.chat.send).toBe('Senden');
    });
    await app.set({ language: 'en' });
    await settle();
    expect(i18n.t.chat.send).toBe('Send');
  });
});

describe('the client', () => {
  it('throws the code of an error and gives the value of an answer', async () => {
    const api = clientOf(fakeEngine(world({ fails: { 'contact.list': 'vault-locked' } })));
    await expect(api.invoke('contact.list', {})).rejects.toMatchObject({ code: 'vault-locked' });
    await expect(api.invoke('contact.list', {})).rejects.toBeInstanceOf(ContractFailure);
    await expect(api.invoke('account.get', {})).resolves.toMatchObject({ jid: alice });
  });

  it('is faked for every command of the contract, with the contract’s validation', async () => {
    const engine = fakeEngine(world());
    expect(await engine.invoke('no.such', {})).toMatchObject({ ok: false, error: { code: 'unknown-command' } });
    expect(await engine.invoke('message.send', { to: bob })).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    expect(Object.keys(commands).length).toBeGreaterThan(30);
  });
});

it('remembers the widths of panes within their bounds', async () => {
  const keep = memoryKeep({ 'width.list': '9999' });
  const { app } = await start({}, keep);
  expect(app.layout.list).toBe(480);
  app.layout.resize('list', 10);
  expect(app.layout.list).toBe(220);
  expect(keep.kept.get('width.list')).toBe('220');
});
