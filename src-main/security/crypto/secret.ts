import { timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * Key material. It prints as `[secret]` wherever it ends up, compares in constant time and can be erased. Erasing is
 * best effort: the garbage collector may have moved the octets before, which JavaScript cannot prevent.
 */
export class Secret {
  readonly #octets: Uint8Array;
  #wiped = false;

  /** Takes ownership of `octets`: the caller keeps no other reference to them. */
  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  get length(): number {
    return this.#octets.length;
  }

  /** The octets themselves, not a copy. Throws once wiped, so that a used key cannot quietly be all zero. */
  reveal(): Uint8Array {
    if (this.#wiped) throw new Error('secret used after it was wiped');
    return this.#octets;
  }

  /** Constant-time comparison. */
  equals(other: Secret): boolean {
    const a = this.reveal();
    const b = other.reveal();
    return a.length === b.length && timingSafeEqual(a, b);
  }

  wipe(): void {
    this.#octets.fill(0);
    this.#wiped = true;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }
}
