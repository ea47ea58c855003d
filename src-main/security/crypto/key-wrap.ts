/**
 * AES key wrap of RFC 3394 (`{XE}kw-aes256`) under a key of 32 octets. Engines differ: the desktop shell's crypto
 * library has no such cipher, so the engine's own list decides between it and @noble/ciphers, which gives the same octets.
 */

import { createCipheriv, createDecipheriv, getCiphers } from 'node:crypto';
import { aeskw } from '@noble/ciphers/aes.js';
import { concat } from './encoding.ts';
import { CryptoError } from './errors.ts';

export interface KeyWrap {
  /** Octets of `key` (a multiple of 8, at least 16) plus 8. Throws `bad-key`. */
  readonly wrap: (kek: Uint8Array, key: Uint8Array) => Uint8Array;
  /** The key. Throws `undecryptable`, whatever the cause; `bad-key` only on a `kek` of another length. */
  readonly unwrap: (kek: Uint8Array, wrapped: Uint8Array) => Uint8Array;
}

const CIPHER = 'id-aes256-wrap';
/** The initial value of RFC 3394, 2.2.3.1. */
const IV = new Uint8Array(8).fill(0xa6);

function checkLengths(kek: Uint8Array, octets: number): void {
  if (kek.length !== 32 || octets % 8 !== 0 || octets < 16) throw new CryptoError('bad-key');
}

/** Octets of something wrapped: the key is never checked before its length could be right. */
function checkWrapped(kek: Uint8Array, wrapped: Uint8Array): void {
  if (kek.length !== 32) throw new CryptoError('bad-key');
  if (wrapped.length % 8 !== 0 || wrapped.length < 24) throw new CryptoError('undecryptable');
}

export const platformKeyWrap: KeyWrap = {
  wrap(kek, key) {
    checkLengths(kek, key.length);
    const cipher = createCipheriv(CIPHER, kek, IV);
    const head = cipher.update(key);
    return concat(head, cipher.final());
  },
  unwrap(kek, wrapped) {
    checkWrapped(kek, wrapped);
    try {
      const decipher = createDecipheriv(CIPHER, kek, IV);
      const head = decipher.update(wrapped);
      return concat(head, decipher.final());
    } catch {
      throw new CryptoError('undecryptable');
    }
  },
};

export const libraryKeyWrap: KeyWrap = {
  wrap(kek, key) {
    checkLengths(kek, key.length);
    return aeskw(kek).encrypt(key);
  },
  unwrap(kek, wrapped) {
    checkWrapped(kek, wrapped);
    try {
      return aeskw(kek).decrypt(wrapped);
    } catch {
      throw new CryptoError('undecryptable');
    }
  },
};

/** Whether this engine has the cipher itself. */
export const hasPlatformKeyWrap = getCiphers().includes(CIPHER);

/** What this engine uses. */
export const { wrap, unwrap }: KeyWrap = hasPlatformKeyWrap ? platformKeyWrap : libraryKeyWrap;
