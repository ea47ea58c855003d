/**
 * Every bench: each file here exports `bench`, which answers one row or several (types.ts). Files are found by
 * themselves and run one after another, since the machine is what is measured.
 */

import type { Bench, BenchRow } from './types.ts';
import { row } from './types.ts';
import type { ParserBench } from './parser.ts';

interface BenchModule {
  readonly bench?: Bench;
  readonly benchParser?: () => ParserBench;
}

interface Globbing {
  glob(patterns: readonly string[]): Record<string, () => Promise<unknown>>;
}
declare global {
  interface ImportMeta {
    /** Vite's, at build time. */
    readonly glob: Globbing['glob'];
  }
}

const files = import.meta.glob([
  './*.ts',
  '!./index.ts',
  '!./types.ts',
  '!./stage.ts',
  '!./measure.ts',
  '!./rooms-mls.ts',
]) as Record<string, () => Promise<BenchModule>>;

function parserRows(measured: ParserBench): readonly BenchRow[] {
  const us = (n: number): string => `${n.toFixed(0)} µs`;
  return [
    row(
      'strict parser, elements built, to bare saxes',
      'x',
      measured.ratio,
      2,
      `${us(measured.oursUs)} to ${us(measured.saxesUs)} a pass`,
    ),
    row('dripped 1 MiB to 64 KiB', 'x', measured.dripped, 20, 'writes of 1 octet; linear is 16'),
  ];
}

/** @param only part of a file's name; everything where undefined */
export async function runBenches(only: string | undefined, onRow: (row: BenchRow) => void): Promise<readonly BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [file, load] of Object.entries(files).sort(([a], [b]) => a.localeCompare(b))) {
    if (only !== undefined && !file.includes(only)) continue;
    const { bench, benchParser } = await load();
    const measured = await (bench?.() ?? (benchParser === undefined ? [] : parserRows(benchParser())));
    for (const r of Array.isArray(measured) ? (measured as readonly BenchRow[]) : [measured as BenchRow]) {
      rows.push(r);
      onRow(r);
    }
  }
  return rows;
}
