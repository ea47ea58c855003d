/** Vectors of the sections that later issues build; each is named in the table as not run. */
import { it } from 'vitest';
import { suite, type VectorSuite } from '../support/vectors.ts';

const later: Record<string, VectorSuite> = {
  'main-mode': suite('protocol', 'main-mode'),
  passphrase: suite('protocol', 'passphrase'),
};

for (const [part, vectors] of Object.entries(later))
  it(`${part}: later issue`, () => {
    for (const c of vectors.json<{ cases: { name?: string }[] }>(`${part}.json`).cases.entries())
      vectors.notRun(c[1].name ?? c[0], 'later issue');
  });
