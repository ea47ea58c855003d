import { defineConfig } from 'vitest/config';

/** Four rings: pure code, published vectors, real servers and stores, a real browser. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/fuzz/**/*.test.ts'], testTimeout: 30_000 } },
      {
        test: {
          name: 'vectors',
          include: ['test/vectors/**/*.test.ts'],
          testTimeout: 120_000,
          globalSetup: ['test/support/vectors-setup.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
