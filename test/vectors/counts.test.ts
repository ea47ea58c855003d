import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { DATA, PROTOCOL_PARTS, SUITES, expectedCount, indexCounts } from '../support/vectors-accounts.ts';

const manifest = readFileSync(path.join(DATA, 'MANIFEST.tsv'), 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => line.split('\t'));
const shared = path.resolve(import.meta.dirname, '../../../shared/vectors');
const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(DATA, path.join(entry.parentPath, entry.name)))
    .sort();

describe('the copied vectors', () => {
  it('are the files of MANIFEST.tsv, octet for octet, and no others', () => {
    const copied = SUITES.flatMap((suite) => files(path.join(DATA, suite))).sort();
    expect(copied).toEqual(manifest.map(([, , file]) => file).sort());
    for (const [digest, , file] of manifest) expect(sha256(path.join(DATA, file ?? '')), file).toBe(digest);
  });

  it.runIf(existsSync(shared))('equal shared/vectors where that is present', () => {
    for (const [, , file = ''] of manifest) expect(sha256(path.join(shared, file)), file).toBe(sha256(path.join(DATA, file)));
    for (const suite of SUITES)
      expect(files(path.join(DATA, suite)).length, suite).toBe(
        readdirSync(path.join(shared, suite), { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).length,
      );
  });

  it('have SOURCE.md each, and as many cases as INDEX.md says', () => {
    for (const suite of SUITES) expect(existsSync(path.join(DATA, suite, 'SOURCE.md')), suite).toBe(true);
    expect(PROTOCOL_PARTS.reduce((sum, part) => sum + expectedCount('protocol', part), 0)).toBe(indexCounts().get('protocol'));
    const parts = files(path.join(DATA, 'protocol')).filter((f) => f.endsWith('.json'));
    expect(parts).toEqual(PROTOCOL_PARTS.map((p) => `protocol/${p}.json`).sort());
  });

  it('are each opened by a test file', () => {
    const sources = readdirSync(import.meta.dirname)
      .filter((f) => f.endsWith('.test.ts'))
      .map((f) => readFileSync(path.join(import.meta.dirname, f), 'utf8'))
      .join('\n');
    const opened = (name: string, part?: string) =>
      sources.includes(part === undefined ? `suite('${name}')` : `suite('${name}', '${part}')`);
    const unopened = [
      ...SUITES.filter((s) => s !== 'protocol' && !opened(s)),
      ...PROTOCOL_PARTS.filter((p) => !opened('protocol', p)).map((p) => `protocol ${p}`),
    ];
    expect(unopened).toEqual([]);
  });
});
