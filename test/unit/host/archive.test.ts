import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { auditArchive } from '../../../scripts/lib/archive.mjs';

const good = (id: string): string => `{ name="message", id="${id}", "urn:xmpp:eme:0", xmlns="xmpp:sec", name="EncryptedData" }`;
const messages = [
  { originId: 'id-1', body: 'the first text' },
  { originId: 'id-2', body: 'the second text' },
];
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'signet-audit-'));
  mkdirSync(join(dir, 'data/localhost/archive'), { recursive: true });
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});
const server = (archives: Record<string, string[]>, log = '') => ({
  dir,
  readArchive: (user: string) => Promise.resolve(archives[user] ?? []),
  log: () => Promise.resolve(log),
});
const audit = (archives: Record<string, string[]>, log?: string) =>
  auditArchive(server(archives, log), ['alice', 'bob'], messages);

describe('the demo’s judge', () => {
  it('counts what is protected in every archive', async () => {
    const both = [good('id-1'), good('id-2')];
    expect(await audit({ alice: both, bob: both })).toEqual({ protected: 2, readable: 0 });
    expect(await audit({ alice: both, bob: both.slice(1) })).toEqual({ protected: 1, readable: 0 });
  });

  it('does not count a message that is also there unprotected, or only labelled', async () => {
    const both = [good('id-1'), good('id-2')];
    expect(await audit({ alice: [...both, '{ id="id-1", body="x" }'], bob: both })).toEqual({ protected: 1, readable: 0 });
    const labelled = [good('id-1'), good('id-2').replace('EncryptedData', 'body')];
    expect(await audit({ alice: labelled, bob: both })).toEqual({ protected: 1, readable: 0 });
  });

  it('finds a text in any file of the server, and in its log', async () => {
    const both = [good('id-1'), good('id-2')];
    expect(await audit({ alice: both, bob: both }, 'debug: the second text')).toEqual({ protected: 2, readable: 1 });
    writeFileSync(join(dir, 'data/localhost/archive/alice.list'), 'item({ "the first text" })');
    expect(await audit({ alice: both, bob: both })).toEqual({ protected: 2, readable: 1 });
  });
});
