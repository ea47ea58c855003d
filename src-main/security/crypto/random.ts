import { randomBytes } from 'node:crypto';
import type { Random } from '../ports.ts';

/**
 * The system's randomness, for the port that everything pure takes. Each call has memory of its own, so that a key can
 * be erased without touching a neighbour.
 */
export const systemRandom: Random = (octets) => new Uint8Array(randomBytes(octets));
