/** Files that mean harm, or are only broken: refused at once, with a code that says what is wrong; never a crash. */

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseBareJid } from '../../../../src-main/jid/jid.ts';
import { der, integer, NULL, objectId, Tag } from '../../../../src-main/pki/der.ts';
import { Allowance, MAX_FILE_OCTETS, MAX_ITEMS } from '../../../../src-main/pki/files/limits.ts';
import { writePem } from '../../../../src-main/pki/files/pem.ts';
import { readFile } from '../../../../src-main/pki/files/read-file.ts';
import { writePkcs7 } from '../../../../src-main/pki/files/write-pkcs7.ts';
import { makeSelfSigned } from '../../../../src-main/pki/make.ts';
import { systemRandom } from '../../../../src-main/security/crypto/random.ts';
import { pause } from '../../../support/pki-files.ts';

const read = (octets: Uint8Array | string, password?: string) => readFile(Buffer.from(octets as string), { password, pause });
const refuses = (octets: Uint8Array | string, code: string, password?: string) =>
  expect(read(octets, password)).rejects.toMatchObject({ name: 'PkiError', code });

const explicit = (value: Uint8Array) => der(0xa0, value);
const DATA = objectId('1.2.840.113549.1.7.1');
const data = (octets: Uint8Array) => der(Tag.sequence, DATA, explicit(der(Tag.octetString, octets)));
const big = (n: bigint) => der(Tag.integer, Buffer.from(n.toString(16).padStart(16, '0'), 'hex'));
const bags = (...all: Uint8Array[]) => der(Tag.sequence, ...all);
const bag = (kind: number, value: Uint8Array) =>
  der(Tag.sequence, objectId(`1.2.840.113549.1.12.10.1.${String(kind)}`), explicit(value));
const pfx = (safes: Uint8Array, macData?: Uint8Array) =>
  der(Tag.sequence, integer(3), data(safes), ...(macData === undefined ? [] : [macData]));
const pfxOfBags = (...all: Uint8Array[]) => pfx(der(Tag.sequence, data(bags(...all))));
const mac = (iterations: Uint8Array) =>
  der(
    Tag.sequence,
    der(Tag.sequence, der(Tag.sequence, objectId('2.16.840.1.101.3.4.2.1'), NULL), der(Tag.octetString, randomBytes(32))),
    der(Tag.octetString, randomBytes(8)),
    iterations,
  );
const pbes2 = (derivation: Uint8Array) =>
  der(
    Tag.sequence,
    objectId('1.2.840.113549.1.5.13'),
    der(Tag.sequence, derivation, der(Tag.sequence, objectId('2.16.840.1.101.3.4.1.42'), der(Tag.octetString, randomBytes(16)))),
  );
const pbkdf2 = (iterations: Uint8Array) =>
  der(Tag.sequence, objectId('1.2.840.113549.1.5.12'), der(Tag.sequence, der(Tag.octetString, randomBytes(8)), iterations));
const scrypt = (n: number, r: number, p: number) =>
  der(
    Tag.sequence,
    objectId('1.3.6.1.4.1.11591.4.11'),
    der(Tag.sequence, der(Tag.octetString, randomBytes(8)), integer(n), integer(r), integer(p)),
  );
const shrouded = (algorithm: Uint8Array) => bag(2, der(Tag.sequence, algorithm, der(Tag.octetString, randomBytes(64))));
const lockedKey = (algorithm: Uint8Array) => der(Tag.sequence, algorithm, der(Tag.octetString, randomBytes(64)));

const [certificate = new Uint8Array()] = makeSelfSigned({
  jid: parseBareJid('alice@a.example'),
  now: Date.UTC(2026, 8, 21),
  random: systemRandom,
}).chain;

/** The time that `work` took, in milliseconds. */
async function timed(work: Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work;
  return performance.now() - began;
}

describe('what a file may cost', () => {
  it.each([
    ['a MAC of 10^9 rounds', pfx(bags(), mac(integer(1_000_000_000)))],
    ['a MAC of 2^63 - 1 rounds', pfx(bags(), mac(big(0x7fffffffffffffffn)))],
    ['a key of 10^9 rounds', pfxOfBags(shrouded(pbes2(pbkdf2(integer(1_000_000_000)))))],
    ['scrypt with gigabytes', pfxOfBags(shrouded(pbes2(scrypt(2 ** 22, 8, 1))))],
    ['scrypt with a thousand lanes', pfxOfBags(shrouded(pbes2(scrypt(2 ** 14, 8, 1000))))],
    ['an encrypted key of 10^9 rounds', lockedKey(pbes2(pbkdf2(integer(1_000_000_000))))],
    ['the same as PEM', Buffer.from(writePem('ENCRYPTED PRIVATE KEY', lockedKey(pbes2(pbkdf2(integer(1_000_000_000))))))],
  ])('%s is refused in under a second', async (_, file) => {
    expect(await timed(refuses(file, 'too-costly', 'secret'))).toBeLessThan(1000);
  });

  it('many keys that ask for a little each come to too much together', () => {
    const tooCostly = expect.objectContaining({ code: 'too-costly' });
    const allowance = new Allowance();
    for (let key = 0; key < 20; key++) allowance.spend(1_000_000, 1);
    expect(() => {
      allowance.spend(1, 1);
    }).toThrow(tooCostly);
    for (let key = 0; key < 16; key++) allowance.spendScrypt(2 ** 17, 8, 1);
    expect(() => {
      allowance.spendScrypt(2, 1, 1);
    }).toThrow(tooCostly);
  });

  it('no rounds, a negative number of them and odd costs are damage', async () => {
    await refuses(pfx(bags(), mac(integer(0))), 'damaged', 'x');
    await refuses(pfx(bags(), mac(der(Tag.integer, Uint8Array.of(0xff)))), 'damaged', 'x');
    await refuses(pfxOfBags(shrouded(pbes2(scrypt(1000, 8, 1)))), 'damaged', 'x');
    await refuses(pfxOfBags(shrouded(pbes2(scrypt(1, 8, 1)))), 'damaged', 'x');
  });
});

describe('size, number and depth', () => {
  it('more octets than a file may have', () => refuses(new Uint8Array(MAX_FILE_OCTETS + 1), 'file-too-large'));

  it('more items than a file may have', async () => {
    await refuses(pfxOfBags(...Array.from({ length: MAX_ITEMS + 1 }, () => bag(5, NULL))), 'file-too-large');
    await refuses('-----BEGIN X-----\n\n-----END X-----\n'.repeat(MAX_ITEMS + 1), 'file-too-large');
    await refuses(writePkcs7(Array.from({ length: MAX_ITEMS + 1 }, () => der(Tag.sequence))), 'file-too-large');
  });

  it('a million values', async () => {
    expect(
      await timed(
        refuses(
          der(
            Tag.sequence,
            new Uint8Array(2_000_000).map((_, i) => (i % 2 === 0 ? 5 : 0)),
          ),
          'file-too-large',
        ),
      ),
    ).toBeLessThan(3000);
  });

  it('values in values in values', async () => {
    for (const tag of [0x30, 0xa0, 0x24]) {
      let nested: Uint8Array = NULL;
      for (let depth = 0; depth < 2000; depth++) nested = der(tag, nested);
      expect(await timed(refuses(der(Tag.sequence, objectId('1.2.3'), explicit(nested)), 'damaged'))).toBeLessThan(1000);
    }
    const endless = Buffer.concat([Buffer.from([0x30, 0x80]), ...Array.from({ length: 5000 }, () => Buffer.from([0x30, 0x80]))]);
    expect(await timed(refuses(endless, 'damaged'))).toBeLessThan(1000);
  });

  it('bags in bags in bags', async () => {
    let inner = bags(bag(5, NULL));
    for (let depth = 0; depth < 6; depth++) inner = bags(bag(6, inner));
    await refuses(pfx(der(Tag.sequence, data(inner))), 'damaged');
  });

  it('a length that promises gigabytes', async () => {
    await refuses(Buffer.from('308400ffffff020103', 'hex'), 'damaged');
    await refuses(Buffer.from('30847fffffff020103', 'hex'), 'damaged');
    await refuses(Buffer.from('3088ffffffffffffffff020103', 'hex'), 'damaged');
  });
});

describe('what is broken is named', () => {
  it.each([
    ['nothing at all', '', 'unknown-format'],
    ['a text', 'hello, this is no certificate', 'unknown-format'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'unknown-format'],
    ['a certificate cut short', Buffer.from(certificate).subarray(0, -10), 'damaged'],
    ['a certificate with octets behind', Buffer.concat([certificate, Buffer.from([0])]), 'damaged'],
    ['a block without an end', '-----BEGIN CERTIFICATE-----\nAAAA\n', 'damaged'],
    ['a block in a block', '-----BEGIN CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\n', 'damaged'],
    ['a block that is not base64', '-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n', 'damaged'],
    [
      'a certificate in BER',
      writePem('CERTIFICATE', Buffer.concat([Buffer.from([0x30, 0x80]), certificate.subarray(4), Buffer.from([0, 0])])),
      'unknown-format',
    ],
    [
      'a public key',
      writePem('PUBLIC KEY', der(Tag.sequence, der(Tag.sequence, objectId('1.2.3')), der(Tag.bitString, Uint8Array.of(0)))),
      'unknown-format',
    ],
    ['PKCS#7 that is not signed data', der(Tag.sequence, objectId('1.2.840.113549.1.7.3'), explicit(NULL)), 'unsupported'],
    [
      'PKCS#12 with a signature for a MAC',
      der(Tag.sequence, integer(3), der(Tag.sequence, objectId('1.2.840.113549.1.7.2'), explicit(NULL))),
      'unsupported',
    ],
    ['PKCS#12 without content (CVE-2024-0727)', der(Tag.sequence, integer(3), der(Tag.sequence, DATA)), 'damaged'],
    [
      'PKCS#12 whose bag has no value',
      pfx(der(Tag.sequence, data(bags(der(Tag.sequence, objectId('1.2.840.113549.1.12.10.1.3')))))),
      'damaged',
    ],
    ['an unknown cipher', lockedKey(der(Tag.sequence, objectId('1.2.3.4'), NULL)), 'unsupported'],
    [
      'MD2',
      lockedKey(
        der(
          Tag.sequence,
          objectId('1.2.840.113549.1.5.1'),
          der(Tag.sequence, der(Tag.octetString, new Uint8Array(8)), integer(1)),
        ),
      ),
      'unsupported',
    ],
  ])('%s', async (_, file, code) => {
    await refuses(file, code, 'secret');
  });

  it('one broken thing does not take the others with it', async () => {
    const good = writePem('CERTIFICATE', certificate);
    const broken = '-----BEGIN CERTIFICATE-----\n????\n-----END CERTIFICATE-----\n';
    const { found } = await read(`${broken}some words\r\n${good.replaceAll('\n', '\r\n')}${good}`);
    expect(found.map(({ kind }) => kind)).toEqual(['fault', 'certificate', 'certificate']);
    const twoBags = pfxOfBags(
      bag(3, der(Tag.sequence, objectId('1.2.840.113549.1.9.22.1'), explicit(der(Tag.octetString, certificate)))),
      bag(3, der(Tag.sequence, objectId('1.2.840.113549.1.9.22.1'), explicit(der(Tag.octetString, NULL)))),
      bag(1, der(Tag.sequence, integer(0))),
    );
    expect((await read(twoBags)).found.map(({ kind }) => kind)).toEqual(['certificate', 'certificate', 'fault']);
  });
});

describe('files as editors and directories leave them', () => {
  const pem = writePem('CERTIFICATE', certificate);
  it.each([
    ['a byte order mark', Buffer.from(`\ufeff${pem}`)],
    ['UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
    ['line ends of Windows', Buffer.from(pem.replaceAll('\n', '\r\n'))],
    ['line ends of an old Mac', Buffer.from(pem.replaceAll('\n', '\r'))],
    [
      'one long line',
      Buffer.from(`-----BEGIN CERTIFICATE-----\n${Buffer.from(certificate).toString('base64')}\n-----END CERTIFICATE-----`),
    ],
    ['base64 alone', Buffer.from(Buffer.from(certificate).toString('base64'))],
    ['another label', Buffer.from(writePem('X509 CERTIFICATE', certificate))],
    ['a wrong label', Buffer.from(writePem('PRIVATE KEY', certificate))],
    ['a name before it', Buffer.from(`Subject: CN=Alice\n    Issuer: x\n${pem}`)],
    [
      'OpenSSL’s trust settings behind it',
      Buffer.from(writePem('TRUSTED CERTIFICATE', Buffer.concat([certificate, der(Tag.sequence)]))),
    ],
  ])('%s', async (_, file) => {
    const { found } = await read(file);
    expect(found).toEqual([{ kind: 'certificate', der: Uint8Array.from(certificate) }]);
  });
});
