/**
 * What a file may ask of us. A file is a stranger's until it is read, so everything it can make large is bounded before
 * any work is done for it.
 */

import { PkiError } from '../errors.ts';

/** Octets of one file. Lists of authorities and revocation lists run to some megabytes. */
export const MAX_FILE_OCTETS = 8 * 1024 * 1024;
/** Octets of one certificate or request. */
export const MAX_CERTIFICATE_OCTETS = 64 * 1024;
/** Certificates, keys, revocation lists and requests in one file, together. */
export const MAX_ITEMS = 10_000;
/** Nesting of BER values. */
export const MAX_DEPTH = 32;
/** BER values in a container, what it wraps not counted. */
export const MAX_NODES = 200_000;
/** Containers in containers: PKCS#12 lets bags hold bags. */
export const MAX_NESTED_BAGS = 4;

/** Rounds of all key derivations of one file together, each counted once for every block that it gives. */
const MAX_ROUNDS = 20_000_000;
/** scrypt (RFC 7914): octets of memory, and N · r · p. */
const MAX_SCRYPT_MEMORY = 256 * 1024 * 1024;
const MAX_SCRYPT_WORK = 2 ** 24;

/** What is left of a file's allowance for key derivation. */
export class Allowance {
  #rounds = MAX_ROUNDS;
  #scrypt = MAX_SCRYPT_WORK;

  /** Takes the rounds of one derivation. Throws `too-costly` before anything is spent on it. */
  spend(iterations: number, blocks: number): void {
    if (iterations < 1) throw new PkiError('damaged');
    this.#rounds -= iterations * blocks;
    if (this.#rounds < 0) throw new PkiError('too-costly');
  }

  /** The same for scrypt; `cost` is its N. */
  spendScrypt(cost: number, blockSize: number, parallel: number): void {
    const whole = [cost, blockSize, parallel].every((n) => Number.isSafeInteger(n) && n > 0);
    // RFC 7914, 6: N is a power of two and greater than 1
    if (!whole || cost < 2 || !Number.isInteger(Math.log2(cost))) throw new PkiError('damaged');
    this.#scrypt -= cost * blockSize * parallel;
    if (128 * cost * blockSize > MAX_SCRYPT_MEMORY || this.#scrypt < 0) throw new PkiError('too-costly');
  }
}
