import { BIDI, DERIVED, JOINING, MARK, VIRAMA, WIDTH } from './tables.ts';

/**
 * RFC 8264 section 8 and RFC 5892 section 3 in one letter: P valid everywhere; I in both PRECIS classes, not in a domain
 * label; F in the FreeformClass only; J and O by context (CONTEXTJ, CONTEXTO); U unassigned; D disallowed.
 */
export type Derived = 'P' | 'I' | 'F' | 'J' | 'O' | 'U' | 'D';

/** Runs of code points of equal value, unpacked on first use. */
class RunTable {
  readonly #packed: string;
  #starts: Uint32Array | undefined;
  #values = '';

  constructor(packed: string) {
    this.#packed = packed;
  }

  at(codePoint: number): string {
    const starts = this.#starts ?? this.#unpack();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= codePoint) low = middle;
      else high = middle - 1;
    }
    return this.#values.charAt(low);
  }

  #unpack(): Uint32Array {
    const starts: number[] = [];
    let next = 0;
    for (const [, value = '', length = ''] of this.#packed.matchAll(/([A-Z])([0-9a-z]+)/g)) {
      starts.push(next);
      this.#values += value;
      next += parseInt(length, 36);
    }
    return (this.#starts = Uint32Array.from(starts));
  }
}

const derived = new RunTable(DERIVED);
const bidi = new RunTable(BIDI);
const joining = new RunTable(JOINING);
const virama = new RunTable(VIRAMA);
const mark = new RunTable(MARK);

export const derivedOf = (codePoint: number): Derived => derived.at(codePoint) as Derived;
/** L, R, A (AL), N (AN), E (EN), S (ES), C (CS), T (ET), O (ON), B (BN), M (NSM), X (any other). */
export const bidiClassOf = (codePoint: number): string => bidi.at(codePoint);
/** L, R, D, T, X (any other). */
export const joiningTypeOf = (codePoint: number): string => joining.at(codePoint);
export const isVirama = (codePoint: number): boolean => virama.at(codePoint) === 'V';
export const isMark = (codePoint: number): boolean => mark.at(codePoint) === 'M';

let widths: ReadonlyMap<number, number> | undefined;

function widthMap(): ReadonlyMap<number, number> {
  const map = new Map<number, number>();
  for (const run of WIDTH.split(',')) {
    const [from = 0, to = 0, length = 0] = run.split(' ').map((n) => parseInt(n, 36));
    for (let i = 0; i < length; i++) map.set(from + i, to + i);
  }
  return (widths = map);
}

/** Fullwidth and halfwidth code points become their decompositions (RFC 8265 §3.3.2, rule 1). */
export function mapWidth(text: string): string {
  const map = widths ?? widthMap();
  return text.replace(/[\u3000\uff01-\uffef]/g, (char) => {
    const to = map.get(char.charCodeAt(0));
    return to === undefined ? char : String.fromCharCode(to);
  });
}

export const codePointsOf = (text: string): number[] => Array.from(text, (char) => char.codePointAt(0) ?? 0);
