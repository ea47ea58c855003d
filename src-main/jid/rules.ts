/** The contextual rules of RFC 5892 appendix A and the Bidi rule of RFC 5893, over arrays of code points. */

import { bidiClassOf, isVirama, joiningTypeOf } from './code-points.ts';

const script = (name: string): RegExp => new RegExp(`^\\p{Script=${name}}$`, 'u');
const GREEK = script('Greek');
const HEBREW = script('Hebrew');
const KANA_OR_HAN = /^[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]$/u;

const of = (codePoint: number | undefined, pattern: RegExp): boolean =>
  codePoint !== undefined && pattern.test(String.fromCodePoint(codePoint));

/** Whether a CONTEXTJ or CONTEXTO code point may stand at `at`. */
export function contextAllows(text: readonly number[], at: number): boolean {
  const before = text[at - 1];
  const after = text[at + 1];
  const codePoint = text[at] ?? 0;
  switch (codePoint) {
    case 0x200c: // A.1 zero width non-joiner
      return (before !== undefined && isVirama(before)) || joins(text, at);
    case 0x200d: // A.2 zero width joiner
      return before !== undefined && isVirama(before);
    case 0xb7: // A.3 middle dot
      return before === 0x6c && after === 0x6c;
    case 0x375: // A.4 Greek lower numeral sign
      return of(after, GREEK);
    case 0x5f3: // A.5, A.6 Hebrew geresh and gershayim
    case 0x5f4:
      return of(before, HEBREW);
    case 0x30fb: // A.7 Katakana middle dot
      return text.some((c) => of(c, KANA_OR_HAN));
    default:
      // A.8, A.9: Arabic-Indic digits and extended ones do not mix
      if (codePoint >= 0x660 && codePoint <= 0x669) return !text.some((c) => c >= 0x6f0 && c <= 0x6f9);
      if (codePoint >= 0x6f0 && codePoint <= 0x6f9) return !text.some((c) => c >= 0x660 && c <= 0x669);
      return false;
  }
}

/** (Joining_Type:{L,D})(Joining_Type:T)* ZWNJ (Joining_Type:T)*(Joining_Type:{R,D})   [RFC 5892 A.1] */
function joins(text: readonly number[], at: number): boolean {
  const neighbour = (step: 1 | -1): string => {
    for (let i = at + step; i >= 0 && i < text.length; i += step) {
      const type = joiningTypeOf(text[i] ?? 0);
      if (type !== 'T') return type;
    }
    return 'X';
  };
  return 'LD'.includes(neighbour(-1)) && 'RD'.includes(neighbour(1));
}

/** True with a character of Bidi class R, AL or AN. */
export const isRightToLeft = (text: readonly number[]): boolean => text.some((c) => 'RAN'.includes(bidiClassOf(c)));

/** RFC 5893 section 2, the six conditions. */
export function bidiRuleHolds(text: readonly number[]): boolean {
  const classes = text.map(bidiClassOf).join('');
  // 1: the first is L, or R or AL. 2 to 4: right to left. 5, 6: left to right.
  if (/^[RA]/.test(classes)) return /^[RANESCTOBM]*[RAEN]M*$/.test(classes) && !(classes.includes('E') && classes.includes('N'));
  return /^L([LESCTOBM]*[LE])?M*$/.test(classes);
}
