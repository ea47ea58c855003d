import { expect, it } from 'vitest';
import { fuzzXml } from './xml-parser.ts';

it('the XML parser survives three seconds of hostile octets', () => {
  const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
  const milliseconds = Number(process.env['FUZZ_MS'] ?? 3000);
  process.stdout.write(`xml fuzz: FUZZ_SEED=${String(seed)}\n`);
  const { runs, ends } = fuzzXml(seed, milliseconds);
  expect(runs).toBeGreaterThan(100);
  // It got past the first checks: both good streams and each kind of error were met.
  for (const end of ['whole', 'unfinished', 'restricted-xml', 'not-well-formed', 'stray-text', 'invalid-utf8'])
    expect(ends).toHaveProperty([end]);
});
