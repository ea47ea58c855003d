/** A profile put back from a backup: its chains are not used again, and the conversation goes on (protocol 6.5). */

import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEngine } from '../../support/engines.ts';
import { A, B, bodies, online, say, startAgain, startPair, stood, type Pair } from '../../support/pair.ts';

let pair: Pair;
let backup: string;
let device: string;

beforeAll(async () => {
  pair = await startPair();
  await say(pair.alice, B, 'before the backup', pair.bob);
  device = (await pair.alice.call('account.get', {}))?.device ?? '';
  backup = await mkdtemp(join(tmpdir(), 'signet-backup-'));
});

afterAll(async () => {
  await pair.stop();
  await rm(backup, { recursive: true, force: true });
});

describe('a profile from a backup', () => {
  it('is noticed: the device has a new name', async () => {
    const { prosody } = pair;
    const { profile } = pair.alice;
    await pair.alice.stop();
    await cp(profile, backup, { recursive: true });
    pair.alice = await startAgain(pair.alice, prosody);
    expect((await pair.alice.call('account.get', {}))?.device).toBe(device);
    await say(pair.alice, B, 'after the backup', pair.bob);
    await pair.alice.stop();

    await rm(profile, { recursive: true });
    await cp(backup, profile, { recursive: true });
    pair.alice = await startEngine({ ca: [prosody.ca], profile });
    await online(pair.alice);
    expect(await pair.alice.call('app.notices', {})).toMatchObject([{ code: 'store-restored' }]);
    expect((await pair.alice.call('account.get', {}))?.device).not.toBe(device);
    expect(await bodies(pair.alice, B, true)).toEqual(['before the backup']);
  });

  it('goes on talking, over a new association', async () => {
    const { alice, bob } = pair;
    expect(await say(alice, B, 'I am back', bob)).toMatchObject({ protection: 'session' });
    expect(stood(alice)).toBeGreaterThan(0);
    expect(await say(bob, A, 'Good', alice)).toMatchObject({ protection: 'session' });
    expect(await bodies(bob, A, false)).toEqual(['before the backup', 'after the backup', 'I am back']);
  });

  it('is noticed once', async () => {
    const { device: now } = (await pair.alice.call('account.get', {})) ?? {};
    pair.alice = await startAgain(pair.alice, pair.prosody);
    expect(await pair.alice.call('app.notices', {})).toEqual([]);
    expect((await pair.alice.call('account.get', {}))?.device).toBe(now);
  });
});
