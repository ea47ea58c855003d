/** Consistent colours (XEP-0392): a hue from the address, so that a person has one colour everywhere. */

import { sha1 } from '@noble/hashes/legacy.js';
import { Hsluv } from 'hsluv';

/** Dark enough that white initials on it meet AA (4.5 : 1) at every hue. */
const LIGHTNESS = 40;

/** XEP-0392 5.1: the first two octets of SHA-1, little endian, as a fraction of 360 degrees. */
export function hueOf(text: string): number {
  const hash = sha1(new TextEncoder().encode(text));
  const value = (hash[0] ?? 0) | ((hash[1] ?? 0) << 8);
  return (value / 65_536) * 360;
}

const cache = new Map<string, string>();

/** `#rrggbb` for an address. */
export function colourOf(text: string): string {
  let colour = cache.get(text);
  if (colour === undefined) {
    const c = new Hsluv();
    c.hsluv_h = hueOf(text);
    c.hsluv_s = 100;
    c.hsluv_l = LIGHTNESS;
    c.hsluvToHex();
    colour = c.hex;
    if (cache.size > 5000) cache.clear();
    cache.set(text, colour);
  }
  return colour;
}
