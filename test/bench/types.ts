/** One line of `npm run bench`: what was measured, against which bar. */
export interface BenchRow {
  readonly name: string;
  readonly value: number;
  /** The value may be at most this (or at least, where `atLeast`). */
  readonly bar: number;
  readonly atLeast?: boolean;
  /** Of value and bar: `x` for a ratio. */
  readonly unit: 'x' | 'ms' | 'MiB' | 'KiB' | 'of 40' | 'exp';
  readonly ok: boolean;
  /** Both sides: ours and what it is compared with. */
  readonly detail: string;
}

export type Bench = () => BenchRow | readonly BenchRow[] | Promise<BenchRow | readonly BenchRow[]>;

const round = (n: number): number => Math.round(n * 100) / 100;

/** A row whose verdict follows from value and bar. */
export function row(name: string, unit: BenchRow['unit'], value: number, bar: number, detail: string, atLeast = false): BenchRow {
  const ok = Number.isFinite(value) && (atLeast ? value >= bar : value <= bar);
  return { name, value: round(value), bar, ...(atLeast ? { atLeast } : {}), unit, ok, detail };
}
