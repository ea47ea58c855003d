/** The store's key under a passphrase: Argon2id, then AES-256-GCM. */

import { createCipheriv, createDecipheriv } from 'node:crypto';
import { argon2id } from 'hash-wasm';
import { SignetError } from '../../src-shared/errors.ts';
import type { PassphraseSlot } from './vault-file.ts';

/** RFC 9106 §4, second recommended option, with one lane: a quarter of a second here. */
const COST = { memoryKiB: 65_536, iterations: 3, parallelism: 1 } as const;
const MIN_CHARACTERS = 10;
const TAG = 16;

type Cost = Pick<PassphraseSlot, 'memoryKiB' | 'iterations' | 'parallelism'>;

/** What is typed on another keyboard is the same passphrase. */
const normalised = (passphrase: string): string => passphrase.normalize('NFKC');

const wrappingKey = (passphrase: string, salt: Uint8Array, cost: Cost): Promise<Uint8Array> =>
  argon2id({
    password: normalised(passphrase),
    salt,
    memorySize: cost.memoryKiB,
    iterations: cost.iterations,
    parallelism: cost.parallelism,
    hashLength: 32,
    outputType: 'binary',
  });

/** Binds a slot to its profile and to its cost. */
const associatedData = (profile: string, cost: Cost): Buffer =>
  Buffer.from(['signet vault 1', profile, 'argon2id', cost.memoryKiB, cost.iterations, cost.parallelism].join('|'));

/** @throws SignetError `passphrase-weak` */
export function checkPassphrase(passphrase: string): void {
  if (Array.from(normalised(passphrase)).length < MIN_CHARACTERS) throw new SignetError('passphrase-weak');
}

/** Wraps the store's key. @throws SignetError `passphrase-weak` */
export async function sealKey(
  key: Uint8Array,
  passphrase: string,
  profile: string,
  random: (octets: number) => Uint8Array,
): Promise<PassphraseSlot> {
  checkPassphrase(passphrase);
  const salt = random(16);
  const iv = random(12);
  const kek = await wrappingKey(passphrase, salt, COST);
  const cipher = createCipheriv('aes-256-gcm', kek, iv).setAAD(associatedData(profile, COST));
  const wrapped = Buffer.concat([cipher.update(key), cipher.final(), cipher.getAuthTag()]);
  kek.fill(0);
  const encode = (octets: Uint8Array): string => Buffer.from(octets).toString('base64');
  return { kdf: 'argon2id', ...COST, salt: encode(salt), iv: encode(iv), wrapped: encode(wrapped) };
}

/** The store's key again. @throws SignetError `wrong-passphrase` */
export async function openKey(slot: PassphraseSlot, passphrase: string, profile: string): Promise<Uint8Array> {
  const wrapped = Buffer.from(slot.wrapped, 'base64');
  const kek = await wrappingKey(passphrase, Buffer.from(slot.salt, 'base64'), slot);
  try {
    const decipher = createDecipheriv('aes-256-gcm', kek, Buffer.from(slot.iv, 'base64'), { authTagLength: TAG });
    decipher.setAAD(associatedData(profile, slot)).setAuthTag(wrapped.subarray(-TAG));
    return Uint8Array.from(Buffer.concat([decipher.update(wrapped.subarray(0, -TAG)), decipher.final()]));
  } catch (error) {
    throw new SignetError('wrong-passphrase', { cause: error });
  } finally {
    kek.fill(0);
  }
}
