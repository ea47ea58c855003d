/** How programs turn the password that somebody typed into octets. They never agreed; so a reader tries what is in use. */

import { utf8 } from '../../security/crypto/encoding.ts';

/** One spelling of a password, for each of the two ways in which files use it. */
export interface Spelling {
  /** For PKCS#12's own derivation: a BMPString with two zero octets at the end (RFC 7292, B.1); empty where there is no password. */
  readonly bmp: Uint8Array;
  /** For PBKDF2, scrypt and the derivations of PKCS#5 and OpenSSL. */
  readonly octets: Uint8Array;
}

/** UTF-16, big endian, terminated. Characters outside the BMP become surrogate pairs, as everybody writes them. */
function bmp(text: string): Uint8Array {
  const out = Buffer.alloc(2 * text.length + 2);
  for (let at = 0; at < text.length; at++) out.writeUInt16BE(text.charCodeAt(at), 2 * at);
  return out;
}

/** The password that new files are written with: NFC, since that is how keyboards type it (RFC 8265 asks for the same). */
export function spell(password: string): Spelling {
  const text = password.normalize('NFC');
  return { bmp: bmp(text), octets: utf8(text) };
}

/**
 * The spellings to try, likeliest first. For plain ASCII there is one; for no password both the absent and the empty one;
 * for others also the password as typed, and each octet of its UTF-8 or Latin-1 as a character, which is what OpenSSL before
 * 1.1.0 and its imitators wrote.
 */
export function spellings(password: string | undefined): readonly Spelling[] {
  if (password === undefined || password === '')
    return [
      { bmp: bmp(''), octets: new Uint8Array() },
      { bmp: new Uint8Array(), octets: new Uint8Array() },
    ];
  const first = spell(password);
  if (/^[\x00-\x7f]*$/.test(password)) return [first];
  const typed = { bmp: bmp(password), octets: utf8(password) };
  const octetwise = { bmp: bmp(Buffer.from(password).toString('latin1')), octets: Buffer.from(password, 'latin1') };
  return distinct([first, typed, octetwise, { bmp: first.bmp, octets: first.bmp }]);
}

function distinct(all: readonly Spelling[]): readonly Spelling[] {
  const key = ({ bmp, octets }: Spelling): string => `${Buffer.from(bmp).toString('hex')}/${Buffer.from(octets).toString('hex')}`;
  return [...new Map(all.map((spelling) => [key(spelling), spelling] as const)).values()];
}

/** Erases the octets of spellings that are no longer needed. */
export function wipe(all: readonly Spelling[]): void {
  for (const { bmp, octets } of all) {
    bmp.fill(0);
    octets.fill(0);
  }
}
