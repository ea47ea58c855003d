/**
 * `npm run fuzz -- [--ms 60000] [--seed N] [name]`: every target of test/fuzz. A target's file exports functions
 * `fuzz…(seed, milliseconds)` that answer `{ runs }` or throw with what repeats the failure.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, stop } from './lib/bootstrap.mjs';
import { ROOT } from './lib/paths.mjs';

const { values, positionals } = parseArgs({
  options: { ms: { type: 'string', default: '60000' }, seed: { type: 'string' } },
  allowPositionals: true,
});
const ms = Number(values.ms);
const seed = Number(values.seed ?? Date.now() % 2 ** 32);
if (!(ms > 0) || !Number.isSafeInteger(seed)) stop('usage: npm run fuzz -- [--ms 60000] [--seed N] [name]', 2);
await prepare();
const { runTypeScript } = await import('./lib/run-typescript.mjs');

let failed = 0;
for (const file of readdirSync(join(ROOT, 'test', 'fuzz')).sort()) {
  if (!file.endsWith('.ts') || file.endsWith('.test.ts') || !file.includes(positionals[0] ?? '')) continue;
  const module = await runTypeScript(`test/fuzz/${file}`);
  for (const [name, target] of Object.entries(module)) {
    if (!name.startsWith('fuzz') || typeof target !== 'function') continue;
    try {
      const { runs } = await target(seed, ms);
      console.log(`${name}: ${runs} runs, no failure (seed ${seed})`);
    } catch (error) {
      failed += 1;
      console.log(`${name}: FAILED (seed ${seed})`, error);
    }
  }
}
process.exit(failed === 0 ? 0 : 1);
