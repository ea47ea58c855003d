/** The stock @xmpp/client, which knows nothing of protection, talks with the app unprotected. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProsody, type Prosody } from '../../support/prosody.ts';
import { useKeyring, type Keyring } from '../../support/keyring.ts';
import { signIn, startEngine, type TestEngine } from '../../support/engines.ts';

const JULIET = 'juliet@localhost';
let keyring: Keyring;
let prosody: Prosody;
let romeo: TestEngine;
let juliet: ChildProcessWithoutNullStreams;
const told: { message?: { from: string; body: string }; presence?: { from: string; type: string }; online?: string }[] = [];

const until = async <T>(pick: () => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 400; tries += 1) {
    const found = pick();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not told in time: ${JSON.stringify(told)}`);
};

beforeAll(async () => {
  keyring = await useKeyring();
  prosody = await startProsody({ accounts: { romeo: 'montague', juliet: 'capulet' } });
  romeo = await startEngine({ ca: [prosody.ca] });
  await signIn(romeo, prosody, 'romeo', 'montague');
  const service = `xmpps://localhost:${String(prosody.directTlsPort)}`;
  juliet = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../support/xmpp-js-peer.mjs'), service, 'localhost', 'juliet', 'capulet'],
    {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: prosody.caFile },
    },
  );
  createInterface({ input: juliet.stdout }).on('line', (line) => told.push(JSON.parse(line) as (typeof told)[number]));
  await until(() => told.find((t) => t.online !== undefined));
});

afterAll(async () => {
  juliet.stdin.end();
  await romeo.remove();
  await prosody.stop();
  await keyring.stop();
});

describe('with an independent client', () => {
  it('sees presence both ways', async () => {
    const online = romeo.until(
      'contact.changed',
      (c) => c.jid === JULIET && c.presence === 'online' && c.subscription === 'both',
    );
    await romeo.call('contact.add', { jid: JULIET });
    await online;
    expect(
      await until(() => told.find((t) => t.presence?.type === 'available' && t.presence.from.startsWith('romeo@'))),
    ).toBeDefined();
  });

  it('sends nothing unprotected without the explicit act', async () => {
    await expect(romeo.call('message.send', { to: JULIET, body: 'psst', protection: 'unprotected' })).rejects.toMatchObject({
      code: 'protection-required',
    });
    expect((await romeo.call('conversation.get', { jid: JULIET })).protection).toBe('none');
  });

  it('talks unprotected once the user said so, and shows it as such', async () => {
    await romeo.call('conversation.allowUnprotected', { jid: JULIET, allowed: true });
    await romeo.call('message.send', { to: JULIET, body: 'O, she doth teach the torches', protection: 'unprotected' });
    expect(await until(() => told.find((t) => t.message !== undefined))).toMatchObject({
      message: { body: 'O, she doth teach the torches' },
    });
    const arrived = romeo.until('message.arrived', (m) => !m.mine);
    juliet.stdin.write(`${JSON.stringify({ send: { to: 'romeo@localhost', body: 'Good pilgrim' } })}\n`);
    expect(await arrived).toMatchObject({ conversation: JULIET, body: 'Good pilgrim', protection: 'none' });
  });
});
