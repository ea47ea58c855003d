/**
 * RC2 (RFC 2268) and RC4 (RFC 6229 has vectors), to read what old programs wrote and for nothing else: nothing is ever
 * encrypted with them here. No platform offers them any more and no library that we would want has RC2.
 */

import { PkiError } from '../errors.ts';

/** PITABLE of RFC 2268, 2: the digits of pi, shuffled. */
const PI = Buffer.from(
  'd978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82' +
    '54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb6266fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7' +
    '08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ecc2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731' +
    '2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a90d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad',
  'hex',
);
const BLOCK = 8;
/** After these rounds comes a mashing round (RFC 2268, 3.3). */
const MASH_AFTER = [4, 10];
const ROTATE = [1, 2, 3, 5] as const;

/** The 64 words of an expanded key (RFC 2268, 2). `effective`: bits of it that count. */
function expand(key: Uint8Array, effective: number): Uint16Array {
  const l = new Uint8Array(128);
  l.set(key);
  const t8 = Math.ceil(effective / 8);
  const pi = (i: number): number => PI[i & 0xff] ?? 0;
  const at = (i: number): number => l[i] ?? 0;
  for (let i = key.length; i < 128; i++) l[i] = pi(at(i - 1) + at(i - key.length));
  l[128 - t8] = pi(at(128 - t8) & (0xff >> (8 * t8 - effective)));
  for (let i = 127 - t8; i >= 0; i--) l[i] = pi(at(i + 1) ^ at(i + t8));
  return Uint16Array.from({ length: 64 }, (_, i) => at(2 * i) | (at(2 * i + 1) << 8));
}

/** Decrypts one block in place: RFC 2268, 4, the rounds of 3 backwards. */
function decryptBlock(k: Uint16Array, r: Uint16Array): void {
  const word = (i: number): number => r[i & 3] ?? 0;
  let j = 63;
  for (let round = 15; round >= 0; round--) {
    for (let i = 3; i >= 0; i--, j--) {
      const s = ROTATE[i] ?? 0;
      const turned = ((word(i) >>> s) | (word(i) << (16 - s))) & 0xffff;
      r[i] = turned - (k[j] ?? 0) - (word(i - 1) & word(i - 2)) - (~word(i - 1) & word(i - 3));
    }
    if (MASH_AFTER.includes(round - 1)) for (let i = 3; i >= 0; i--) r[i] = word(i) - (k[word(i - 1) & 63] ?? 0);
  }
}

/**
 * RC2 in CBC mode, decrypted; padding is left in.
 * @param effective bits of the key that count, 1 to 1024
 * @throws PkiError `damaged` where key, IV or ciphertext have lengths that cannot be
 */
export function rc2CbcDecrypt(key: Uint8Array, effective: number, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const keyFits = key.length >= 1 && key.length <= 128 && effective >= 1 && effective <= 1024;
  if (!keyFits || iv.length !== BLOCK || ciphertext.length % BLOCK !== 0) throw new PkiError('damaged');
  const k = expand(key, effective);
  const out = new Uint8Array(ciphertext.length);
  const r = new Uint16Array(4);
  let before = iv;
  for (let at = 0; at < ciphertext.length; at += BLOCK) {
    const block = ciphertext.subarray(at, at + BLOCK);
    for (let i = 0; i < 4; i++) r[i] = (block[2 * i] ?? 0) | ((block[2 * i + 1] ?? 0) << 8);
    decryptBlock(k, r);
    for (let i = 0; i < BLOCK; i++) out[at + i] = (((r[i >> 1] ?? 0) >> (8 * (i & 1))) & 0xff) ^ (before[i] ?? 0);
    before = block;
  }
  k.fill(0);
  return out;
}

/** RC4: the key stream of `key` over `octets`. Throws `damaged` on a key that is none. */
export function rc4(key: Uint8Array, octets: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > 256) throw new PkiError('damaged');
  const s = Uint8Array.from({ length: 256 }, (_, i) => i);
  const at = (i: number): number => s[i & 0xff] ?? 0;
  const swap = (i: number, j: number): void => {
    [s[i], s[j]] = [at(j), at(i)];
  };
  for (let i = 0, j = 0; i < 256; i++) {
    j = (j + at(i) + (key[i % key.length] ?? 0)) & 0xff;
    swap(i, j);
  }
  let i = 0;
  let j = 0;
  const out = octets.map((octet) => {
    i = (i + 1) & 0xff;
    j = (j + at(i)) & 0xff;
    swap(i, j);
    return octet ^ at(at(i) + at(j));
  });
  s.fill(0);
  return out;
}
