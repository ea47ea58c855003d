/** Opens what a password protects: derives the key that a scheme asks for, within the file's allowance, and decrypts. */

import { createHash, pbkdf2, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { concat } from '../../security/crypto/encoding.ts';
import { PkiError } from '../errors.ts';
import { decryptWith, oldName, type OldProtection } from './ciphers.ts';
import type { Allowance } from './limits.ts';
import type { Spelling } from './passwords.ts';
import { pkcs12Kdf, Purpose, type Pause } from './pkcs12-kdf.ts';
import type { KeyDerivation, Scheme } from './schemes.ts';

const platformPbkdf2 = promisify(pbkdf2);
const platformScrypt = promisify<Uint8Array, Uint8Array, number, Parameters<typeof scrypt>[3], Buffer>(scrypt);

/** What reading one file shares: what it may cost, who gets a turn meanwhile, and what was found to be old. */
export interface Reading {
  readonly allowance: Allowance;
  readonly pause: Pause;
  readonly old: Set<OldProtection>;
}

/** Below this many rounds a password is guessed too fast (RFC 8018, 4.2 has this number as its least). */
const FEW_ROUNDS = 1_000;
const HASH_OCTETS = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;
/** The longest key that any cipher or MAC here takes. */
const MAX_KEY = 64;

/** `length` octets of PBKDF2 or scrypt. Throws `too-costly` before it begins. The caller wipes them. */
export async function deriveKey(
  from: KeyDerivation,
  { octets }: Spelling,
  length: number,
  reading: Reading,
): Promise<Uint8Array> {
  if (from.keyLength !== undefined && from.keyLength !== length) throw new PkiError('damaged');
  if (length > MAX_KEY) throw new PkiError('damaged');
  if (from.kind === 'scrypt') {
    const { cost, blockSize, parallel } = from;
    reading.allowance.spendScrypt(cost, blockSize, parallel);
    const maxmem = 256 * cost * blockSize + 1024 * 1024;
    return platformScrypt(octets, from.salt, length, { cost, blockSize, parallelization: parallel, maxmem });
  }
  reading.allowance.spend(from.iterations, Math.ceil(length / HASH_OCTETS[from.prf]));
  if (from.iterations < FEW_ROUNDS) reading.old.add('few-rounds');
  return platformPbkdf2(octets, from.salt, from.iterations, length, from.prf);
}

/**
 * The plaintext under one spelling of the password; the caller wipes it. Throws `password-wrong` where it does not open,
 * `too-costly`, or `damaged` where the scheme cannot be as it is.
 */
export async function unlock(scheme: Scheme, spelling: Spelling, ciphertext: Uint8Array, reading: Reading): Promise<Uint8Array> {
  const old = oldName(scheme.cipher);
  if (old !== undefined) reading.old.add(old);
  if (scheme.kind === 'pkcs5' && scheme.hash === 'md5') reading.old.add('md5');
  const { key, iv } = await keyAndIv(scheme, spelling, reading);
  try {
    return decryptWith(scheme.cipher, key, iv, ciphertext);
  } finally {
    key.fill(0);
  }
}

async function keyAndIv(scheme: Scheme, spelling: Spelling, reading: Reading) {
  const { cipher } = scheme;
  switch (scheme.kind) {
    case 'pbes2':
      return { key: await deriveKey(scheme.derivation, spelling, cipher.key, reading), iv: scheme.iv };
    case 'pkcs12': {
      const { salt, iterations } = scheme;
      const derive = (purpose: 1 | 2, length: number): Promise<Uint8Array> =>
        pkcs12Kdf({ hash: 'sha1', password: spelling.bmp, salt, iterations }, purpose, length, reading.allowance, reading.pause);
      return { key: await derive(Purpose.key, cipher.key), iv: await derive(Purpose.iv, cipher.iv) };
    }
    case 'pkcs5': {
      const derived = await pbkdf1(scheme, spelling, reading);
      return { key: derived.slice(0, 8), iv: derived.slice(8, 16) };
    }
  }
}

/** PBKDF1 of RFC 8018, 5.1: T_c = Hash^c(P | S), 16 octets of it. */
async function pbkdf1(scheme: Extract<Scheme, { kind: 'pkcs5' }>, { octets }: Spelling, reading: Reading): Promise<Uint8Array> {
  reading.allowance.spend(scheme.iterations, 1);
  const hash = (of: Uint8Array): Buffer => createHash(scheme.hash).update(of).digest();
  let t = hash(concat(octets, scheme.salt));
  for (let round = 1; round < scheme.iterations; round++) {
    t = hash(t);
    if (round % 10_000 === 0) await reading.pause();
  }
  return t.subarray(0, 16);
}
