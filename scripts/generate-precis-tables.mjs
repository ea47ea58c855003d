/**
 * Makes src-main/jid/tables.ts from the Unicode Character Database (Debian package `unicode-data`).
 *
 *   node scripts/generate-precis-tables.mjs [/usr/share/unicode]
 *
 * RegExp knows no Bidi_Class, Joining_Type or decomposition types, and its Unicode version is the engine's: all tables come
 * from one version of the database instead, so that an address is prepared alike under every Node and Electron.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const source = process.argv[2] ?? '/usr/share/unicode';
const LIMIT = 0x110000;
const read = (file) => readFileSync(path.join(source, file), 'utf8');

/** Calls `each(first, last, fields)` for every line of a UCD file in the usual form. */
function lines(file, each) {
  for (const line of read(file).split('\n')) {
    const fields = line
      .replace(/#.*/, '')
      .split(';')
      .map((f) => f.trim());
    const range = /^([0-9A-F]{4,6})(?:\.\.([0-9A-F]{4,6}))?$/.exec(fields[0]);
    if (range) each(parseInt(range[1], 16), parseInt(range[2] ?? range[1], 16), fields);
  }
}

/** The property's value for each code point. */
function property(file, missing, pick = (fields) => fields[1]) {
  const values = new Array(LIMIT).fill(missing);
  lines(file, (first, last, fields) => {
    const value = pick(fields);
    if (value !== undefined) values.fill(value, first, last + 1);
  });
  return values;
}

const set = (file, names, field = 1) => property(file, false, (fields) => (names.includes(fields[field]) ? true : undefined));

const category = property('extracted/DerivedGeneralCategory.txt', 'Cn');
const combining = property('extracted/DerivedCombiningClass.txt', '0');
const joining = property('extracted/DerivedJoiningType.txt', 'U');
const hangul = property('HangulSyllableType.txt', 'NA');
const joinControl = set('PropList.txt', ['Join_Control']);
const nonCharacter = set('PropList.txt', ['Noncharacter_Code_Point']);
const whiteSpace = set('PropList.txt', ['White_Space']);
const ignorable = set('DerivedCoreProperties.txt', ['Default_Ignorable_Code_Point']);
const bidi = property('extracted/DerivedBidiClass.txt', 'L');
const ignoredBlock = set('Blocks.txt', [
  'Combining Diacritical Marks for Symbols',
  'Musical Symbols',
  'Ancient Greek Musical Notation',
]);

const folding = new Map();
lines('CaseFolding.txt', (cp, _last, [, status, mapping]) => {
  if (status === 'C' || status === 'F') folding.set(cp, String.fromCodePoint(...mapping.split(' ').map((h) => parseInt(h, 16))));
});
const nfkc = (text) => text.normalize('NFKC');
const fold = (text) => Array.from(text, (c) => folding.get(c.codePointAt(0)) ?? c).join('');

// RFC 5892 section 2.6, taken over by RFC 8264 section 9.6
const exceptions = new Map();
for (const cp of [0xdf, 0x3c2, 0x6fd, 0x6fe, 0xf0b, 0x3007]) exceptions.set(cp, 'P');
for (const cp of [0xb7, 0x375, 0x5f3, 0x5f4, 0x30fb]) exceptions.set(cp, 'O');
for (let digit = 0; digit < 10; digit++) exceptions.set(0x660 + digit, 'O').set(0x6f0 + digit, 'O');
for (const cp of [0x640, 0x7fa, 0x302e, 0x302f, 0x3031, 0x3032, 0x3033, 0x3034, 0x3035, 0x303b]) exceptions.set(cp, 'D');

const LETTER_DIGITS = ['Ll', 'Lu', 'Lo', 'Nd', 'Lm', 'Mn', 'Mc'];
// OtherLetterDigits, Spaces, Symbols, Punctuation: RFC 8264 sections 9.18, 9.14, 9.15, 9.16
const FREE = ['Lt', 'Nl', 'No', 'Me', 'Zs', 'Sm', 'Sc', 'Sk', 'So', 'Pc', 'Pd', 'Ps', 'Pe', 'Pi', 'Pf', 'Po'];

/** RFC 5892 section 3: PVALID in a label of a domain name. */
function idnaValid(cp, char) {
  if (cp < 0x80) return /[-0-9a-z]/.test(char);
  if (nfkc(fold(nfkc(char))) !== char) return false;
  if (whiteSpace[cp] || ignorable[cp] || nonCharacter[cp] || ignoredBlock[cp]) return false;
  return LETTER_DIGITS.includes(category[cp]);
}

/**
 * RFC 8264 section 8. P: valid everywhere; I: in both PRECIS classes, not in a domain label; F: in the FreeformClass only;
 * J, O: by context; U: unassigned; D: disallowed.
 */
function derived(cp) {
  const exception = exceptions.get(cp);
  if (exception) return exception;
  if (category[cp] === 'Cn' && !nonCharacter[cp]) return 'U';
  if (category[cp] === 'Cs') return 'D';
  const char = String.fromCodePoint(cp);
  if (cp >= 0x21 && cp <= 0x7e) return idnaValid(cp, char) ? 'P' : 'I';
  if (joinControl[cp]) return 'J';
  if (['L', 'V', 'T'].includes(hangul[cp])) return 'D';
  if (ignorable[cp] || nonCharacter[cp]) return 'D';
  if (category[cp] === 'Cc') return 'D';
  if (nfkc(char) !== char) return 'F';
  if (LETTER_DIGITS.includes(category[cp])) return idnaValid(cp, char) ? 'P' : 'I';
  return FREE.includes(category[cp]) ? 'F' : 'D';
}

// RFC 5893 section 2: one letter a class, X for those that no label may hold
const BIDI = { L: 'L', R: 'R', AL: 'A', AN: 'N', EN: 'E', ES: 'S', CS: 'C', ET: 'T', ON: 'O', BN: 'B', NSM: 'M' };

/** `<class><length in base 36>` for each run of equal values, from U+0000 on. */
function pack(valueOf) {
  let out = '';
  for (let cp = 0; cp < LIMIT;) {
    const value = valueOf(cp);
    let end = cp + 1;
    while (end < LIMIT && valueOf(end) === value) end++;
    out += value + (end - cp).toString(36);
    cp = end;
  }
  return out;
}

// UnicodeData.txt, field 5: <wide> and <narrow> decompositions
const width = [];
lines('UnicodeData.txt', (cp, _last, fields) => {
  const mapping = /^<(?:wide|narrow)> ([0-9A-F]+)$/.exec(fields[5]);
  if (mapping) width.push([cp, parseInt(mapping[1], 16)]);
});
/** `<from> <to> <length>` in base 36 for each run in which both go up by one. */
const widthRuns = [];
for (const [from, to] of width) {
  const last = widthRuns.at(-1);
  if (last && last[0] + last[2] === from && last[1] + last[2] === to) last[2]++;
  else widthRuns.push([from, to, 1]);
}

const classes = Array.from({ length: LIMIT }, (_, cp) => derived(cp));
const version = /DerivedAge-([0-9.]+)\.txt/.exec(read('DerivedAge.txt'))?.[1];
const constant = (name, about, value) => `/** ${about} */\nexport const ${name} =\n  '${value}';\n`;
const out =
  `/** Made by scripts/generate-precis-tables.mjs from Unicode ${version}; do not edit. Runs: \`<class><length in base 36>\`. */\n\n` +
  [
    constant(
      'DERIVED',
      'RFC 8264 section 8, with RFC 5892 section 3: see code-points.ts',
      pack((cp) => classes[cp]),
    ),
    constant(
      'BIDI',
      'Bidi_Class as RFC 5893 section 2 asks for it',
      pack((cp) => BIDI[bidi[cp]] ?? 'X'),
    ),
    constant(
      'JOINING',
      'Joining_Type L, R, D, T; X for others',
      pack((cp) => (['L', 'R', 'D', 'T'].includes(joining[cp]) ? joining[cp] : 'X')),
    ),
    constant(
      'VIRAMA',
      'V: Canonical_Combining_Class 9',
      pack((cp) => (combining[cp] === '9' ? 'V' : 'X')),
    ),
    constant(
      'MARK',
      'M: General_Category Mn, Mc or Me',
      pack((cp) => (/^M/.test(category[cp]) ? 'M' : 'X')),
    ),
    constant(
      'WIDTH',
      'Wide and narrow decompositions: `<from> <to> <length>` in base 36',
      widthRuns.map((r) => r.map((n) => n.toString(36)).join(' ')).join(','),
    ),
  ].join('\n');
writeFileSync(path.resolve(import.meta.dirname, '../src-main/jid/tables.ts'), out);
process.stdout.write(`Unicode ${version}, ${out.length} characters\n`);
