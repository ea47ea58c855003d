/** `vault.json`: what is needed to find and open the store, nothing secret. */

import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as v from 'valibot';
import { SignetError } from '../../src-shared/errors.ts';

const base64 = (octets: number) =>
  v.pipe(
    v.string(),
    v.base64(),
    v.check((text) => Buffer.from(text, 'base64').length === octets),
  );
const between = (least: number, most: number) => v.pipe(v.number(), v.safeInteger(), v.minValue(least), v.maxValue(most));

/** The store's key under a passphrase. Bounded, so that a forged file can neither weaken nor exhaust. */
const slot = v.strictObject({
  kdf: v.literal('argon2id'),
  memoryKiB: between(19_456, 1_048_576),
  iterations: between(2, 16),
  parallelism: between(1, 4),
  salt: base64(16),
  iv: base64(12),
  wrapped: base64(48),
});

const schema = v.strictObject({
  version: v.literal(1),
  profile: v.pipe(v.string(), v.regex(/^[0-9A-F]{32}$/)),
  /** The OS keychain is meant to hold the key. */
  keychain: v.boolean(),
  passphrase: v.optional(slot),
});

export type PassphraseSlot = v.InferOutput<typeof slot>;
export type VaultFile = v.InferOutput<typeof schema>;

const MAX_OCTETS = 16_384;

/**
 * Reads it; undefined where there is none.
 * @throws SignetError `store-newer`, `store-damaged`, `profile-unwritable` (it is there and cannot be read)
 */
export function readVaultFile(path: string): VaultFile | undefined {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new SignetError('profile-unwritable', { cause: error });
  }
  let value: unknown;
  try {
    value = content.length > MAX_OCTETS ? undefined : JSON.parse(content);
  } catch (error) {
    throw new SignetError('store-damaged', { cause: error });
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    'version' in value &&
    typeof value.version === 'number' &&
    value.version > 1
  ) {
    throw new SignetError('store-newer');
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new SignetError('store-damaged');
  return parsed.output;
}

/** Writes it whole or not at all: to a file beside it, flushed, renamed over, the folder flushed. */
export function writeVaultFile(path: string, file: VaultFile): void {
  const beside = `${path}.new`;
  try {
    const descriptor = openSync(beside, 'w', 0o600);
    try {
      writeSync(descriptor, `${JSON.stringify(file, null, 2)}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(beside, path);
    flushFolder(dirname(path));
  } catch (error) {
    throw new SignetError('profile-unwritable', { cause: error });
  }
}

/** Makes renames in a folder durable. Windows has no such call and needs none: NTFS journals them. */
export function flushFolder(dir: string): void {
  if (process.platform === 'win32') return;
  const descriptor = openSync(dir, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
