/** The PRECIS profiles (RFC 8264): user names and passwords (RFC 8265), nicknames (RFC 8266). */

import { codePointsOf, derivedOf, mapWidth } from './code-points.ts';
import { PrecisError } from './errors.ts';
import { bidiRuleHolds, contextAllows, isRightToLeft } from './rules.ts';

const ASCII_IDENTIFIER = /^[\x21-\x7e]+$/;
const ASCII_FREEFORM = /^[\x20-\x7e]+$/;
const NON_ASCII_SPACE = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/g;

/**
 * User names compared without case: width, case, NFC, Bidi rule, IdentifierClass (RFC 8265 §3.3).
 * @throws PrecisError
 */
export function enforceUsernameCaseMapped(text: string): string {
  if (ASCII_IDENTIFIER.test(text)) return text.toLowerCase();
  return identifier(lowerCase(mapWidth(text)).normalize('NFC'));
}

/**
 * User names compared with case (RFC 8265 §3.4).
 * @throws PrecisError
 */
export function enforceUsernameCasePreserved(text: string): string {
  if (ASCII_IDENTIFIER.test(text)) return text;
  return identifier(mapWidth(text).normalize('NFC'));
}

/**
 * Passwords and resourceparts: other spaces become U+0020, NFC, FreeformClass (RFC 8265 §4.2).
 * @throws PrecisError
 */
export function enforceOpaqueString(text: string): string {
  if (ASCII_FREEFORM.test(text)) return text;
  return freeform(text.replace(NON_ASCII_SPACE, ' ').normalize('NFC'));
}

/**
 * Nicknames: spaces trimmed and collapsed, NFKC, FreeformClass (RFC 8266 §2.3).
 * @throws PrecisError
 */
export function enforceNickname(text: string): string {
  let before = text;
  // RFC 8264 section 7: a result that still changes after three more applications is refused.
  for (let round = 0; round < 4; round++) {
    const after = before
      .replace(NON_ASCII_SPACE, ' ')
      .replace(/^ +| +$/g, '')
      .replace(/ {2,}/g, ' ')
      .normalize('NFKC');
    if (after === before) return freeform(after);
    before = after;
  }
  throw new PrecisError('disallowed-character');
}

/** Each code point for itself, so that the lower case of a name does not depend on what follows it (no final sigma). */
export const lowerCase = (text: string): string => Array.from(text, (char) => char.toLowerCase()).join('');

function identifier(text: string): string {
  const codePoints = classChecked(text, 'PI');
  if (isRightToLeft(codePoints) && !bidiRuleHolds(codePoints)) throw new PrecisError('bidi');
  return text;
}

function freeform(text: string): string {
  classChecked(text, 'PIF');
  return text;
}

function classChecked(text: string, valid: string): number[] {
  if (text === '') throw new PrecisError('empty');
  const codePoints = codePointsOf(text);
  for (const [at, codePoint] of codePoints.entries()) {
    const derived = derivedOf(codePoint);
    if (valid.includes(derived)) continue;
    if ((derived === 'J' || derived === 'O') && contextAllows(codePoints, at)) continue;
    throw new PrecisError('disallowed-character');
  }
  return codePoints;
}
