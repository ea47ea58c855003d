/** Builds the page into dist/renderer. The main process has its own configuration. */

import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'src-renderer',
  base: './',
  plugins: [svelte({ configFile: false, compilerOptions: { runes: true }, dynamicCompileOptions: dependencies })],
  build: {
    outDir: '../dist/renderer',
    emptyOutDir: true,
    target: 'chrome130',
    // The polyfill fetches, which `connect-src 'none'` forbids; every Chromium that we run on preloads modules by itself.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
});

/** Libraries choose runes mode by themselves. */
function dependencies({ filename }: { filename: string }): { runes: undefined } | undefined {
  return filename.includes('node_modules') ? { runes: undefined } : undefined;
}
