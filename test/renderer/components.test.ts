/** Components as a person meets them: by role and by word. */

import { cleanup, fireEvent, render, screen, within } from '@testing-library/svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';
import Composer from '../../src-renderer/components/Composer.svelte';
import ConnectionBanner from '../../src-renderer/components/ConnectionBanner.svelte';
import Fingerprint from '../../src-renderer/components/Fingerprint.svelte';
import MessageRow from '../../src-renderer/components/MessageRow.svelte';
import ProtectionPanel from '../../src-renderer/components/ProtectionPanel.svelte';
import ProtectionPill from '../../src-renderer/components/ProtectionPill.svelte';
import Settings from '../../src-renderer/screens/Settings.svelte';
import SignIn from '../../src-renderer/screens/SignIn.svelte';
import Vault from '../../src-renderer/screens/Vault.svelte';
import {
  account,
  bob,
  contact,
  conversation,
  credential,
  fpOf,
  message,
  NOW,
  protection,
} from '../../src-renderer/gallery/world.ts';
import type { Message, ProtectionState, ProtectionView } from '../../src-shared/models.ts';
import { settle, start } from './support.ts';

afterEach(cleanup);

const states: readonly ProtectionState[] = ['verified', 'session', 'sealed', 'waiting', 'look', 'stopped', 'none'];

describe('the pill', () => {
  it.each(states)('says %s in words, not in colour alone', (state) => {
    const onclick = vi.fn();
    render(ProtectionPill, { state, name: 'Bob', onclick });
    const pill = screen.getByTestId('protection-pill');
    expect(pill.getAttribute('data-state')).toBe(state);
    expect(pill.textContent.trim().length).toBeGreaterThan(5);
    expect(pill.querySelector('svg')).not.toBeNull();
    pill.click();
    expect(onclick).toHaveBeenCalledOnce();
  });
});

describe('a message', () => {
  const acts = { onretry: vi.fn(), ondiscard: vi.fn(), onprotection: vi.fn() };
  const show = (change: Partial<Message>, state: ProtectionState = 'session') =>
    render(MessageRow, { message: message(1, bob, 'Hello', change), name: 'Bob', state, first: true, last: true, ...acts });

  it('carries what tests and people look for', () => {
    show({ mine: true, state: { kind: 'received' } });
    const row = screen.getByTestId('message');
    expect(row.dataset).toMatchObject({ originId: 'origin-1', state: 'received', protection: 'session' });
    expect(within(row).getByText('Received')).toBeTruthy();
  });

  it('shows text as text, whatever it looks like', () => {
    show({ body: '<img src=x onerror=alert(1)><b>bold</b>' });
    expect(screen.getByTestId('message-body').textContent).toBe('<img src=x onerror=alert(1)><b>bold</b>');
    expect(document.querySelector('img')).toBeNull();
  });

  it('says that it was not protected, and what that means where protection was expected', () => {
    show({ protection: 'none', warn: 'unprotected' });
    expect(screen.getByRole('button', { name: 'Not protected' })).toBeTruthy();
    expect(screen.getByText(/came unprotected/)).toBeTruthy();
  });

  it('stays visible when it cannot be read, says why and that it is being repaired', () => {
    show({ body: '', protection: 'unreadable', unreadable: 'unknown-key' });
    expect(screen.getByText('This message cannot be read')).toBeTruthy();
    expect(screen.getByText(/a key that is not here/)).toBeTruthy();
    expect(screen.getByTestId('repairing')).toBeTruthy();
  });

  it('offers another try when it failed', async () => {
    show({ mine: true, state: { kind: 'failed', code: 'message-rejected' } });
    expect(screen.getByText(/did not deliver/)).toBeTruthy();
    await fireEvent.click(screen.getByTestId('message-retry'));
    await fireEvent.click(screen.getByTestId('message-discard'));
    expect(acts.onretry).toHaveBeenCalledOnce();
    expect(acts.ondiscard).toHaveBeenCalledOnce();
  });

  it('says what it waits for', () => {
    show({ mine: true, protection: 'waiting', state: { kind: 'queued', waits: 'device' } }, 'waiting');
    expect(screen.getByTestId('message-waits').textContent).toContain('Waits for a device of Bob’s');
  });
});

async function bobChat(state: ProtectionState, view: Partial<ProtectionView> = {}) {
  const started = await start({
    contacts: [contact(bob, { name: 'Bob' })],
    conversations: [conversation(bob, { name: 'Bob', protection: state })],
    messages: {},
    protection: { [bob]: protection(bob, state, view) },
  });
  const { chat } = started.app;
  if (!chat) throw new Error('no chat');
  return { ...started, chat };
}

describe('the composer', () => {
  it('sends with Enter and makes a line with Shift Enter', async () => {
    const { chat, inputs } = await bobChat('session');
    const onsent = vi.fn();
    render(Composer, { chat, name: 'Bob', onask: vi.fn(), onsent });
    const field = screen.getByTestId('composer');
    await fireEvent.input(field, { target: { value: 'Hello' } });
    await fireEvent.keyDown(field, { key: 'Enter', shiftKey: true });
    await fireEvent.keyDown(field, { key: 'Enter', isComposing: true });
    expect(inputs('message.send')).toEqual([]);
    await fireEvent.keyDown(field, { key: 'Enter' });
    await settle();
    expect(inputs('message.send')).toEqual([{ to: bob, body: 'Hello', protection: 'protected' }]);
    expect(onsent).toHaveBeenCalledOnce();
  });

  it('asks before the first unprotected message', async () => {
    const { chat, inputs } = await bobChat('none', { credentials: [], devices: [] });
    const onask = vi.fn();
    render(Composer, { chat, name: 'Bob', onask, onsent: vi.fn() });
    await fireEvent.input(screen.getByTestId('composer'), { target: { value: 'Hello' } });
    await fireEvent.click(screen.getByTestId('send'));
    await settle();
    expect(onask).toHaveBeenCalledOnce();
    expect(inputs('message.send')).toEqual([]);
  });

  it('looks different while messages go unprotected, and leads back', async () => {
    const { chat, inputs } = await bobChat('none', { credentials: [], devices: [], unprotectedAllowed: true });
    render(Composer, { chat, name: 'Bob', onask: vi.fn(), onsent: vi.fn() });
    expect(screen.getByTestId('composer-plain').textContent).toContain('Not protected');
    expect(screen.getByRole('button', { name: 'Send unprotected' })).toBeTruthy();
    await fireEvent.click(screen.getByTestId('protect-again'));
    await settle();
    expect(inputs('conversation.allowUnprotected')).toEqual([{ jid: bob, allowed: false }]);
    expect(screen.queryByTestId('composer-plain')).toBeNull();
  });
});

describe('the protection panel', () => {
  it('shows who, how known, algorithms, since when and the fingerprint, and opens Compare', async () => {
    const { app, chat } = await bobChat('session');
    render(ProtectionPanel, { app, chat, name: 'Bob', state: 'session' });
    const card = screen.getByTestId('credential');
    for (const word of ['Who', 'How we know', 'Algorithms', 'Known since', 'Fingerprint'])
      expect(within(card).getByText(word)).toBeTruthy();
    expect(within(card).getByText(/X25519/)).toBeTruthy();
    expect(within(card).getAllByRole('listitem')).toHaveLength(8);
    await fireEvent.click(within(card).getByTestId('compare'));
    expect(app.dialog).toEqual({ kind: 'compare', jid: bob, fp: fpOf(bob) });
  });

  it('asks for a decision about a new key before anything else', async () => {
    const { app, chat } = await bobChat('look', {
      credentials: [credential(bob), credential('new', { verdict: 'changed', why: 'met-later' })],
    });
    render(ProtectionPanel, { app, chat, name: 'Bob', state: 'look' });
    expect(screen.getAllByTestId('credential')[0]?.dataset['verdict']).toBe('changed');
    await fireEvent.click(screen.getByTestId('decide'));
    expect(app.dialog).toEqual({ kind: 'decide', jid: bob, fp: fpOf('new') });
  });
});

it('the groups of a new fingerprint that differ from the old one are marked', () => {
  render(Fingerprint, { fp: fpOf('a'), against: fpOf('a') });
  expect(document.querySelectorAll('.differs')).toHaveLength(0);
  cleanup();
  render(Fingerprint, { fp: fpOf('a'), against: fpOf('b') });
  expect(document.querySelectorAll('.differs').length).toBeGreaterThan(6);
});

describe('the connection', () => {
  it('counts down and connects now', async () => {
    const { app, inputs } = await start({
      account: account({ connection: { kind: 'waiting', retryAt: NOW + 3_600_000, reason: 'connect-timeout' } }),
    });
    render(ConnectionBanner, { app });
    expect(screen.getByText(/Next try in [\d,]+ seconds/)).toBeTruthy();
    await fireEvent.click(screen.getByTestId('connect-now'));
    await settle();
    expect(inputs('account.reconnect')).toHaveLength(1);
  });

  it('that stopped for a wrong password asks for it', async () => {
    const { app } = await start({ account: account({ connection: { kind: 'stopped', code: 'auth-failed' } }) });
    render(ConnectionBanner, { app });
    await fireEvent.click(screen.getByTestId('sign-in-again'));
    expect(app.dialog?.kind).toBe('sign-in-again');
  });
});

describe('signing in', () => {
  it('names what is wrong with a field, at the field', async () => {
    const { app } = await start({ account: null });
    render(SignIn, { app });
    await fireEvent.click(screen.getByTestId('signin-submit'));
    const field = screen.getByTestId('signin-jid');
    expect(field.getAttribute('aria-invalid')).toBe('true');
    const described = document.getElementById(field.getAttribute('aria-describedby') ?? '');
    expect(described?.textContent).toContain('name@example.org');
  });

  it('creates an account with the same fields', async () => {
    const { app, inputs } = await start({ account: null });
    render(SignIn, { app });
    await fireEvent.click(screen.getByTestId('signin-toggle'));
    await fireEvent.input(screen.getByTestId('signin-jid'), { target: { value: 'new@example.org' } });
    await fireEvent.input(screen.getByTestId('signin-password'), { target: { value: 'secret' } });
    await fireEvent.click(screen.getByTestId('signin-submit'));
    await settle();
    expect(inputs('account.register')).toEqual([{ jid: 'new@example.org', password: 'secret', remember: true }]);
    expect(app.phase).toBe('main');
  });
});

describe('the vault', () => {
  it.each([
    ['keychain-locked', true, true],
    ['keychain-locked', false, true],
    ['keychain-absent', true, true],
    ['keychain-emptied', false, true],
  ] as const)('%s (passphrase: %s) has a way back', async (kind, passphrase, retry) => {
    const { app } = await start({ vault: { kind, passphrase } });
    render(Vault, { app, vault: { kind, passphrase } });
    expect(screen.queryByTestId('passphrase') !== null).toBe(passphrase);
    expect(screen.queryByTestId('vault-retry') !== null).toBe(retry);
    expect(screen.getByTestId('start-afresh')).toBeTruthy();
  });

  it('gives three different answers', async () => {
    const titles = new Set<string>();
    for (const kind of ['keychain-locked', 'keychain-absent', 'keychain-emptied'] as const) {
      const { app } = await start({ vault: { kind, passphrase: true } });
      render(Vault, { app, vault: { kind, passphrase: true } });
      titles.add(screen.getByRole('heading').textContent);
      cleanup();
    }
    expect(titles.size).toBe(3);
  });
});

it('settings are the engine’s: a switch moves when the engine says so', async () => {
  const { app, engine, inputs } = await start();
  render(Settings, { app });
  await fireEvent.click(screen.getByTestId('require-protection'));
  await settle();
  expect(inputs('settings.set')).toEqual([{ requireProtection: true }]);
  expect(app.settings.requireProtection).toBe(true);
  engine.world.fails = { 'settings.set': 'internal' };
  await fireEvent.click(screen.getByTestId('send-typing'));
  await settle();
  expect(app.settings.sendTyping).toBe(true);
  expect(app.notices[0]?.code).toBe('internal');
});
