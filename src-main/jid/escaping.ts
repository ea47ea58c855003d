/** XEP-0106: JID escaping of a localpart, for addresses made of foreign names. */

const ESCAPES: Readonly<Record<string, string>> = {
  ' ': '\\20',
  '"': '\\22',
  '&': '\\26',
  "'": '\\27',
  '/': '\\2f',
  ':': '\\3a',
  '<': '\\3c',
  '>': '\\3e',
  '@': '\\40',
  '\\': '\\5c',
};
const UNESCAPES: ReadonlyMap<string, string> = new Map(Object.entries(ESCAPES).map(([char, escape]) => [escape, char]));

/** Escapes what a localpart may not hold; a backslash only where it would else read as an escape (XEP-0106 §4.2). */
export const escapeLocal = (text: string): string =>
  text.replace(/[ "&'/:<>@]|\\(?=20|22|26|27|2f|3a|3c|3e|40|5c)/g, (char) => ESCAPES[char] ?? char);

/** Undoes {@link escapeLocal}, for display; what is no escape stays as it is (XEP-0106 §4.3). */
export const unescapeLocal = (local: string): string =>
  local.replace(/\\(?:20|22|26|27|2f|3a|3c|3e|40|5c)/g, (escape) => UNESCAPES.get(escape) ?? escape);
