/**
 * `npm run screenshots [-- scene…]`: pictures of the gallery in light and dark at three sizes, into out/screenshots/.
 * The page is served from memory on a reserved origin under the product's own content security policy; what the page
 * complains about (policy, errors) fails the run.
 */

import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { openGallery } from './gallery-browser.mjs';

const sizes = [
  { name: '1100', width: 1100, height: 760 },
  { name: '800', width: 800, height: 700 },
  { name: '420', width: 420, height: 760 },
];
const out = fileURLToPath(new URL('../out/screenshots/', import.meta.url));
await mkdir(out, { recursive: true });

const wanted = process.argv.slice(2);
const gallery = await openGallery();
let made = 0;
try {
  const ids = wanted.length > 0 ? wanted : await gallery.scenes();
  for (const theme of ['light', 'dark']) {
    for (const size of sizes) {
      const page = await gallery.page({ width: size.width, height: size.height }, theme);
      for (const id of ids) {
        await gallery.show(page, id, { theme });
        await page.screenshot({ path: `${out}${id}-${theme}-${size.name}.png` });
        made += 1;
      }
      await page.context().close();
    }
  }
} finally {
  await gallery.close();
}
console.log(`${String(made)} screenshots in out/screenshots/`);
if (gallery.complaints.length > 0) {
  console.error(`The page complained:\n${gallery.complaints.join('\n')}`);
  process.exitCode = 1;
}
