/** `npm run build`: dist/ from the sources, skipped where it is up to date; `-- --force` builds anyway. */

import { prepare } from './lib/bootstrap.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
const built = await build({ force: process.argv.includes('--force') });
if (!built) console.error('dist/ is up to date.');
