/** The built page, held in memory: what is not in the table does not exist. */

import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { dirname, extname, join, relative, sep } from 'node:path';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wav': 'audio/wav',
  '.mp3': 'audio/mpeg',
};

export interface PageFile {
  readonly type: string;
  readonly body: Buffer;
}

/** Path from the root, such as `/assets/index.js`, to file; `/` is the page itself. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** `dist/renderer` of the package that `from` lies in, whether it runs from source, from dist or from the archive. */
export function rendererDir(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package.json'))) return join(dir, 'dist', 'renderer');
    if (dir === dirname(dir)) throw new Error('The built page is missing: run npm run build.');
  }
}

/** @throws Error with a sentence where the page has not been built */
export async function readPageFiles(dir: string): Promise<PageFiles> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
    throw new Error('The built page is missing: run npm run build.', { cause });
  });
  const files = new Map<string, PageFile>();
  await Promise.all(
    entries.map(async (entry) => {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) return;
      const path = join(entry.parentPath, entry.name);
      files.set(`/${relative(dir, path).split(sep).join('/')}`, { type, body: await readFile(path) });
    }),
  );
  const index = files.get('/index.html');
  if (index === undefined) throw new Error('The built page is missing: run npm run build.');
  files.set('/', index);
  return files;
}
