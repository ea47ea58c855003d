/** Values printed in RFCs 2631, 3394, 3526, 4231, 5869, 5903, 6070, 7748 through our primitives. */

import { describe, expect, it } from 'vitest';
import { pbkdf2Sync } from 'node:crypto';
import { hkdf, prf, type HashName } from '../../src-main/security/crypto/hash.ts';
import { hasPlatformKeyWrap, libraryKeyWrap, platformKeyWrap } from '../../src-main/security/crypto/key-wrap.ts';
import * as modp from '../../src-main/security/crypto/modp.ts';
import type { ModpLength } from '../../src-main/security/crypto/algorithms.ts';
import * as x25519 from '../../src-main/security/crypto/x25519.ts';
import { suite } from '../support/vectors.ts';

const vectors = suite('rfc-crypto');
/** Exponents are printed without a leading zero digit. */
const hex = (s = ''): Buffer => Buffer.from(s.length % 2 === 0 ? s : `0${s}`, 'hex');
const coded = (code: string) => expect.objectContaining({ name: 'CryptoError', code });
const ours = (group: string): ModpLength | undefined => (group === 'modp3072' ? 3072 : group === 'modp4096' ? 4096 : undefined);

describe('MODP groups', () => {
  for (const g of vectors.json<{ groups: { id: string; bits: number; p: string }[] }>('dh-groups.json').groups)
    it(`p of ${g.id}`, () => {
      const length = ours(g.id);
      if (length === undefined) {
        // The protocol names groups by length, and this length is none: its values have no place.
        for (const known of [3072, 4096] as const)
          expect(() => {
            modp.checkPublic(known, hex(g.p).fill(2));
          }).toThrow(coded('bad-share'));
        vectors.refused(g.id, 'groups under 3072 bits');
        return;
      }
      expect(modp.primeOf(length)).toEqual(hex(g.p));
      vectors.ran(g.id);
    });

  interface Exchange {
    readonly group: string;
    readonly x_a: string;
    readonly y_a: string;
    readonly x_b: string;
    readonly y_b: string;
    readonly z_padded: string;
  }
  for (const c of vectors.json<{ cases: Exchange[] }>('dh-exchange.json').cases)
    it(`exchange in ${c.group}`, () => {
      const length = ours(c.group);
      if (length === undefined) {
        const pair = modp.importExponent(3072, hex(c.x_a));
        expect(() => modp.derive(pair, hex(c.y_b))).toThrow(coded('bad-share'));
        vectors.refused(`exchange ${c.group}`, 'groups under 3072 bits');
        return;
      }
      for (const [x, y, peer] of [
        [c.x_a, c.y_a, c.y_b],
        [c.x_b, c.y_b, c.y_a],
      ] as const) {
        const pair = modp.importExponent(length, hex(x));
        expect(Buffer.from(pair.publicRaw)).toEqual(hex(y));
        expect(Buffer.from(modp.derive(pair, hex(peer)))).toEqual(hex(c.z_padded));
      }
      vectors.ran(`exchange ${c.group}`);
    });

  for (const c of vectors.json<{ cases: { y: string; why: string }[] }>('dh-invalid-public-keys.json').cases)
    it(`public value ${c.why}`, () => {
      // The vectors are for 2048 bits: refused by length. The same values of our own groups are in test/unit/crypto.
      for (const length of [3072, 4096] as const)
        expect(() => {
          modp.checkPublic(length, hex(c.y));
        }).toThrow(coded('bad-share'));
      vectors.ran(`invalid ${c.why}`);
    });
});

describe('RFC 3394', () => {
  for (const c of vectors.json<{ cases: { section: string; kek: string; key_data: string; wrapped: string }[] }>(
    'rfc3394-aes-key-wrap.json',
  ).cases)
    it(c.section, () => {
      const implementations = hasPlatformKeyWrap ? [platformKeyWrap, libraryKeyWrap] : [libraryKeyWrap];
      for (const { wrap, unwrap } of implementations) {
        if (hex(c.kek).length !== 32) {
          expect(() => wrap(hex(c.kek), hex(c.key_data))).toThrow(coded('bad-key'));
          expect(() => unwrap(hex(c.kek), hex(c.wrapped))).toThrow(coded('bad-key'));
        } else {
          expect(Buffer.from(wrap(hex(c.kek), hex(c.key_data)))).toEqual(hex(c.wrapped));
          expect(Buffer.from(unwrap(hex(c.kek), hex(c.wrapped)))).toEqual(hex(c.key_data));
        }
      }
      if (hex(c.kek).length === 32) vectors.ran(`3394 ${c.section}`);
      else vectors.refused(`3394 ${c.section}`, 'wrapping keys of 256 bits only');
    });
});

describe('RFC 5903 (ECDH on P-256)', () => {
  for (const c of vectors.json<{ cases: { gix: string; giy: string }[] }>('rfc5903-ecdh.json').cases)
    it('has no place', () => {
      const { privateKey } = x25519.generate();
      expect(() => x25519.derive(privateKey, hex(c.gix + c.giy))).toThrow(coded('bad-share'));
      vectors.refused('5903', 'ECDH on P-256');
    });
});

describe('RFC 7748', () => {
  it('6.1, Diffie-Hellman', () => {
    const v = vectors.json<Record<string, string>>('rfc7748-x25519-dh.json');
    const alice = x25519.importPrivate(hex(v['alice_private']));
    const bob = x25519.importPrivate(hex(v['bob_private']));
    expect(Buffer.from(alice.publicRaw)).toEqual(hex(v['alice_public']));
    expect(Buffer.from(bob.publicRaw)).toEqual(hex(v['bob_public']));
    expect(Buffer.from(x25519.derive(alice.privateKey, bob.publicRaw))).toEqual(hex(v['shared']));
    expect(Buffer.from(x25519.derive(bob.privateKey, alice.publicRaw))).toEqual(hex(v['shared']));
    vectors.ran('7748 dh');
  });

  it('5.2, iterated', () => {
    const v = vectors.json<Record<string, string>>('rfc7748-x25519-iterated.json');
    let k: Uint8Array = hex(v['start']);
    let u: Uint8Array = hex(v['start']);
    for (let i = 1; i <= 1000; i++) {
      [k, u] = [x25519.derive(x25519.importPrivate(k).privateKey, u), k];
      if (i === 1) expect(Buffer.from(k)).toEqual(hex(v['after_1']));
    }
    expect(Buffer.from(k)).toEqual(hex(v['after_1000']));
    vectors.ran('7748 iterated');
  });

  it('5.2, single', () => {
    for (const r of records('X25519/rfc7748.txt')) {
      const { privateKey } = x25519.importPrivate(hex(r['INPUT_SCALAR']));
      expect(Buffer.from(x25519.derive(privateKey, hex(r['INPUT_U'])))).toEqual(hex(r['OUTPUT_U']));
      vectors.extra(`7748 single ${r['COUNT'] ?? ''}`);
    }
  });
});

describe('text files', () => {
  for (const [name, hash] of [
    ['HMAC/rfc-4231-sha256.txt', 'sha256'],
    ['HMAC/rfc-4231-sha512.txt', 'sha512'],
    ['HMAC/rfc-2202-sha1.txt', 'sha1'],
  ] as const)
    it(name, () => {
      for (const [i, r] of records(name).entries()) {
        const mac = () => prf(hash as HashName, hex(r['Key']), hex(r['Msg']));
        const md = hex(r['MD']);
        if (hash === 'sha1') expect(mac).toThrow(coded('bad-algorithm'));
        else expect(Buffer.from(mac().subarray(0, md.length))).toEqual(md);
        vectors.extra(`${name} ${String(i)}`);
      }
    });

  it('RFC 5869', () => {
    for (const r of records('KDF/rfc-5869-HKDF-SHA256.txt')) {
      const okm = hkdf('sha256', hex(r['IKM']), hex(r['salt']), hex(r['info']), Number(r['L']));
      expect(Buffer.from(okm)).toEqual(hex(r['OKM']));
      expect(Buffer.from(prf('sha256', hex(r['salt']), hex(r['IKM'])))).toEqual(hex(r['PRK']));
      vectors.extra(`5869 ${r['COUNT'] ?? ''}`);
    }
  });

  it('RFC 6070', () => {
    for (const r of records('KDF/rfc-6070-PBKDF2-SHA1.txt')) {
      if (Number(r['ITERATIONS']) > 100_000) continue;
      const text = (s: string | undefined) => (s ?? '').replaceAll('\\0', '\0');
      const key = pbkdf2Sync(text(r['PASSWORD']), text(r['SALT']), Number(r['ITERATIONS']), Number(r['LENGTH']), 'sha1');
      expect(key).toEqual(hex(r['DERIVED_KEY']));
      vectors.extra(`6070 ${r['COUNT'] ?? ''}`);
    }
  });
});

/** Records of `name = value` lines, a new one wherever a name comes again. */
function records(file: string): Record<string, string>[] {
  const out: Record<string, string>[] = [];
  let current: Record<string, string> | undefined;
  for (const line of vectors.read(file).toString('latin1').split('\n')) {
    const pair = /^(\w+)\s*=\s*(.*)$/.exec(line);
    if (pair?.[1] === undefined) continue;
    if (current === undefined || pair[1] in current) out.push((current = {}));
    current[pair[1]] = (pair[2] ?? '').trim();
  }
  return out;
}
