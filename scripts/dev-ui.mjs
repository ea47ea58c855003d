/** `npm run dev:ui`: the gallery of every screen's states, served on loopback, without an engine. */

import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

const server = await createServer({ configFile: fileURLToPath(new URL('../vite.gallery.config.ts', import.meta.url)) });
await server.listen();
const address = server.httpServer?.address();
const port = typeof address === 'object' && address ? address.port : server.config.server.port;
console.log(`The gallery is at http://127.0.0.1:${port}/gallery.html (Ctrl C ends it).`);
