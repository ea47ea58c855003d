/** Two people, two windows, one server: everything that they do, they do on the screen. */

import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openChromiumHost, type ChromiumHost } from '../../src-main/host/chromium/open.ts';
import { startProsody, type Prosody } from '../support/prosody.ts';
import { useKeyring, type Keyring } from '../support/keyring.ts';

const SHOTS = process.env['SIGNET_SHOTS'];
let keyring: Keyring;
let prosody: Prosody;
let dir: string;
let alice: ChromiumHost;
let bob: ChromiumHost;

const shot = async (page: Page, name: string): Promise<void> => {
  if (SHOTS === undefined) return;
  await mkdir(SHOTS, { recursive: true });
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
};
const text = (page: Page, body: string): Locator => page.locator('[data-testid="message"]', { hasText: body });

async function signInOnScreen(page: Page, user: string, password: string, create: boolean): Promise<void> {
  await page.getByTestId('sign-in').waitFor();
  if (create) await page.getByTestId('signin-toggle').click();
  await page.getByTestId('signin-jid').fill(`${user}@localhost`);
  await page.getByTestId('signin-password').fill(password);
  await page.getByTestId('signin-more').click();
  await page.getByTestId('signin-host').fill('127.0.0.1');
  await page.getByTestId('signin-port').fill(String(prosody.directTlsPort));
  await page.getByTestId('signin-tls').selectOption('direct');
  await page.getByTestId('signin-submit').click();
}

beforeAll(async () => {
  keyring = await useKeyring();
  prosody = await startProsody({ accounts: { alice: 'correct apple' } });
  dir = await mkdtemp(join(tmpdir(), 'signet-e2e-'));
  const open = (name: string) => openChromiumHost({ profile: join(dir, name), ca: [prosody.ca] });
  [alice, bob] = await Promise.all([open('alice'), open('bob')]);
});

afterAll(async () => {
  await Promise.all([alice.close(), bob.close()]);
  await prosody.stop();
  await keyring.stop();
  await rm(dir, { recursive: true, force: true, maxRetries: 5 });
});

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return;
  await shot(alice.page, 'failed-alice');
  await shot(bob.page, 'failed-bob');
});

describe('two people', () => {
  it('a wrong password gets a sentence, and nothing is kept', async () => {
    await signInOnScreen(alice.page, 'alice', 'wrong', false);
    await alice.page.getByTestId('problem').waitFor();
    expect(await alice.page.getByTestId('problem').textContent()).toContain('password');
    await shot(alice.page, 'wrong-password');
  });

  it('one signs in, the other makes an account', async () => {
    await alice.page.getByTestId('signin-password').fill('correct apple');
    await alice.page.getByTestId('signin-submit').click();
    await alice.page.getByTestId('rail-chats').waitFor();
    await signInOnScreen(bob.page, 'bob', 'correct banana', true);
    await bob.page.getByTestId('rail-chats').waitFor();
    await shot(bob.page, 'new-account');
  });

  it('they become contacts: asked on one screen, accepted on the other', async () => {
    await alice.page.getByTestId('rail-contacts').click();
    await alice.page.getByTestId('add-contact').first().click();
    await alice.page.getByTestId('add-contact-jid').fill('bob@localhost');
    await alice.page.getByTestId('add-contact-name').fill('Bob');
    await alice.page.getByTestId('add-contact-submit').click();
    await bob.page.getByTestId('rail-contacts').click();
    await bob.page.getByTestId('contact-request').waitFor();
    await shot(bob.page, 'request');
    await bob.page.getByTestId('contact-accept').click();
    await bob.page.locator('[data-testid="contact"][data-jid="alice@localhost"]').waitFor();
  });

  it('what one writes the other reads, protected', async () => {
    await shot(alice.page, 'contact-added');
    const composer = alice.page.getByTestId('composer');
    await composer.fill('Shall we meet at noon?');
    await composer.press('Enter');
    const row = bob.page.locator('[data-testid="conversation"][data-jid="alice@localhost"]');
    await bob.page.getByTestId('rail-chats').click();
    await row.waitFor();
    await shot(bob.page, 'unread');
    await row.click();
    await text(bob.page, 'Shall we meet at noon?').waitFor();
    const mine = text(alice.page, 'Shall we meet at noon?');
    await alice.page.locator('[data-testid="message"][data-state="received"]').waitFor();
    expect(await mine.getAttribute('data-protection')).toBe('session');
    expect(await alice.page.getByTestId('protection-pill').getAttribute('data-state')).toBe('session');
  });

  it('typing shows', async () => {
    await bob.page.getByTestId('composer').pressSequentially('Ye');
    await alice.page.getByTestId('typing').waitFor();
    await shot(alice.page, 'typing');
    await bob.page.getByTestId('composer').fill('Yes');
    await bob.page.getByTestId('composer').press('Enter');
    await text(alice.page, 'Yes').waitFor();
  });

  it('the panel says who, which key and how it is known; comparing makes it verified', async () => {
    const { page } = alice;
    await page.getByTestId('protection-pill').click();
    await page.getByTestId('protection-panel').waitFor();
    await shot(page, 'panel');
    expect(await page.getByTestId('protection-panel').textContent()).toContain('X25519');
    await page.getByTestId('compare').first().click();
    await page.getByTestId('compare-match').waitFor();
    await shot(page, 'compare');
    await page.getByTestId('compare-match').click();
    await page.locator('[data-testid="protection-pill"][data-state="verified"]').waitFor();
    await shot(page, 'verified');
  });

  it('without the server a message waits, and goes by itself when it is back', async () => {
    await prosody.kill();
    await alice.page.getByTestId('composer').fill('Written offline');
    await alice.page.getByTestId('composer').press('Enter');
    await text(alice.page, 'Written offline').waitFor();
    await shot(alice.page, 'offline');
    expect(await text(alice.page, 'Written offline').getAttribute('data-state')).toMatch(/queued|sending/);
    await prosody.restart();
    await text(bob.page, 'Written offline').waitFor({ timeout: 60_000 });
    expect(await text(bob.page, 'Written offline').count()).toBe(1);
  });

  it('after a restart of the app everything is where it was', async () => {
    await alice.close();
    alice = await openChromiumHost({ profile: join(dir, 'alice'), ca: [prosody.ca] });
    const row = alice.page.locator('[data-testid="conversation"][data-jid="bob@localhost"]');
    await row.click();
    await text(alice.page, 'Shall we meet at noon?').waitFor();
    await text(alice.page, 'Written offline').waitFor();
    await alice.page.locator('[data-testid="protection-pill"][data-state="verified"]').waitFor();
    await alice.page.getByTestId('composer').fill('And again protected');
    await alice.page.getByTestId('composer').press('Enter');
    await text(bob.page, 'And again protected').waitFor();
  });

  it('in German and in the dark', async () => {
    await alice.page.getByTestId('rail-settings').click();
    await alice.page.getByTestId('theme-dark').click();
    await alice.page.getByTestId('language').selectOption('de');
    await alice.page.getByText('Einstellungen').first().waitFor();
    await shot(alice.page, 'settings-de-dark');
    await alice.page.getByTestId('rail-chats').click();
    await shot(alice.page, 'chat-de-dark');
  });
});
