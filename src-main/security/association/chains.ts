import { prf, sha256, type HashName } from '../crypto/hash.ts';
import { LAST_N, type ChainState } from './association.ts';

/**
 * The hash ratchet (protocol 6.1): a key a message, for one direction of an association. Everything here is a value in,
 * a value out; nothing changes until the caller stores what came out.
 */

const ONE = Uint8Array.of(1);
const TWO = Uint8Array.of(2);

/** The receiver computes at most this many steps ahead. */
export const MAX_AHEAD = 10_000;
/** Octets of SHA-256(C) kept of each used n. */
export const TRACE_LENGTH = 8;

/** MK_n of the chain's own n, and the chain at n + 1. */
export function advance(hash: HashName, chain: ChainState): { readonly mk: Uint8Array; readonly next: ChainState } {
  return {
    // MK_n = prf(CK_n, 0x01)
    mk: prf(hash, chain.ck, ONE),
    // CK_(n+1) = prf(CK_n, 0x02)
    next: { ck: prf(hash, chain.ck, TWO), n: chain.n + 1 },
  };
}

/** KEK_n = the first 32 octets of prf(MK_n, "kek" | SHA-256(C)): the key that wraps is bound to what it protects. */
export function wrappingKey(hash: HashName, mk: Uint8Array, digestOfC: Uint8Array): Uint8Array {
  return prf(hash, mk, 'kek', digestOfC).subarray(0, 32);
}

/** What is kept of a used n, so that the same message again is told from another under the same number. */
export function traceOf(digestOfC: Uint8Array): Uint8Array {
  const trace = new Uint8Array(TRACE_LENGTH);
  trace.set(digestOfC.subarray(0, TRACE_LENGTH));
  return trace;
}

/** SHA-256(C), C the decoded octets of EncryptedData's CipherValue. */
export const digestOf = (c: Uint8Array): Uint8Array => sha256(c);

export interface SkippedKey {
  readonly n: number;
  readonly mk: Uint8Array;
}

/** What a received message changes once it passed every check, all in the transaction that stores it. */
export interface ReceiveChange {
  readonly receive: ChainState;
  /** Message keys of the numbers jumped over, to be kept 30 days. */
  readonly skipped: readonly SkippedKey[];
  /** The n whose kept key was used and is to be erased, if it was one. */
  readonly unskipped?: number;
}

/** What the store keeps of an association's numbers. Both look-ups are synchronous and change nothing. */
export interface Numbers {
  /** The message key kept for an n that was jumped over. */
  skipped(n: number): Uint8Array | undefined;
  /** The trace of an n that was used. */
  used(n: number): Uint8Array | undefined;
}

/**
 * MK_n for a received n, and what changes if the message holds; undefined where there is none: n beyond the last, further
 * ahead than we compute, or behind with its key used or gone.
 * @param last the last n of a chain: 9,999 on an association, 99,999 in a room
 */
export function messageKey(
  hash: HashName,
  chain: ChainState,
  n: number,
  skipped: Numbers['skipped'],
  last: number = LAST_N,
): { readonly mk: Uint8Array; readonly change: ReceiveChange } | undefined {
  if (n < 0 || n > last || n - chain.n > MAX_AHEAD) return undefined;
  if (n < chain.n) {
    const mk = skipped(n);
    return mk === undefined ? undefined : { mk, change: { receive: chain, skipped: [], unskipped: n } };
  }
  const jumped: SkippedKey[] = [];
  let state = chain;
  for (;;) {
    const { mk, next } = advance(hash, state);
    if (state !== chain) state.ck.fill(0);
    if (state.n === n) return { mk, change: { receive: next, skipped: jumped } };
    jumped.push({ n: state.n, mk });
    state = next;
  }
}
