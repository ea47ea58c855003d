/** AES-256-GCM (`{XE11}aes256-gcm`, protocol 2): 32 octets key, 12 octets IV, 16 octets tag. */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concat } from './encoding.ts';
import { CryptoError } from './errors.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY = 32;
export const IV_LENGTH = 12;
export const TAG_LENGTH = 16;

/** ciphertext | tag. Throws `bad-key` on a key or IV of another length. An IV serves a key once. */
export function seal(key: Uint8Array, iv: Uint8Array, plaintext: Uint8Array, aad?: Uint8Array): Uint8Array {
  if (key.length !== KEY || iv.length !== IV_LENGTH) throw new CryptoError('bad-key');
  const cipher = createCipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
  if (aad !== undefined) cipher.setAAD(aad);
  const ciphertext = cipher.update(plaintext);
  const rest = cipher.final();
  return concat(ciphertext, rest, cipher.getAuthTag());
}

/** The plaintext of ciphertext | tag. Throws `undecryptable`, whatever the cause; `bad-key` as {@link seal}. */
export function open(key: Uint8Array, iv: Uint8Array, sealed: Uint8Array, aad?: Uint8Array): Uint8Array {
  if (key.length !== KEY || iv.length !== IV_LENGTH) throw new CryptoError('bad-key');
  if (sealed.length < TAG_LENGTH) throw new CryptoError('undecryptable');
  const decipher = createDecipheriv(ALGORITHM, key, iv, { authTagLength: TAG_LENGTH });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_LENGTH));
  if (aad !== undefined) decipher.setAAD(aad);
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - TAG_LENGTH));
  try {
    decipher.final();
  } catch {
    plaintext.fill(0);
    throw new CryptoError('undecryptable');
  }
  return plaintext;
}
