/** `npm run headless -- --profile DIR [--ca FILE]`: the engine without a page; stdout carries the contract and nothing else. */

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare } from './lib/bootstrap.mjs';
import { DIST } from './lib/paths.mjs';

await prepare();
const { build } = await import('./lib/build.mjs');
await build();
await import(pathToFileURL(join(DIST, 'main', 'headless.js')).href);
