/** Draws the icons from their SVG sources: `node scripts/icons.mjs` after a change of assets/*.svg. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { prepare } from './lib/bootstrap.mjs';
import { ROOT } from './lib/paths.mjs';

await prepare({ programs: ['chromium'] });
const { chromium } = await import('playwright-core');
const browser = await chromium.launch({
  executablePath: process.env.SIGNET_CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
});
const page = await browser.newPage();

async function draw(source, target, size) {
  const svg = await readFile(join(ROOT, 'assets', source));
  await page.setViewportSize({ width: size, height: size });
  await page.setContent(
    `<style>*{margin:0}img{display:block;width:100vw}</style><img src="data:image/svg+xml;base64,${svg.toString('base64')}">`,
  );
  await page.evaluate('document.images[0].decode()');
  await writeFile(join(ROOT, 'assets', target), await page.screenshot({ omitBackground: true }));
}

for (const size of [16, 32, 48, 64, 128, 256, 512, 1024]) await draw('icon.svg', `icons/${size}x${size}.png`, size);
for (const name of ['tray', 'tray-unread']) {
  await draw(`tray/${name}.svg`, `tray/${name}.png`, 16);
  await draw(`tray/${name}.svg`, `tray/${name}@2x.png`, 32);
}
await browser.close();
