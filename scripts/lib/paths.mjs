import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';

/** The folder of the clone. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const DIST = join(ROOT, 'dist');
export const OUT = join(ROOT, 'out');
