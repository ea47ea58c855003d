import { createPublicKey, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PkiError } from '../../src-main/pki/errors.ts';
import type { FileContents } from '../../src-main/pki/files/contents.ts';
import { readFile } from '../../src-main/pki/files/read-file.ts';
import { hexUpper } from '../../src-main/security/crypto/encoding.ts';
import { sha256 } from '../../src-main/security/crypto/hash.ts';
import { pause } from '../support/pki-files.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly id: string;
  readonly file: string;
  readonly expected: 'opens' | 'reject';
  readonly password?: string | null;
  readonly password_tried?: readonly string[];
  readonly mac?: string;
  readonly bags?: readonly string[];
  readonly friendly_names?: readonly string[];
  readonly certificates_sha256?: readonly string[];
  readonly private_keys?: readonly Record<string, string>[];
}

const vectors = suite('pkcs12');
const { cases } = vectors.json<{ cases: Case[] }>('cases.json');

const spkiHash = (key: KeyObject): string => hexUpper(sha256(createPublicKey(key).export({ format: 'der', type: 'spki' })));
const certificates = ({ found }: FileContents) =>
  found.flatMap((one) => (one.kind === 'certificate' ? hexUpper(sha256(one.der)).toLowerCase() : [])).sort();
const keys = ({ found }: FileContents) =>
  found.flatMap((one) => (one.kind === 'key' ? spkiHash(one.key).toLowerCase() : [])).sort();
/** What the file says of its keys, whatever the name of the field is. */
const hashIn = (key: Record<string, string>): string =>
  Object.values(key)
    .find((value) => /^[0-9a-f]{64}$/i.test(value))
    ?.toLowerCase() ?? '';
const lowOctets = (text: string): string => text.replaceAll(/[^\0-\xff]/g, (ch) => String.fromCharCode(ch.charCodeAt(0) & 0xff));
const WRONG = 'this is not the password';

describe('PKCS#12 files of many makers', () => {
  for (const c of cases.filter(({ expected }) => expected === 'opens'))
    it(`${c.id} opens, with what is in it`, async () => {
      const octets = vectors.read(c.file);
      const contents = await readFile(octets, { password: c.password ?? undefined, pause });
      expect(contents.format).toBe('pkcs12');
      expect(certificates(contents)).toEqual([...(c.certificates_sha256 ?? [])].sort());
      expect(keys(contents)).toEqual((c.private_keys ?? []).map(hashIn).sort());
      const faults = contents.found.filter(({ kind }) => kind === 'fault');
      // What OpenSSL passes over without a word: a part for a recipient's key.
      expect(faults).toEqual(c.id === 'openssl-nomac_parse' ? [{ kind: 'fault', of: 'part', code: 'unsupported' }] : []);
      expect(contents.authenticated).toBe(c.mac !== 'none');
      const old = [c.mac, ...(c.bags ?? [])].join();
      expect(contents.old.includes('sha1-mac')).toBe(c.mac?.startsWith('sha1') === true);
      expect(contents.old.includes('rc2')).toBe(/RC2/.test(old));
      expect(contents.old.includes('3des')).toBe(/TripleDES/.test(old));
      // The vectors have OpenSSL's spelling of the names, which keeps the low octet of each character.
      const names = new Set(contents.found.flatMap((one) => ('name' in one ? lowOctets(one.name) : [])));
      for (const name of c.friendly_names ?? []) if (name !== '\ufffd') expect(names).toContain(name);
      vectors.ran(c.id);
    });

  for (const c of cases.filter(({ expected }) => expected === 'reject'))
    it(`${c.id} is refused`, async () => {
      for (const password of c.password_tried ?? [])
        await expect(readFile(vectors.read(c.file), { password, pause })).rejects.toMatchObject({
          name: 'PkiError',
          code: /bad1|bad-len|no-len/.test(c.id) ? 'damaged' : 'password-wrong',
        });
      vectors.ran(c.id);
    });

  // Each wrong password costs the whole derivation: the files with 600,000 rounds differ in nothing else.
  it.each(cases.filter(({ expected, mac = '' }) => expected === 'opens' && !/none|600000/.test(mac)))(
    '$id: a wrong password is told from a broken file, and from none',
    async (c) => {
      const octets = vectors.read(c.file);
      await expect(readFile(octets, { password: WRONG, pause })).rejects.toMatchObject({ code: 'password-wrong' });
      const asks = c.password === null || c.password === '' ? undefined : 'password-needed';
      const unasked = readFile(octets, { pause }).then(
        () => undefined,
        (error: unknown) => (error instanceof PkiError ? error.code : error),
      );
      expect(await unasked).toBe(asks);
      await expect(readFile(octets.subarray(0, -5), { password: WRONG, pause })).rejects.toMatchObject({
        code: expect.stringMatching(/^(damaged|unknown-format)$/),
      });
    },
  );
});
