/** Vitest's global set-up of the vector ring: gives the suites a folder for their counts and prints the table at the end. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { PROTOCOL_PARTS, indexCounts, type Counts } from './vectors-accounts.ts';

export default function setup(project: TestProject): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'signet-vectors-'));
  project.provide('vectorResults', folder);
  return () => {
    const results = readdirSync(folder).map((file) => JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Counts);
    rmSync(folder, { recursive: true });
    if (results.length > 0) process.stdout.write(`${table(results)}\n`);
  };
}

/** `suite: run / refused by our profile / not run = total`, one line a suite. */
export function table(results: readonly Counts[]): string {
  const index = indexCounts();
  const lines = ['', 'suite: run / refused by our profile / not run = total (INDEX.md)'];
  for (const suite of [...new Set(results.map((r) => r.suite))].sort()) {
    const parts = results.filter((r) => r.suite === suite);
    const add = (pick: (r: Counts) => number) => parts.reduce((sum, r) => sum + pick(r), 0);
    const ran = add((r) => r.ran);
    const refused = add((r) => r.refused);
    const notRun = add((r) => Object.keys(r.notRun).length);
    const extra = add((r) => r.extra);
    const missing = suite === 'protocol' ? PROTOCOL_PARTS.filter((p) => !parts.some((r) => r.part === p)) : [];
    lines.push(
      `${suite}: ${String(ran)} / ${String(refused)} / ${String(notRun)} = ${String(ran + refused + notRun)} (${String(index.get(suite))})` +
        (extra > 0 ? `, and ${String(extra)} uncounted` : '') +
        (missing.length > 0 ? `, without ${missing.join(', ')}` : ''),
    );
    const why = new Map<string, string[]>();
    for (const [id, reason] of parts.flatMap((r) =>
      Object.entries(r.notRun).map(([i, w]) => [`${r.part}${r.part ? '/' : ''}${i}`, w] as const),
    ))
      why.set(reason, [...(why.get(reason) ?? []), id]);
    for (const [reason, ids] of why) lines.push(`  not run, ${reason}: ${ids.join(', ')}`);
  }
  return lines.join('\n');
}
