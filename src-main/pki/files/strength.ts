/**
 * How hard a passphrase is to guess, roughly: enough to refuse what falls in a day. A file with a private key is tried
 * offline by whoever gets it, so what is asked for here is more than for a lock that counts tries.
 */

export type Strength = 'weak' | 'fair' | 'strong';

/** Bits from which on 600,000 rounds a guess keep whole organisations busy for years. */
const STRONG_BITS = 50;
const FAIR_BITS = 35;

/** A word, however long, is one of a list of some thousands; letters beyond eight tell little more (compounds, prose). */
const WORD_BITS = 13;
const WORD_LETTERS = 8;
const FURTHER_LETTER_BITS = 2;
const LETTER_BITS = 4.7;
const DIGIT_BITS = 3.3;
/** A year or a mark behind a word. */
const BEHIND_BITS = 2;
const MIXED_BITS = 5.5;
/** An ideograph is a word of its own. */
const IDEOGRAPH_BITS = 8;

/** Beginnings that people choose. */
const COMMON = /^(?:pass|passw|geheim|qwert|azerty|letmein|admin|welcome|hallo|hello|iloveyou|dragon|monkey|signet|0?123|abc)/i;

/** A judgement on a passphrase as typed. Every repetition and every run along the alphabet or the digits counts once. */
export function strength(passphrase: string): Strength {
  const bits = bitsOf(passphrase.normalize('NFKC'));
  if (bits >= STRONG_BITS) return 'strong';
  return bits >= FAIR_BITS ? 'fair' : 'weak';
}

function bitsOf(text: string): number {
  const tokens = text.split(/[\s\-_.,;:]+/).filter((token) => token !== '');
  // The same word again is no new one.
  const distinct = [...new Set(tokens.map((token) => token.toLowerCase()))].map((lower) =>
    tokens.find((token) => token.toLowerCase() === lower),
  );
  return distinct.reduce((sum, token) => sum + tokenBits(token ?? ''), 0);
}

function tokenBits(token: string): number {
  const characters = Array.from(withoutRuns(token));
  const length = characters.length;
  if (COMMON.test(token))
    return Math.min(length * LETTER_BITS, WORD_BITS / 2 + FURTHER_LETTER_BITS * Math.max(0, length - WORD_LETTERS));
  if (/^\d+$/.test(token)) return length * DIGIT_BITS;
  const ideographs = characters.filter((c) => /\p{Script=Han}/u.test(c)).length;
  if (ideographs === length) return ideographs * IDEOGRAPH_BITS;
  // A word with a capital first and digits or a mark behind is still a word.
  const [, letters, behind] = /^(\p{L}\p{Ll}*|\p{Lu}+)([\d!?$*+#]{0,6})$/u.exec(characters.join('')) ?? [];
  if (letters === undefined) return length * MIXED_BITS;
  const word =
    Math.min(letters.length * LETTER_BITS, WORD_BITS) + FURTHER_LETTER_BITS * Math.max(0, letters.length - WORD_LETTERS);
  return word + (behind ?? '').length * BEHIND_BITS;
}

/** Drops each character that only repeats the one before or goes on after it by one, up or down. */
function withoutRuns(token: string): string {
  let out = '';
  let before = NaN;
  for (const character of token) {
    const code = character.codePointAt(0) ?? 0;
    if (!(Math.abs(code - before) <= 1)) out += character;
    before = code;
  }
  return out;
}
