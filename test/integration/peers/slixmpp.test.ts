/** slixmpp (Python), which knows nothing of protection, talks with the app unprotected over STARTTLS, with receipts. */

import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startProsody, type Prosody } from '../../support/prosody.ts';
import { useKeyring, type Keyring } from '../../support/keyring.ts';
import { signIn, startEngine, type TestEngine } from '../../support/engines.ts';

const JULIET = 'juliet@localhost';
const script = join(import.meta.dirname, '../../support/slixmpp-peer.py');
let keyring: Keyring;
let prosody: Prosody;
let romeo: TestEngine;
let juliet: ChildProcessWithoutNullStreams;

interface Told {
  readonly online?: string;
  readonly presence?: { readonly from: string; readonly type: string };
  readonly message?: { readonly from: string; readonly body: string; readonly id: string };
  readonly receipt?: { readonly from: string; readonly id: string };
}
const told: Told[] = [];
let faults = '';

const until = async <T>(pick: (one: Told) => T | undefined): Promise<T> => {
  for (let tries = 0; tries < 400; tries += 1) {
    for (const one of told) {
      const found = pick(one);
      if (found !== undefined) return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`not told in time: ${JSON.stringify(told)} ${faults}`);
};

beforeAll(async () => {
  keyring = await useKeyring();
  prosody = await startProsody({ accounts: { romeo: 'montague', juliet: 'capulet' } });
  romeo = await startEngine({ ca: [prosody.ca] });
  await signIn(romeo, prosody, 'romeo', 'montague');
  juliet = spawn('/usr/bin/python3', [script, String(prosody.port), prosody.caFile, JULIET, 'capulet']);
  juliet.stderr.on('data', (data: Buffer) => (faults += data.toString()));
  createInterface({ input: juliet.stdout }).on('line', (line) => told.push(JSON.parse(line) as Told));
  await until((t) => t.online);
});

afterAll(async () => {
  juliet.kill('SIGKILL');
  await romeo.remove();
  await prosody.stop();
  await keyring.stop();
});

describe('with slixmpp', () => {
  it('sees presence both ways', async () => {
    const seen = romeo.until('contact.changed', (c) => c.jid === JULIET && c.presence === 'online' && c.subscription === 'both');
    await romeo.call('contact.add', { jid: JULIET });
    await seen;
    expect(await until((t) => (t.presence?.from.startsWith('romeo@') === true ? t.presence.type : undefined))).toBe('available');
  });

  it('sends unprotected once the user said so, and gets the receipt', async () => {
    await romeo.call('conversation.allowUnprotected', { jid: JULIET, allowed: true });
    const received = romeo.until('message.changed', (m) => m.state?.kind === 'received');
    const sent = await romeo.call('message.send', {
      to: JULIET,
      body: 'With love’s light wings & <b>',
      protection: 'unprotected',
    });
    expect(await until((t) => t.message)).toMatchObject({ body: 'With love’s light wings & <b>', id: sent.originId });
    expect(await received).toMatchObject({ id: sent.id, protection: 'none' });
  });

  it('receives what she writes, shows it unprotected, and gives the receipt', async () => {
    const arrived = romeo.until('message.arrived', (m) => !m.mine);
    juliet.stdin.write(`${JSON.stringify({ send: { to: 'romeo@localhost', body: 'By whose direction?' } })}\n`);
    const message = await arrived;
    expect(message).toMatchObject({ conversation: JULIET, body: 'By whose direction?', protection: 'none' });
    expect(message.warn).toBeUndefined();
    expect(await until((t) => t.receipt?.id)).toBe(message.originId);
  });
});
