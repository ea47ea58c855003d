/** The gallery in a real Chromium under the product's content security policy: accessibility, keyboard, layout, speed. */

import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openGallery } from '../../scripts/gallery-browser.mjs';

type Gallery = Awaited<ReturnType<typeof openGallery>>;
let gallery: Gallery;
let ids: readonly string[];

beforeAll(async () => {
  gallery = await openGallery();
  ids = await gallery.scenes();
});
afterAll(async () => {
  await gallery.close();
});

const wide = { width: 1100, height: 760 };

async function withPage<T>(act: (page: Page) => Promise<T>, viewport = wide, theme: 'light' | 'dark' = 'light'): Promise<T> {
  const page = await gallery.page(viewport, theme);
  try {
    return await act(page);
  } finally {
    await page.context().close();
  }
}

describe('every scene', () => {
  const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

  async function axe(theme: 'light' | 'dark'): Promise<readonly string[]> {
    return withPage(
      async (page) => {
        const found: string[] = [];
        for (const id of ids) {
          await gallery.show(page, id, { theme });
          const builder = new AxeBuilder({ page });
          // Structure does not change with the theme; colours do.
          const result = await (theme === 'light' ? builder.withTags(rules) : builder.withRules(['color-contrast'])).analyze();
          for (const v of result.violations) found.push(`${id}: ${v.id}: ${v.nodes.map((n) => n.target.join(' ')).join(' | ')}`);
        }
        return found;
      },
      wide,
      theme,
    );
  }

  it('has nothing that axe finds (WCAG 2.2 A and AA)', { timeout: 600_000 }, async () => {
    expect(await axe('light')).toEqual([]);
  });

  it('has its contrast in the dark too', { timeout: 600_000 }, async () => {
    expect(await axe('dark')).toEqual([]);
  });

  it('runs off the page at no width, down to 320 px (which 200 % zoom makes of 640)', { timeout: 600_000 }, async () => {
    const over = await withPage(async (page) => {
      const found: string[] = [];
      for (const id of ids) {
        await page.setViewportSize(wide);
        await gallery.show(page, id);
        for (const width of [1100, 420, 320]) {
          await page.setViewportSize({ width, height: 700 });
          const by = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          if (by > 0) found.push(`${id} at ${String(width)}: ${String(by)} px`);
        }
      }
      return found;
    });
    expect(over).toEqual([]);
  });
});

describe('by keyboard', () => {
  it('jumps with Ctrl K, walks with Alt and arrows, and gives the focus back', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'main');
      await page.getByTestId('composer').focus();
      await page.keyboard.press('Control+k');
      await page.getByTestId('jump-field').fill('carol');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[data-testid=chat][data-jid="carol@example.net"]');
      expect(await page.getByTestId('composer').evaluate((e) => e === document.activeElement)).toBe(true);
      await page.keyboard.press('Alt+ArrowUp');
      await page.waitForSelector('[data-testid=chat][data-jid="bob@example.org"]');
      await page.keyboard.press('Control+/');
      await page.waitForSelector('[data-testid=dialog][data-kind=shortcuts]');
      await page.keyboard.press('Escape');
      await page.waitForSelector('[data-testid=dialog]', { state: 'detached' });
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-testid') === 'composer');
    });
  });

  it('opens and closes the search in a chat', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'main');
      await page.keyboard.press('Control+f');
      await page.getByTestId('chat-search').fill('jacket');
      await page.waitForSelector('.message.found');
      await page.keyboard.press('Escape');
      await page.waitForSelector('[data-testid=chat-search]', { state: 'detached' });
    });
  });

  it('moves within ten thousand conversations, of which only a screenful is in the page', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'many');
      expect(await page.getByTestId('conversation').count()).toBeLessThan(40);
      await page.locator('[data-testid=conversation][tabindex="0"]').focus();
      await page.keyboard.press('ArrowDown');
      await page.waitForFunction(() => document.activeElement?.getAttribute('data-jid') === 'person00001@example.org');
      await page.keyboard.press('End');
      await page.waitForFunction(() => Number(document.activeElement?.closest('li')?.getAttribute('aria-posinset')) >= 100);
    });
  });

  it('resizes the list', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'main');
      const list = page.locator('#list-pane');
      const before = (await list.boundingBox())?.width ?? 0;
      await page.getByTestId('splitter-list').focus();
      await page.keyboard.press('ArrowRight');
      expect(((await list.boundingBox())?.width ?? 0) - before).toBe(16);
    });
  });
});

describe('writing', () => {
  it('shows the message at once, then sent and received, at the end of the log', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'main');
      await page.getByTestId('composer').fill('A new line at the end');
      await page.keyboard.press('Enter');
      const mine = page.getByTestId('message').filter({ hasText: 'A new line at the end' });
      await mine.waitFor();
      await page.waitForFunction(
        () => [...document.querySelectorAll('[data-testid=message]')].at(-1)?.getAttribute('data-state') === 'received',
      );
      expect(await page.getByTestId('composer').inputValue()).toBe('');
      const [box, log] = [await mine.boundingBox(), await page.getByTestId('log').boundingBox()];
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThanOrEqual((log?.y ?? 0) + (log?.height ?? 0) + 1);
    });
  });

  it('asks before it goes unprotected, and says so afterwards', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'state-none');
      await page.getByTestId('composer').fill('In the clear');
      await page.keyboard.press('Enter');
      await page.getByTestId('unprotected-confirm').click();
      const mine = page.getByTestId('message').filter({ hasText: 'In the clear' });
      await mine.waitFor();
      expect(await mine.getAttribute('data-protection')).toBe('none');
      expect(await mine.textContent()).toContain('Not protected');
      await page.getByTestId('composer-plain').waitFor();
    });
  });
});

describe('a hundred thousand messages', () => {
  it('open at the end, page upwards in place, and come back down', async () => {
    await withPage(async (page) => {
      await gallery.show(page, 'huge');
      await page.getByText('Message 100000', { exact: false }).waitFor();
      expect(await page.getByTestId('message').count()).toBeLessThan(40);
      const log = page.getByTestId('log');
      for (let i = 0; i < 6; i += 1) {
        await log.evaluate((e) => {
          e.scrollTop = 0;
        });
        await page.waitForTimeout(120);
      }
      const first = await page.getByTestId('message').first().getAttribute('data-id');
      expect(Number(first)).toBeLessThan(99_900);
      await page.getByTestId('to-bottom').click();
      await page.getByText('Message 100000', { exact: false }).waitFor();
    });
  });

  it('open within 100 ms at p95', async () => {
    const times = await withPage(async (page) => {
      await gallery.show(page, 'huge-two');
      const taken: number[] = [];
      for (let i = 0; i < 30; i += 1) {
        const jid = i % 2 === 0 ? 'carol@example.net' : 'bob@example.org';
        taken.push(
          await page.evaluate(async (to) => {
            const row = document.querySelector<HTMLElement>(`[data-testid=conversation][data-jid="${to}"]`);
            const began = performance.now();
            row?.click();
            for (;;) {
              const shown = document.querySelector(`[data-testid=chat][data-jid="${to}"] [data-testid=message]`);
              if (shown && shown.getBoundingClientRect().height > 0) return performance.now() - began;
              await new Promise((resolve) => requestAnimationFrame(resolve));
            }
          }, jid),
        );
      }
      return taken.sort((a, b) => a - b);
    });
    expect(times[Math.ceil(times.length * 0.95) - 1]).toBeLessThanOrEqual(100);
  });
});

it('the page complained about nothing: no policy violation, no error', () => {
  expect(gallery.complaints).toEqual([]);
});
