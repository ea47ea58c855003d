import type { Random } from './ports.ts';

/** rpad (protocol 6.2): random A-Z a-z 0-9 that brings an envelope to one of a few lengths. */

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** The letter of six bits; 0 for the two values that have none. */
const LETTER = Uint8Array.from({ length: 64 }, (_, i) => (i < LETTERS.length ? LETTERS.charCodeAt(i) : 0));

/** The next of 512, 1024, 2048, then multiples of 4096 octets. */
export function paddedLength(octets: number): number {
  if (octets <= 512) return 512;
  if (octets <= 1024) return 1024;
  if (octets <= 2048) return 2048;
  return Math.ceil(octets / 4096) * 4096;
}

/** The padding of an envelope that has this many octets without it. */
export function padding(octets: number, random: Random): string {
  const length = paddedLength(octets) - octets;
  const out = Buffer.allocUnsafe(length);
  let at = 0;
  while (at < length) {
    // Six bits a character; the two values without a letter are drawn again, so that all 62 are as likely.
    const drawn = random(length - at + ((length - at) >> 4) + 4);
    for (let i = 0; i < drawn.length && at < length; i++) {
      const letter = LETTER[(drawn[i] ?? 0) & 63] ?? 0;
      if (letter !== 0) out[at++] = letter;
    }
  }
  return out.toString('latin1');
}

/** Whether a received rpad has only these characters. */
export const isPadding = (text: string): boolean => /^[A-Za-z0-9]*$/.test(text);
