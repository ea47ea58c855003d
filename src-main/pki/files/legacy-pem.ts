/** Keys that OpenSSL encrypted in its own way before PKCS#8 (`Proc-Type: 4,ENCRYPTED`): read, never written. */

import { createHash } from 'node:crypto';
import { concat } from '../../security/crypto/encoding.ts';
import { PkiError } from '../errors.ts';
import { decryptWith, oldName, type Cipher } from './ciphers.ts';
import type { Spelling } from './passwords.ts';
import type { PemBlock } from './pem.ts';
import type { Reading } from './unlock.ts';

const CIPHERS: Readonly<Record<string, Cipher>> = {
  'AES-128-CBC': { name: 'aes-128-cbc', key: 16, iv: 16 },
  'AES-192-CBC': { name: 'aes-192-cbc', key: 24, iv: 16 },
  'AES-256-CBC': { name: 'aes-256-cbc', key: 32, iv: 16 },
  'DES-EDE3-CBC': { name: '3des', key: 24, iv: 8 },
  'DES-CBC': { name: 'des', key: 8, iv: 8 },
  'RC2-CBC': { name: 'rc2', key: 16, iv: 8, effective: 128 },
  'RC2-64-CBC': { name: 'rc2', key: 8, iv: 8, effective: 64 },
  'RC2-40-CBC': { name: 'rc2', key: 5, iv: 8, effective: 40 },
};
const SALT_OCTETS = 8;

export const isLegacyEncrypted = (block: PemBlock): boolean => block.headers.get('Proc-Type')?.endsWith('ENCRYPTED') === true;

/**
 * The DER of the key; the caller wipes it. Throws `unsupported` on another cipher, `damaged` without a usable DEK-Info,
 * `password-wrong`.
 */
export function unlockLegacy(
  block: PemBlock,
  ciphertext: Uint8Array,
  { octets: password }: Spelling,
  reading: Reading,
): Uint8Array {
  const [name = '', hex = ''] = (block.headers.get('DEK-Info') ?? '').split(',').map((part) => part.trim());
  const cipher = CIPHERS[name.toUpperCase()];
  if (cipher === undefined) throw new PkiError(name === '' ? 'damaged' : 'unsupported');
  if (!/^(?:[0-9A-Fa-f]{2})+$/.test(hex)) throw new PkiError('damaged');
  const iv = Buffer.from(hex, 'hex');
  // One round of MD5, whatever the cipher.
  reading.old.add('md5');
  const old = oldName(cipher);
  if (old !== undefined) reading.old.add(old);
  const key = bytesToKey(password, iv.subarray(0, SALT_OCTETS), cipher.key);
  try {
    return decryptWith(cipher, key, iv, ciphertext);
  } finally {
    key.fill(0);
  }
}

/** EVP_BytesToKey with MD5 and one round: D_i = MD5(D_(i-1) | password | salt), one after another. */
function bytesToKey(password: Uint8Array, salt: Uint8Array, length: number): Uint8Array {
  let key = new Uint8Array();
  let last: Uint8Array = new Uint8Array();
  while (key.length < length) {
    last = createHash('md5').update(last).update(password).update(salt).digest();
    key = Uint8Array.from(concat(key, last));
  }
  return key.subarray(0, length);
}
