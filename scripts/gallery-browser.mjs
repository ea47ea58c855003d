/** The built gallery in a real Chromium, under the product's content security policy: for screenshots and for axe. */

import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { build } from 'vite';

const ORIGIN = 'https://gallery.signet.invalid';
export const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
};

/**
 * Builds the gallery and opens a browser on it.
 * @param {{ executablePath?: string }} [options]
 */
export async function openGallery({ executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium' } = {}) {
  const root = new URL('../', import.meta.url);
  await build({ configFile: fileURLToPath(new URL('vite.gallery.config.ts', root)), logLevel: 'error' });
  const browser = await chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
  /** @type {string[]} */
  const complaints = [];

  return {
    complaints,
    /**
     * @param {{ width: number, height: number }} viewport
     * @param {'light' | 'dark'} colorScheme
     * @param {import('playwright-core').BrowserContextOptions} [options]
     */
    async page(viewport, colorScheme, options = {}) {
      const context = await browser.newContext({
        viewport,
        colorScheme,
        reducedMotion: 'reduce',
        serviceWorkers: 'block',
        ...options,
      });
      await context.route('**/*', async (route) => {
        const url = new URL(route.request().url());
        if (url.origin !== ORIGIN) return route.abort('blockedbyclient');
        const file = new URL(`out/gallery${url.pathname}`, root);
        try {
          const body = await readFile(file);
          const headers = {
            'content-security-policy': CSP,
            'content-type': types[extname(file.pathname)] ?? 'application/octet-stream',
          };
          return await route.fulfill({ status: 200, headers, body });
        } catch {
          return route.fulfill({ status: 404, body: '' });
        }
      });
      const page = await context.newPage();
      page.on('console', (message) => {
        // The browser asks for an icon that a page served from memory has not.
        if (['error', 'warning'].includes(message.type()) && !message.location().url.endsWith('favicon.ico')) {
          complaints.push(`${page.url()}: ${message.text()}`);
        }
      });
      page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
      return page;
    },
    /** Ids of all scenes. */
    async scenes() {
      const page = await this.page({ width: 800, height: 600 }, 'light');
      await page.goto(`${ORIGIN}/gallery.html`);
      await page.waitForSelector('html[data-ready]');
      const ids = await page.locator('[data-scene]').evaluateAll((links) => links.map((a) => a.getAttribute('data-scene') ?? ''));
      await page.context().close();
      return ids;
    },
    /**
     * @param {import('playwright-core').Page} page
     * @param {string} id
     * @param {Record<string, string>} [query]
     */
    async show(page, id, query = {}) {
      await page.goto(`${ORIGIN}/gallery.html?${new URLSearchParams({ scene: id, ...query }).toString()}`);
      await page.waitForSelector(`html[data-ready="${id}"]`);
      await page.waitForTimeout(120);
    },
    close: () => browser.close(),
  };
}
