import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { rc2CbcDecrypt, rc4 } from '../../../../src-main/pki/files/old-ciphers.ts';
import { inFolder, mustRun } from '../../../support/openssl.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** Key, effective bits, plaintext, ciphertext: RFC 2268, 5. */
const RC2: readonly [string, number, string, string][] = [
  ['0000000000000000', 63, '0000000000000000', 'ebb773f993278eff'],
  ['ffffffffffffffff', 64, 'ffffffffffffffff', '278b27e42e2f0d49'],
  ['3000000000000000', 64, '1000000000000001', '30649edf9be7d2c2'],
  ['88', 64, '0000000000000000', '61a8a244adacccf0'],
  ['88bca90e90875a', 64, '0000000000000000', '6ccf4308974c267f'],
  ['88bca90e90875a7f0f79c384627bafb2', 64, '0000000000000000', '1a807d272bbe5db1'],
  ['88bca90e90875a7f0f79c384627bafb2', 128, '0000000000000000', '2269552ab0f85ca6'],
  ['88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e', 129, '0000000000000000', '5b78d3a43dfff1f1'],
];

/** Key, then the key stream at octets 0, 16, 240 and 4096: RFC 6229, 2, the first key of each length. */
const RC4: readonly [string, string, string, string, string][] = [
  ['0102030405', 'b2396305f03dc027ccc3524a0a1118a8', '6982944f18fc82d589c403a47a0d0919', '28cb1132c96ce286421dcaadb8b69eae', 'ff25b58995996707e51fbdf08b34d875'],
  ['01020304050607', '293f02d47f37c9b633f2af5285feb46b', 'e620f1390d19bd84e2e0fd752031afc1', '914f02531c9218810df60f67e338154c', 'e74b0b9731227fd37c0ec08a47ddd8b8'],
  ['0102030405060708', '97ab8a1bf0afb96132f2f67258da15a8', '8263efdb45c4a18684ef87e6b19e5b09', '9636ebc9841926f4f7d1f362bddf6e18', '3fb46e2c8f0f068edce8cdcd7dfc5862'],
  ['0102030405060708090a', 'ede3b04643e586cc907dc21851709902', '03516ba78f413beb223aa5d4d2df6711', '3cfd6cb58ee0fdde640176ad0000044d', '08b6be45124a43e2eb77953f84dc8553'],
  ['0102030405060708090a0b0c0d0e0f10', '9ac7cc9a609d1ef7b2932899cde41b97', '5248c4959014126a6e8a84f11d1a9e1c', '065902e4b620f6cc36c8589f66432f2b', 'a36a4c301ae8ac13610ccbc12256cacc'],
  ['0102030405060708090a0b0c0d0e0f101112131415161718', '0595e57fe5f0bb3c706edac8a4b2db11', 'dfde31344a1af769c74f070aee9e2326', 'b06b9b1e195d13d8f4a7995c4553ac05', '3cb0f3b5020a98b82af9fe154484a168'],
  ['0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20', 'eaa6bd25880bf93d3f5d1e4ca2611d91', 'cfa45c9f7e714b54bdfa80027cb14380', '114ae344ded71b35f2e60febad727fd8', 'f3e4c0a2e02d1d01f7f0a74618af2b48'],
]; // prettier-ignore

describe('RC2', () => {
  it.each(RC2)('decrypts RFC 2268: key %s of %i bits', (key, effective, plain, cipher) => {
    expect(rc2CbcDecrypt(hex(key), effective, new Uint8Array(8), hex(cipher))).toEqual(Uint8Array.from(hex(plain)));
  });

  it('chains blocks as OpenSSL does', () => {
    for (const [name, length, effective] of [
      ['rc2-cbc', 16, 128],
      ['rc2-40-cbc', 5, 40],
      ['rc2-64-cbc', 8, 64],
    ] as const) {
      const [key, iv, plain] = [randomBytes(length), randomBytes(8), randomBytes(64)];
      expect(rc2CbcDecrypt(key, effective, iv, opensslEncrypt(name, key, iv, plain))).toEqual(Uint8Array.from(plain));
    }
  });

  it('refuses lengths that cannot be', () => {
    const damaged = expect.objectContaining({ code: 'damaged' });
    expect(() => rc2CbcDecrypt(new Uint8Array(), 40, new Uint8Array(8), new Uint8Array(8))).toThrow(damaged);
    expect(() => rc2CbcDecrypt(new Uint8Array(5), 40, new Uint8Array(7), new Uint8Array(8))).toThrow(damaged);
    expect(() => rc2CbcDecrypt(new Uint8Array(5), 40, new Uint8Array(8), new Uint8Array(9))).toThrow(damaged);
    expect(() => rc2CbcDecrypt(new Uint8Array(5), 0, new Uint8Array(8), new Uint8Array(8))).toThrow(damaged);
  });
});

describe('RC4', () => {
  it.each(RC4)('has the key stream of RFC 6229: key %s', (key, at0, at16, at240, at4096) => {
    const stream = Buffer.from(rc4(hex(key), new Uint8Array(4112)));
    expect([0, 16, 240, 4096].map((at) => stream.subarray(at, at + 16).toString('hex'))).toEqual([at0, at16, at240, at4096]);
  });

  it('refuses an empty key and one that is too long', () => {
    expect(() => rc4(new Uint8Array(), new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'damaged' }));
    expect(() => rc4(new Uint8Array(257), new Uint8Array(1))).toThrow(expect.objectContaining({ code: 'damaged' }));
  });
});

function opensslEncrypt(cipher: string, key: Buffer, iv: Buffer, plain: Buffer): Buffer {
  return inFolder((folder) => {
    writeFileSync(path.join(folder, 'plain'), plain);
    const keyAndIv = ['-K', key.toString('hex'), '-iv', iv.toString('hex')];
    const legacy = ['-provider', 'legacy', '-provider', 'default'];
    mustRun('openssl', ['enc', `-${cipher}`, '-nopad', ...keyAndIv, '-in', 'plain', '-out', 'cipher', ...legacy], folder);
    return readFileSync(path.join(folder, 'cipher'));
  });
}
