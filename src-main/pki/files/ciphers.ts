/** The ciphers that files are found encrypted with. Decryption only; what we write is written by write-pkcs12.ts. */

import { createDecipheriv } from 'node:crypto';
import { concat } from '../../security/crypto/encoding.ts';
import { PkiError } from '../errors.ts';
import { rc2CbcDecrypt, rc4 } from './old-ciphers.ts';

/** Protection that was good once. The user is told, and what is stored is under our own. */
export type OldProtection = 'rc2' | 'rc4' | 'des' | '3des' | 'md5' | 'sha1-mac' | 'few-rounds';

/** A cipher with the octets of key and IV that it takes; `effective` bits of an RC2 key count. */
export type Cipher =
  | { readonly name: 'aes-128-cbc' | 'aes-192-cbc' | 'aes-256-cbc'; readonly key: 16 | 24 | 32; readonly iv: 16 }
  | { readonly name: '3des'; readonly key: 16 | 24; readonly iv: 8 }
  | { readonly name: 'des'; readonly key: 8; readonly iv: 8 }
  | { readonly name: 'rc2'; readonly key: number; readonly iv: 8; readonly effective: number }
  | { readonly name: 'rc4'; readonly key: 5 | 16; readonly iv: 0 };

/** What a cipher is called where it is an old one. */
export function oldName({ name }: Cipher): OldProtection | undefined {
  return name.startsWith('aes-') ? undefined : (name as Exclude<Cipher['name'], `aes-${string}`>);
}

/**
 * The plaintext, its padding removed. Throws `password-wrong` where the padding is none, which is what a wrong key gives;
 * `damaged` where the lengths cannot be right.
 */
export function decryptWith(cipher: Cipher, key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (key.length !== cipher.key || iv.length !== cipher.iv) throw new PkiError('damaged');
  switch (cipher.name) {
    case 'rc4':
      return rc4(key, ciphertext);
    case 'rc2':
      return unpad(rc2CbcDecrypt(key, cipher.effective, iv, ciphertext));
    // DES is triple DES under three equal keys, and two keys stand for K1 K2 K1. The platform has no other form of them.
    case 'des':
      return platform('des-ede3-cbc', concat(key, key, key), iv, ciphertext);
    case '3des':
      return platform('des-ede3-cbc', concat(key, key).subarray(0, 24), iv, ciphertext);
    default:
      return platform(cipher.name, key, iv, ciphertext);
  }
}

function platform(name: string, key: Uint8Array, iv: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  if (ciphertext.length === 0 || ciphertext.length % iv.length !== 0) throw new PkiError('damaged');
  const decipher = createDecipheriv(name, key, iv);
  const head = decipher.update(ciphertext);
  try {
    return concat(head, decipher.final());
  } catch (cause) {
    throw new PkiError('password-wrong', { cause });
  } finally {
    head.fill(0);
  }
}

/** Removes the padding of PKCS#5 (RFC 8018, 6.1.1) from whole blocks of 8. */
function unpad(octets: Uint8Array): Uint8Array {
  const count = octets.at(-1) ?? 0;
  const padding = octets.subarray(-count);
  if (count < 1 || count > 8 || padding.length !== count || !padding.every((octet) => octet === count))
    throw new PkiError('password-wrong');
  return octets.subarray(0, octets.length - count);
}
