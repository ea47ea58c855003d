/** Builds or serves the gallery; nothing of it is in the product. */

import { defineConfig, mergeConfig } from 'vite';
import page from './vite.config.ts';

export default mergeConfig(
  page,
  defineConfig({
    build: { outDir: '../out/gallery', rolldownOptions: { input: 'src-renderer/gallery.html' } },
    server: { host: '127.0.0.1' },
  }),
);
