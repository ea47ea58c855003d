/** When to try again (RFC 6120 §3.3), and when not to. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { Random } from './ports.ts';

const FIRST_MS = 1_000;
const MAX_MS = 60_000;
/** A connection that held this long was a good one: the next wait is short again. */
const GOOD_MS = 10_000;

/** What time or the network can mend. Everything else needs a person, above all what concerns the password. */
const MAY_PASS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'no-network',
  'server-not-found',
  'connect-timeout',
  'proxy-failed',
  'tls-required',
  'tls-failed',
  'server-certificate',
  'stream-error',
  'stream-malformed',
  'server-busy',
  'internal',
]);

export const mayPass = (code: ErrorCode): boolean => MAY_PASS.has(code);

export interface Backoff {
  /** Milliseconds to wait now: between half and all of 1 s, 2 s, 4 s ... 60 s. */
  next(): number;
  /** A connection stood for `ms`. */
  held(ms: number): void;
  reset(): void;
}

export function createBackoff(random: Random): Backoff {
  let failures = 0;
  return {
    next() {
      const ceiling = Math.min(MAX_MS, FIRST_MS * 2 ** failures);
      failures = Math.min(failures + 1, 16);
      const octets = random(4);
      const fraction = new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0) / 2 ** 32;
      return Math.round(ceiling / 2 + (ceiling / 2) * fraction);
    },
    held(ms) {
      if (ms >= GOOD_MS) failures = 0;
    },
    reset() {
      failures = 0;
    },
  };
}
