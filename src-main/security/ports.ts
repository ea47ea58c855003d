/** What the pure layers (security, pki) take instead of globals (style rule 10). */

/** Milliseconds since the epoch, as the user's clock says. */
export interface Clock {
  now(): number;
}

/** Cryptographic randomness: `random(n)` gives n fresh octets from the system. */
export type Random = (octets: number) => Uint8Array;
