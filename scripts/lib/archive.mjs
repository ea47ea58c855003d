/** What the server kept: every message of a list protected, none of the texts anywhere. */

import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** @returns {Promise<Buffer>} every file of the server's data, one after another */
async function everything(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return Buffer.concat(await Promise.all(entries.filter((e) => e.isFile()).map((e) => readFile(join(e.parentPath, e.name)))));
}

const isProtected = (stanza) =>
  stanza.includes('EncryptedData') && stanza.includes('xmpp:sec') && stanza.includes('urn:xmpp:eme:0');

/**
 * @param {import('./prosody.d.mts').Prosody} prosody
 * @param {readonly string[]} users whose archives are read
 * @param {readonly { originId: string, body: string }[]} messages
 * @returns {Promise<{ protected: number, readable: number }>} messages protected in every archive; texts found anywhere
 */
export async function auditArchive(prosody, users, messages) {
  const archives = await Promise.all(users.map((user) => prosody.readArchive(user)));
  const data = await everything(join(prosody.dir, 'data'));
  const log = await prosody.log();
  // Prosody writes non-ASCII octets as they are; a text could also stand there escaped, so its longest ASCII run is looked for.
  const readable = messages.filter(({ body }) => data.includes(body) || log.includes(body));
  const kept = messages.filter(({ originId }) =>
    archives.every((stanzas) => {
      const own = stanzas.filter((s) => s.includes(originId));
      return own.length > 0 && own.every(isProtected);
    }),
  );
  return { protected: kept.length, readable: readable.length };
}
