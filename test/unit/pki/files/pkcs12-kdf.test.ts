import { describe, expect, it } from 'vitest';
import { Allowance } from '../../../../src-main/pki/files/limits.ts';
import { spell } from '../../../../src-main/pki/files/passwords.ts';
import { pkcs12Kdf, type KdfHash } from '../../../../src-main/pki/files/pkcs12-kdf.ts';
import { mustRun } from '../../../support/openssl.ts';
import { pause } from '../../../support/pki-files.ts';

const derive = (hash: KdfHash, password: Uint8Array, salt: Uint8Array, iterations: number, id: 1 | 2 | 3, length: number) =>
  pkcs12Kdf({ hash, password, salt, iterations }, id, length, new Allowance(), pause);

/** Password, salt, rounds, purpose, octets: the vectors of the PKCS#12 test programs that everybody checks against. */
const VECTORS = [
  ['smeg', '0a58cf64530d823f', 1, 1, '8aaae6297b6cb04642ab5b077851284eb7128f1a2a7fbca3'],
  ['smeg', '0a58cf64530d823f', 1, 2, '79993dfe048d3b76'],
  ['smeg', '3d83c0e4546ac140', 1, 3, '8d967d88f6caa9d714800ab3d48051d63f73a312'],
  ['queeg', '05dec959acff72f7', 1000, 1, 'ed2034e36328830ff09df1e1a07dd357185dac0d4f9eb3d4'],
  ['queeg', '05dec959acff72f7', 1000, 2, '11dedad7758d4860'],
  ['queeg', '263216fcc2fab31c', 1000, 3, '5ec4c7a80df652294c3925b6489a7ab857c83476'],
] as const;

describe('the key derivation of PKCS#12', () => {
  it.each(VECTORS)('%s, salt %s, %i rounds, purpose %i', async (password, salt, iterations, id, expected) => {
    const octets = await derive('sha1', spell(password).bmp, Buffer.from(salt, 'hex'), iterations, id, expected.length / 2);
    expect(Buffer.from(octets).toString('hex')).toBe(expected);
  });

  it.each(['sha1', 'sha224', 'sha256', 'sha384', 'sha512'] as const)('gives what OpenSSL gives, with %s', async (hash) => {
    for (const [password, salt, rounds, id, length] of [
      ['päßwörd', 'ab'.repeat(8), 3, 1, 100],
      ['p'.repeat(70), 'cd'.repeat(33), 2048, 3, 64],
      ['', 'ef'.repeat(64), 7, 2, 8],
    ] as const) {
      const { bmp } = spell(password);
      const ours = await derive(hash, bmp, Buffer.from(salt, 'hex'), rounds, id, length);
      expect(Buffer.from(ours).toString('hex')).toBe(openssl(hash, bmp, salt, rounds, id, length));
    }
  });

  it('tells no password from an empty one', async () => {
    const salt = Buffer.from('0011223344556677', 'hex');
    const [none, empty] = [new Uint8Array(), spell('').bmp];
    expect(empty).toHaveLength(2);
    expect(await derive('sha1', none, salt, 1, 1, 20)).not.toEqual(await derive('sha1', empty, salt, 1, 1, 20));
  });

  it('spends what the file is allowed before it begins', async () => {
    const began = performance.now();
    await expect(derive('sha256', spell('x').bmp, new Uint8Array(8), 1_000_000_000, 3, 32)).rejects.toMatchObject({
      code: 'too-costly',
    });
    await expect(derive('sha256', spell('x').bmp, new Uint8Array(8), 0, 3, 32)).rejects.toMatchObject({ code: 'damaged' });
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('lets others have their turn in a long derivation', async () => {
    let turns = 0;
    const count = (): Promise<void> => {
      turns += 1;
      return Promise.resolve();
    };
    await pkcs12Kdf(
      { hash: 'sha1', password: spell('x').bmp, salt: new Uint8Array(8), iterations: 50_000 },
      3,
      20,
      new Allowance(),
      count,
    );
    expect(turns).toBe(2);
  });
});

function openssl(hash: string, bmp: Uint8Array, salt: string, rounds: number, id: number, length: number): string {
  const options = [
    `digest:${hash}`,
    `hexpass:${Buffer.from(bmp).toString('hex')}`,
    `hexsalt:${salt}`,
    `iter:${String(rounds)}`,
    `id:${String(id)}`,
  ];
  const args = ['kdf', '-keylen', String(length), ...options.flatMap((option) => ['-kdfopt', option]), 'PKCS12KDF'];
  return mustRun('openssl', args, '.').replaceAll(/[:\s]/g, '').toLowerCase();
}
