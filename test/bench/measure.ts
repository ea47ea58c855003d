/** CPU of one run of each side, in microseconds: rounds alternate, and the least of each side counts, so that noise does not. */
export interface Side {
  readonly name: string;
  readonly run: (i: number) => unknown;
}

export function compareCpu(sides: readonly Side[], runs: number, rounds = 7): Readonly<Record<string, number>> {
  const best = new Map<string, number>();
  for (const { run } of sides) for (let i = 0; i < Math.min(runs, 300); i++) run(i);
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of sides) {
      const before = process.cpuUsage();
      for (let i = 0; i < runs; i++) run(i);
      const { user, system } = process.cpuUsage(before);
      best.set(name, Math.min(best.get(name) ?? Infinity, (user + system) / runs));
    }
  }
  return Object.fromEntries(best);
}
