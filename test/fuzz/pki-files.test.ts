/** Every reader of certificate files on octets that are nearly right: it reads, or refuses with a code, and soon. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseBareJid } from '../../src-main/jid/jid.ts';
import { PkiError } from '../../src-main/pki/errors.ts';
import { readBer } from '../../src-main/pki/files/ber.ts';
import { readPem, writePem } from '../../src-main/pki/files/pem.ts';
import { readFile } from '../../src-main/pki/files/read-file.ts';
import { writePkcs7 } from '../../src-main/pki/files/write-pkcs7.ts';
import { makeRequest, makeSelfSigned } from '../../src-main/pki/make.ts';
import { newKey } from '../../src-main/pki/signing.ts';
import { summarise } from '../../src-main/pki/summary.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import { pause } from '../support/pki-files.ts';
import { DATA } from '../support/vectors-accounts.ts';

const jid = parseBareJid('alice@a.example');
const key = newKey('P-256');
const [certificate = new Uint8Array()] = makeSelfSigned({
  jid,
  now: Date.UTC(2026, 8, 21),
  random: systemRandom,
  privateKey: key,
}).chain;
const pkcs12 = (name: string): Buffer => readFileSync(path.join(DATA, 'pkcs12', `${name}.p12`));
const pem = Buffer.from(
  writePem('CERTIFICATE', certificate) +
    String(key.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' })),
);

/** Seeds, with their passwords. Those with few rounds, since each run may derive keys. */
const SEEDS: Readonly<Record<string, readonly [Uint8Array, string | undefined]>> = {
  'PKCS#12': [pkcs12('made-openssl3-iter1'), 'secret'],
  'PKCS#12 without encryption': [pkcs12('pyca-name-2-3-no-pwd'), undefined],
  'PKCS#12 of an interop test': [pkcs12('santuario-EC-P256_SHA256WithECDSA'), 'passwd'],
  'PKCS#7': [writePkcs7([certificate, certificate]), undefined],
  certificate: [certificate, undefined],
  request: [makeRequest(jid, key), undefined],
  'PKCS#8': [key.export({ format: 'der', type: 'pkcs8' }), undefined],
  PEM: [pem, 'secret'],
};

type Mutation = readonly [kind: 'set' | 'cut' | 'repeat' | 'number', place: number, value: number];
const mutations = fc.array(
  fc.tuple(
    fc.constantFrom('set' as const, 'cut' as const, 'repeat' as const, 'number' as const),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat({ max: 255 }),
  ),
  { minLength: 1, maxLength: 4 },
);

function mutate(seed: Uint8Array, all: readonly Mutation[]): Buffer {
  let octets = Buffer.from(seed);
  for (const [kind, place, value] of all) {
    const at = Math.min(Math.floor(place * octets.length), Math.max(0, octets.length - 1));
    if (kind === 'set') octets.fill(value, at, at + 1);
    else if (kind === 'cut') octets = Buffer.concat([octets.subarray(0, at), octets.subarray(at + (value % 16))]);
    else if (kind === 'repeat') octets = Buffer.concat([octets.subarray(0, at + value), octets.subarray(at)]);
    else octets.fill(Buffer.from('02047fffffff', 'hex'), at, Math.min(octets.length, at + 6));
  }
  return octets;
}

async function readsOrRefuses(octets: Uint8Array, password: string | undefined): Promise<void> {
  try {
    const { found } = await readFile(octets, { password, pause });
    for (const one of found) if (one.kind === 'certificate') readsSummary(one.der);
  } catch (error) {
    expect(error).toBeInstanceOf(PkiError);
  }
}

function readsSummary(der: Uint8Array): void {
  try {
    expect(summarise(der).fp).toHaveLength(64);
  } catch (error) {
    expect(error).toBeInstanceOf(PkiError);
  }
}

describe('reads or refuses with a code', () => {
  it.each(Object.entries(SEEDS))('%s, mutated', async (_, [seed, password]) => {
    await fc.assert(
      fc.asyncProperty(mutations, (all) => readsOrRefuses(mutate(seed, all), password)),
      { numRuns: 300 },
    );
  });

  it.each(Object.entries(SEEDS))('%s, cut off anywhere', async (_, [seed, password]) => {
    const step = Math.max(1, Math.floor(seed.length / 60));
    for (let length = 0; length < seed.length; length += step) await readsOrRefuses(seed.subarray(0, length), password);
  });

  it('any octets, behind any beginning', async () => {
    const beginnings = fc.constantFrom(
      '',
      '30',
      '3080',
      '308203e8020103',
      '3082010006092a864886f70d010702a0',
      '2d2d2d2d2d424547494e20',
    );
    await fc.assert(
      fc.asyncProperty(beginnings, fc.uint8Array({ maxLength: 300 }), (head, tail) =>
        readsOrRefuses(Buffer.concat([Buffer.from(head, 'hex'), tail]), 'secret'),
      ),
      { numRuns: 1000 },
    );
  });

  it('any text between the lines of PEM', () => {
    const label = fc.constantFrom('CERTIFICATE', 'PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'X509 CRL');
    fc.assert(
      fc.property(label, fc.string(), (name, text) => {
        try {
          readPem(`-----BEGIN ${name}-----\n${text}\n-----END ${name}-----\n`);
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError);
        }
      }),
    );
  });

  it('what is BER is read to its last octet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        try {
          expect(Buffer.compare(readBer(octets).raw, octets)).toBe(0);
        } catch (error) {
          expect(error).toBeInstanceOf(PkiError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
