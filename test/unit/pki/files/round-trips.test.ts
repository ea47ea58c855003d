/** What others write we read, and what we write they read: OpenSSL's and GnuTLS's own tools, both directions. */

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBareJid } from '../../../../src-main/jid/jid.ts';
import type { FileContents } from '../../../../src-main/pki/files/contents.ts';
import { writePem } from '../../../../src-main/pki/files/pem.ts';
import { readFile } from '../../../../src-main/pki/files/read-file.ts';
import { writePkcs12 } from '../../../../src-main/pki/files/write-pkcs12.ts';
import { writePkcs7 } from '../../../../src-main/pki/files/write-pkcs7.ts';
import { makeRequest, makeSelfSigned } from '../../../../src-main/pki/make.ts';
import { newKey, type NewKey } from '../../../../src-main/pki/signing.ts';
import { systemRandom } from '../../../../src-main/security/crypto/random.ts';
import { inFolder, inFolderAsync, mustRun, tool } from '../../../support/openssl.ts';
import { pause } from '../../../support/pki-files.ts';

const alice = parseBareJid('alice@a.example');
const make = (privateKey?: KeyObject) =>
  makeSelfSigned({
    ...{ jid: alice, now: Date.now(), random: systemRandom },
    ...(privateKey !== undefined && { privateKey }),
  });
const KINDS: readonly NewKey[] = ['P-256', 'P-384', 'Ed25519', 'RSA 3072'];
const PASSPHRASE = 'fünf große Elefanten tanzen Walzer ☂';
const LEGACY = ['-provider', 'legacy', '-provider', 'default'];

const certificates = ({ found }: FileContents) => found.flatMap((one) => (one.kind === 'certificate' ? [one.der] : []));
const keys = ({ found }: FileContents) => found.flatMap((one) => (one.kind === 'key' ? [one.key] : []));
const pkcs8Pem = (key: KeyObject) => key.export({ format: 'pem', type: 'pkcs8' });
const expectKey = (contents: FileContents, key: KeyObject) => {
  const [read, ...more] = keys(contents);
  expect(more).toEqual([]);
  expect(read?.equals(key)).toBe(true);
};

/** A self-signed certificate and its key as files, for the tools to work on. */
function lay(folder: string, privateKey = newKey('P-256')) {
  const credential = make(privateKey);
  const [der = new Uint8Array()] = credential.chain;
  writeFileSync(path.join(folder, 'cert.pem'), writePem('CERTIFICATE', der));
  writeFileSync(path.join(folder, 'key.pem'), pkcs8Pem(privateKey));
  const read = (file: string, password?: string) => readFile(readFileSync(path.join(folder, file)), { password, pause });
  return { credential, der, privateKey, read };
}

describe('PKCS#12 that we write', () => {
  it.each(KINDS)('is opened by OpenSSL, GnuTLS and ourselves, with a key of %s', async (kind) => {
    await inFolderAsync(async (folder) => {
      const { credential, der, privateKey, read } = lay(folder, newKey(kind));
      const file = await writePkcs12({ chain: credential.chain, privateKey, name: 'Alice ☂' }, PASSPHRASE, {
        random: systemRandom,
        pause,
      });
      writeFileSync(path.join(folder, 'out.p12'), file);
      writeFileSync(path.join(folder, 'pass'), PASSPHRASE);

      const info = tool(
        'openssl',
        ['pkcs12', '-in', 'out.p12', '-passin', 'file:pass', '-nodes', '-info', '-out', 'opened.pem'],
        folder,
      );
      expect(info.status, info.stderr).toBe(0);
      expect(info.stderr).toContain('MAC: sha256, Iteration 600000');
      expect(info.stderr.match(/PBES2, PBKDF2, AES-256-CBC, Iteration 600000, PRF hmacWithSHA256/g)).toHaveLength(2);
      const opened = await read('opened.pem');
      expect(certificates(opened)).toEqual([Uint8Array.from(der)]);
      expectKey(opened, privateKey);

      const gnutls = tool('certtool', ['--p12-info', '--inder', '--infile', 'out.p12', '--password', PASSPHRASE], folder);
      expect(gnutls.status, gnutls.stderr).toBe(0);
      expect(gnutls.stdout).toContain(writePem('CERTIFICATE', der));

      const again = await read('out.p12', PASSPHRASE);
      expect(again).toMatchObject({ format: 'pkcs12', old: [], authenticated: true });
      expect(again.found.map((one) => ('name' in one ? one.name : undefined))).toEqual(['Alice ☂', 'Alice ☂']);
      expectKey(again, privateKey);
    });
  });

  it('is not written under a passphrase that is easily guessed', async () => {
    const { chain, privateKey } = make();
    const weak = writePkcs12({ chain, privateKey, name: 'x' }, 'password1234', { random: systemRandom, pause });
    await expect(weak).rejects.toMatchObject({ code: 'password-weak' });
  });
});

describe('PKCS#12 that others write', () => {
  it.each([
    ['OpenSSL as it is by default', []],
    ['the old way: RC2-40 and 3DES', ['-legacy']],
    ['RC4', ['-keypbe', 'PBE-SHA1-RC4-128', '-certpbe', 'PBE-SHA1-RC4-40', '-macalg', 'sha1', ...LEGACY]],
    ['RC2-128 and two-key 3DES', ['-keypbe', 'PBE-SHA1-2DES', '-certpbe', 'PBE-SHA1-RC2-128', ...LEGACY]],
    ['DES of PKCS#5', ['-keypbe', 'PBE-MD5-DES', '-certpbe', 'PBE-SHA1-DES', ...LEGACY]],
    ['RC2 of PKCS#5', ['-keypbe', 'PBE-MD5-RC2-64', '-certpbe', 'PBE-SHA1-RC2-64', ...LEGACY]],
    ['no encryption', ['-keypbe', 'NONE', '-certpbe', 'NONE']],
    ['no MAC', ['-nomac']],
    ['AES-128 and SHA-512', ['-keypbe', 'AES-128-CBC', '-certpbe', 'AES-192-CBC', '-macalg', 'sha512']],
  ])('%s', async (_, options) => {
    await inFolderAsync(async (folder) => {
      const { der, privateKey, read } = lay(folder);
      for (const password of ['secret', 'pä☂ß', '']) {
        writeFileSync(path.join(folder, 'pass'), `${password}\n`);
        const args = ['-export', '-in', 'cert.pem', '-inkey', 'key.pem', '-passout', 'file:pass', '-out', 'in.p12'];
        mustRun('openssl', ['pkcs12', ...args, ...options], folder);
        const contents = await read('in.p12', password === '' ? undefined : password);
        expect(certificates(contents)).toEqual([Uint8Array.from(der)]);
        expectKey(contents, privateKey);
        expect(contents.authenticated).toBe(!options.includes('-nomac'));
      }
    });
  });

  it.each(['3des-pkcs12', 'arcfour', 'rc2-40', 'aes-128', 'aes-256'])('GnuTLS with %s', async (cipher) => {
    await inFolderAsync(async (folder) => {
      const { der, privateKey, read } = lay(folder);
      const load = ['--load-certificate', 'cert.pem', '--load-privkey', 'key.pem', '--p12-name', 'alice'];
      const args = ['--to-p12', ...load, '--password', 'secret', '--pkcs-cipher', cipher, '--outder', '--outfile', 'in.p12'];
      mustRun('certtool', args, folder);
      const contents = await read('in.p12', 'secret');
      expect(certificates(contents)).toEqual([Uint8Array.from(der)]);
      expectKey(contents, privateKey);
    });
  });

  it('several keys and no certificate, a certificate and no key', async () => {
    await inFolderAsync(async (folder) => {
      const { privateKey, read } = lay(folder);
      mustRun(
        'openssl',
        ['pkcs12', '-export', '-nocerts', '-inkey', 'key.pem', '-passout', 'pass:secret', '-out', 'key.p12'],
        folder,
      );
      const alone = await read('key.p12', 'secret');
      expect(certificates(alone)).toEqual([]);
      expectKey(alone, privateKey);
      mustRun(
        'openssl',
        ['pkcs12', '-export', '-nokeys', '-in', 'cert.pem', '-passout', 'pass:secret', '-out', 'cert.p12'],
        folder,
      );
      const without = await read('cert.p12', 'secret');
      expect([certificates(without).length, keys(without).length]).toEqual([1, 0]);
      writeFileSync(path.join(folder, 'other.pem'), pkcs8Pem(newKey('Ed25519')));
      const two = ['--load-privkey', 'key.pem', '--to-p12', '--password', 'secret', '--outder', '--p12-name', 'a'];
      mustRun('certtool', [...two, '--load-certificate', 'cert.pem', '--outfile', 'two.p12'], folder);
      expect(keys(await read('two.p12', 'secret'))).toHaveLength(1);
    });
  });
});

describe('PEM', () => {
  it.each([
    ['PKCS#8 with scrypt', ['pkcs8', '-topk8', '-scrypt']],
    ['PKCS#8 with PBES2', ['pkcs8', '-topk8', '-v2', 'aes-256-cbc', '-v2prf', 'hmacWithSHA512']],
    ['PKCS#8 with 3DES', ['pkcs8', '-topk8', '-v2', 'des3']],
    ['PKCS#8 with RC2 of PBES2', ['pkcs8', '-topk8', '-v2', 'rc2-40-cbc', ...LEGACY]],
    ['PKCS#8 with MD5 and DES', ['pkcs8', '-topk8', '-v1', 'PBE-MD5-DES', ...LEGACY]],
    ['PKCS#8 with 3DES of PKCS#12', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-3DES']],
    ['PKCS#8 with RC4 of PKCS#12', ['pkcs8', '-topk8', '-v1', 'PBE-SHA1-RC4-128', ...LEGACY]],
    ['an old EC key, AES', ['ec', '-aes256']],
    ['an old EC key, 3DES', ['ec', '-des3']],
  ])('%s opens with its password and no other', async (_, [command = '', ...options]) => {
    await inFolderAsync(async (folder) => {
      const { privateKey, read } = lay(folder);
      mustRun('openssl', [command, ...options, '-in', 'key.pem', '-passout', 'pass:sécret', '-out', 'locked.pem'], folder);
      expectKey(await read('locked.pem', 'sécret'), privateKey);
      await expect(read('locked.pem', 'secret')).rejects.toMatchObject({ code: 'password-wrong' });
      await expect(read('locked.pem')).rejects.toMatchObject({ code: 'password-needed' });
    });
  });

  it.each(['des', 'des3', 'aes128', 'aes192'])('an old RSA key under %s', async (cipher) => {
    await inFolderAsync(async (folder) => {
      const { privateKey, read } = lay(folder, newKey('RSA 3072'));
      const args = [
        'rsa',
        '-traditional',
        `-${cipher}`,
        '-in',
        'key.pem',
        '-passout',
        'pass:secret',
        '-out',
        'locked.pem',
        ...LEGACY,
      ];
      mustRun('openssl', args, folder);
      expect(readFileSync(path.join(folder, 'locked.pem'), 'latin1')).toContain('DEK-Info');
      const contents = await read('locked.pem', 'secret');
      expectKey(contents, privateKey);
      expect(contents.old).toContain('md5');
    });
  });

  it('GnuTLS locks a key, we open it', async () => {
    await inFolderAsync(async (folder) => {
      const { privateKey, read } = lay(folder);
      mustRun('certtool', ['--to-p8', '--load-privkey', 'key.pem', '--password', 'secret', '--outfile', 'locked.pem'], folder);
      expectKey(await read('locked.pem', 'secret'), privateKey);
    });
  });

  it.each([
    ['EC', () => generateKeyPairSync('ec', { namedCurve: 'secp384r1' }).privateKey, 'sec1'],
    ['RSA', () => newKey('RSA 3072'), 'pkcs1'],
    ['Ed25519', () => newKey('Ed25519'), 'pkcs8'],
  ] as const)('a key of %s in its own form, as PEM and as DER', async (_, generate, type) => {
    const key = generate();
    const pem = key.export({ format: 'pem', type } as { format: 'pem'; type: 'pkcs8' });
    const der = key.export({ format: 'der', type } as { format: 'der'; type: 'pkcs8' });
    expectKey(await readFile(Buffer.from(pem), { pause }), key);
    expectKey(await readFile(der, { pause }), key);
  });
});

describe('PKCS#7', () => {
  it('that we write is read by OpenSSL and GnuTLS', () => {
    inFolder((folder) => {
      const chain = [make(), make()].flatMap((credential) => credential.chain);
      writeFileSync(path.join(folder, 'out.p7b'), writePkcs7(chain));
      const printed = mustRun('openssl', ['pkcs7', '-inform', 'DER', '-in', 'out.p7b', '-print_certs'], folder);
      expect(printed.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      const gnutls = mustRun('certtool', ['--p7-info', '--inder', '--infile', 'out.p7b'], folder);
      expect(gnutls).toContain('Number of certificates: 2');
    });
  });

  it.each(['PEM', 'DER'])('that others write is read, %s', async (form) => {
    await inFolderAsync(async (folder) => {
      const { der, read } = lay(folder);
      mustRun('openssl', ['crl2pkcs7', '-nocrl', '-certfile', 'cert.pem', '-outform', form, '-out', 'in.p7b'], folder);
      expect(certificates(await read('in.p7b'))).toEqual([Uint8Array.from(der)]);
      mustRun('certtool', ['--p7-generate', '--load-certificate', 'cert.pem', '--outfile', 'gnutls.p7b'], folder);
      expect(certificates(await read('gnutls.p7b'))).toEqual([Uint8Array.from(der)]);
    });
  });
});

describe('a request that we make', () => {
  it.each(KINDS)('holds for OpenSSL and GnuTLS and is issued with our address, with a key of %s', async (kind) => {
    await inFolderAsync(async (folder) => {
      const { read } = lay(folder, newKey('P-256'));
      const key = newKey(kind);
      writeFileSync(path.join(folder, 'request.pem'), writePem('CERTIFICATE REQUEST', makeRequest(alice, key)));
      const shown = tool('openssl', ['req', '-in', 'request.pem', '-noout', '-verify', '-text'], folder);
      expect(shown.stderr).toContain('verify OK');
      expect(shown.stdout).toMatch(/othername: (XmppAddr:|1\.3\.6\.1\.5\.5\.7\.8\.5::?)/);
      expect(mustRun('certtool', ['--crq-info', '--infile', 'request.pem'], folder)).toContain('signature: verified');
      const sign = [
        'x509',
        '-req',
        '-in',
        'request.pem',
        '-CA',
        'cert.pem',
        '-CAkey',
        'key.pem',
        '-CAcreateserial',
        '-days',
        '30',
      ];
      mustRun('openssl', [...sign, '-copy_extensions', 'copyall', '-out', 'issued.pem'], folder);
      const [issued] = certificates(await read('issued.pem'));
      const { summarise, keyHash } = await import('../../../../src-main/pki/summary.ts');
      const summary = summarise(issued ?? new Uint8Array());
      expect(summary.jids).toEqual([alice]);
      expect(summary.keyHash).toBe(keyHash(createPublicKey(key).export({ format: 'der', type: 'spki' })));
      expect((await read('request.pem')).found).toMatchObject([{ kind: 'request' }]);
    });
  });
});
