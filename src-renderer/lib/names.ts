/** How people are named and told apart on the screen. */

import { localOf, type BareJid } from '../../src-shared/jid.ts';

/** The name the user gave, else the local part, else the whole address. */
export function displayName(jid: BareJid, name?: string): string {
  const given = name?.trim();
  if (given !== undefined && given !== '') return given;
  return localOf(jid) ?? jid;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first grapheme of the first two words, for an avatar without a picture. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/u).filter((w) => w !== '');
  const first = (word: string | undefined): string => {
    for (const { segment } of graphemes.segment(word ?? '')) return segment.toUpperCase();
    return '';
  };
  const [a, b] = [first(words[0]), first(words[1])];
  return a === '' ? '?' : a + b;
}

/** What a search compares: without case and without accents. */
export const folded = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

/** Whether a typed address can be one at all; the engine prepares it and has the last word (`bad-jid`). */
export const looksLikeAddress = (text: string): boolean => /^[^\s@/]+@[^\s@/]+$/u.test(text.trim());
