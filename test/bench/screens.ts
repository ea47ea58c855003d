/// <reference lib="dom" />
/** From Enter on one screen to the text on the other: two pages in two Chromiums over two engines. */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import { openChromiumHost } from '../../src-main/host/chromium/open.ts';
import { ROOT } from '../../scripts/lib/paths.mjs';
import { befriend, percentile, personOf, setStage } from './stage.ts';
import { row, type BenchRow } from './types.ts';

const MESSAGES = 60;
const WARM_UP = 10;
const DEMOS = 5;

/** Resolves, in the page, with the time (this machine's clock) of the frame after the text appeared. */
function shownAt(page: Page, text: string): Promise<number> {
  return page.evaluate(
    (wanted) =>
      new Promise<number>((resolve) => {
        const look = (): boolean => {
          const found = [...document.querySelectorAll('[data-testid="message"]')]
            .slice(-3)
            .some((e) => e.textContent.includes(wanted));
          if (found)
            requestAnimationFrame(() => {
              resolve(Date.now());
            });
          return found;
        };
        if (look()) return;
        const observer = new MutationObserver(() => {
          if (look()) observer.disconnect();
        });
        observer.observe(document.body, { subtree: true, childList: true, characterData: true });
      }),
    text,
  );
}

async function openConversation(page: Page, jid: string): Promise<void> {
  const row = page.locator(`[data-testid="conversation"][data-jid="${jid}"]`);
  if ((await row.count()) > 0) await row.click();
  else {
    await page.getByTestId('rail-contacts').click();
    await page.locator(`[data-testid="contact"][data-jid="${jid}"]`).click();
  }
  await page.getByTestId('composer').waitFor();
}

async function enterToShown(from: Page, to: Page, text: string): Promise<number> {
  const composer = from.getByTestId('composer');
  await composer.fill(text);
  const shown = shownAt(to, text);
  const pressed = await composer.evaluate((element) => {
    const began = Date.now();
    element.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', code: 'Enter', bubbles: true, cancelable: true }));
    return began;
  });
  return (await shown) - pressed;
}

async function demoFirst(): Promise<{ readonly firstMs: number; readonly protectedAll: boolean }> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(ROOT, 'scripts', 'start.mjs'), '--demo', '--once'], {
    cwd: ROOT,
    maxBuffer: 1 << 24,
  });
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { firstMs: number; received: number; protected: string };
  return { firstMs: report.firstMs, protectedAll: report.received === 40 && report.protected === 'session' };
}

export async function bench(): Promise<readonly BenchRow[]> {
  const stage = await setStage();
  const demos: Awaited<ReturnType<typeof demoFirst>>[] = [];
  const times: number[] = [];
  try {
    const people = await Promise.all(
      ['carla', 'dirk'].map(async (user) => {
        const { jid, password } = await stage.account(user);
        const host = await openChromiumHost({ profile: join(stage.dir, user), ca: [stage.prosody.ca] });
        const person = personOf(jid, host.engine);
        await person.invoke('account.signIn', { jid, password, server: stage.server(), remember: true, allowPlain: false });
        return { jid, host, person };
      }),
    );
    const [carla, dirk] = people;
    if (carla === undefined || dirk === undefined) throw new Error('two people are needed');
    try {
      await befriend(carla.person, dirk.person);
      await Promise.all([openConversation(carla.host.page, dirk.jid), openConversation(dirk.host.page, carla.jid)]);
      for (let i = 0; i < WARM_UP + MESSAGES; i += 1) {
        const [from, to] = i % 2 === 0 ? [carla, dirk] : [dirk, carla];
        const ms = await enterToShown(from.host.page, to.host.page, `text ${String(i)} ${Math.random().toString(36).slice(2)}`);
        if (i >= WARM_UP) times.push(ms);
      }
    } finally {
      await Promise.all(people.map(({ host }) => host.close()));
    }
  } finally {
    await stage.end();
  }
  for (let i = 0; i < DEMOS; i += 1) demos.push(await demoFirst());
  const firsts = demos.map((d) => d.firstMs);
  const whole = demos.filter((d) => d.protectedAll).length;
  return [
    row(
      'message, Enter to the other screen, p95',
      'ms',
      percentile(times, 0.95),
      60,
      `p50 ${percentile(times, 0.5).toFixed(0)} ms, ${String(times.length)} messages`,
    ),
    row(
      'first message of a fresh demo, median of 5',
      'ms',
      percentile(firsts, 0.5),
      400,
      firsts.map((ms) => ms.toFixed(0)).join(', '),
    ),
    row('demos with 40 of 40 protected', 'x', whole, DEMOS, `${String(whole)} of ${String(DEMOS)}`, true),
  ];
}
