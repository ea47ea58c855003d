/** Character classes of XML 1.0 (fifth edition) and XML Names 1.0, for what the SAX library does not check and for writing. */

/** Anything outside the Char production, lone surrogates included. */
const ILLEGAL = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;
const LONE_SURROGATE = /\p{Surrogate}/u;

// NameStartChar without the colon; NameChar likewise (XML Names 1.0, production 4).
const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}';
const NC_NAME = new RegExp(`^[${START}][\\u{300}-\\u{36F}${START}\\-.0-9\\u{B7}\\u{203F}-\\u{2040}]*$`, 'u');

/** True where XML 1.0 cannot carry the text, even as character references. */
export const hasIllegalCharacter = (text: string): boolean => ILLEGAL.test(text);
export const hasLoneSurrogate = (text: string): boolean => LONE_SURROGATE.test(text);
/** A name without a colon: all that a local name or a prefix may be. */
export const isNcName = (name: string): boolean => NC_NAME.test(name);

/** The index of the first character at or after `from` that is not XML white space; the length where there is none. */
export function skipWhiteSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length) {
    const c = text.charCodeAt(at);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) break;
    at++;
  }
  return at;
}

export const isWhiteSpace = (text: string): boolean => skipWhiteSpace(text, 0) === text.length;
