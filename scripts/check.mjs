/** `npm run check`: types, lint, format, import rules and cycles, unused code; one line each, all of them run. `-- lint`: only that one. */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from './lib/bootstrap.mjs';
import { ROOT } from './lib/paths.mjs';

await prepare();

const bin = (name) => join(ROOT, 'node_modules', '.bin', name);
const renderer = ['src-renderer/tsconfig.json', 'tsconfig.renderer.json'].find((file) => existsSync(join(ROOT, file)));
const CHECKS = [
  ['types', 'tsc', ['-p', '.', '--noEmit']],
  [
    'types of the page',
    'svelte-check',
    ['--fail-on-warnings', '--output', 'human', ...(renderer === undefined ? [] : ['--tsconfig', renderer])],
  ],
  ['lint', 'eslint', ['.', '--max-warnings', '0']],
  ['format', 'prettier', ['--check', '--log-level', 'warn', '.']],
  [
    'import rules and cycles',
    'depcruise',
    [
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err-long',
      'src-main',
      'src-shared',
      'src-renderer',
      'test',
      'scripts',
    ],
  ],
  ['unused code', 'knip', ['--no-progress']],
];

/** @returns {Promise<{ code: number, output: string }>} */
function run(command, args) {
  const child = spawn(bin(command), args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
    shell: process.platform === 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: 1, output: error.message }));
    child.once('exit', (code) => resolve({ code: code ?? 1, output }));
  });
}

const only = process.argv[2];
let failed = 0;
for (const [name, command, args] of CHECKS.filter(([n, c]) => only === undefined || n.startsWith(only) || c === only)) {
  const started = performance.now();
  const { code, output } = await run(command, args);
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  if (code === 0) continue;
  failed += 1;
  console.log(output.trim());
}
process.exit(failed === 0 ? 0 : 1);
