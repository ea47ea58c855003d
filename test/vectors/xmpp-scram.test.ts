import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { saslprep } from '../../src-main/xmpp/sasl/saslprep.ts';
import { scramClient, type ScramHash } from '../../src-main/xmpp/sasl/scram.ts';
import { DATA } from '../support/vectors-accounts.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly label: string;
  readonly digest: 'SHA-1' | 'SHA-256' | 'SHA-512';
  readonly user: string;
  readonly pass: string;
  readonly skipSASLprep: boolean;
  readonly clientNonce: string;
  readonly steps: readonly string[];
}

const vectors = suite('xmpp-scram');
const files = (folder: string) => readdirSync(path.join(DATA, 'xmpp-scram', folder)).map((name) => `${folder}/${name}`);

function conversation(file: string) {
  const c = vectors.json<Case>(file);
  const prepare = (text: string) => (c.skipSASLprep ? text : saslprep(text));
  const hash = c.digest.replace('-', '').toLowerCase() as ScramHash;
  const [first = '', serverFirst = '', clientFinal = '', serverFinal = ''] = c.steps;
  return {
    client: scramClient(hash, prepare(c.user), prepare(c.pass), c.clientNonce),
    first,
    serverFirst,
    clientFinal,
    serverFinal,
  };
}

describe('SCRAM conversations (xdg-go/scram, RFC 5802, RFC 7677)', () => {
  it.each(files('good'))('%s: every step is equal and the server proves itself', async (file) => {
    const { client, first, serverFirst, clientFinal, serverFinal } = conversation(file);
    expect(client.first).toBe(first);
    expect(await client.answer(serverFirst)).toBe(clientFinal);
    expect(() => {
      client.verify(serverFinal);
    }).not.toThrow();
    vectors.ran(file);
  });

  it.each(files('bad-server'))('%s: the client refuses the last message', async (file) => {
    const { client, serverFirst, clientFinal, serverFinal } = conversation(file);
    expect(await client.answer(serverFirst)).toBe(clientFinal);
    expect(() => {
      client.verify(serverFinal);
    }).toThrow('server-proof');
    vectors.ran(file);
  });

  it.each(files('bad-client'))('%s: the proof is not the one we compute, and a refusal is told apart', async (file) => {
    const { client, serverFirst, clientFinal, serverFinal } = conversation(file);
    expect(await client.answer(serverFirst)).not.toBe(clientFinal);
    expect(() => {
      client.verify(serverFinal);
    }).toThrow('auth-failed');
    vectors.ran(file);
  });
});
