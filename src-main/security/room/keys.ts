/** The formulas of protocol 8. All keys are 32 octets, all hashes SHA-256. */

import { hexUpper } from '../crypto/encoding.ts';
import { prf } from '../crypto/hash.ts';

const hmac = (key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Uint8Array => prf('sha256', key, ...parts);

/** kek(K) = HMAC-SHA-256(K, "wrap"): what wraps a parent's key for a node. */
export const kek = (key: Uint8Array): Uint8Array => hmac(key, 'wrap');

/** adv(K) = HMAC-SHA-256(K, "next"): what becomes of a key that was used. */
export const adv = (key: Uint8Array): Uint8Array => hmac(key, 'next');

/** confirm = the first 16 octets of HMAC-SHA-256(RK, "confirm"), in hex */
export const confirmOf = (rk: Uint8Array): string => hexUpper(hmac(rk, 'confirm').subarray(0, 16));

/** The secret tree's root: HMAC-SHA-256(RK, "epoch" | C_e) */
export const epochSecret = (rk: Uint8Array, c: Uint8Array): Uint8Array => hmac(rk, 'epoch', c);

/** A node's secret S gives HMAC-SHA-256(S, "left") and HMAC-SHA-256(S, "right") to its children. */
export const leftOf = (secret: Uint8Array): Uint8Array => hmac(secret, 'left');
export const rightOf = (secret: Uint8Array): Uint8Array => hmac(secret, 'right');

/** content key = HMAC-SHA-256(MK_n, "cek") */
export const contentKey = (mk: Uint8Array): Uint8Array => hmac(mk, 'cek');
