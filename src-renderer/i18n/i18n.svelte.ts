/** The language in use. Components read `i18n.t`; a change of language changes every sentence at once. */

import { isErrorKey } from './keys.ts';
import type { Catalogue, Sentence } from './catalogue.ts';
import { en } from './en.ts';

export type Language = 'en' | 'de';
export const languages = ['en', 'de'] as const satisfies readonly Language[];

/** The languages' own names, the same in every language. */
export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' };

class I18n {
  language: Language = $state('en');
  t: Catalogue = $state.raw(en);

  /** Loads a language's catalogue (English is there from the start) and switches to it. */
  async use(language: Language): Promise<void> {
    const t = language === 'de' ? (await import('./de.ts')).de : en;
    this.language = language;
    this.t = t;
    if (typeof document !== 'undefined') document.documentElement.lang = language;
  }

  /** The sentence of a code; a code that this page does not know gets that of `internal`. */
  error(code: string): Sentence {
    return this.t.errors[isErrorKey(this.t.errors, code) ? code : 'internal'];
  }
}

export const i18n = new I18n();

/** The language that a setting means, given what the system prefers. */
export function languageOf(setting: 'system' | Language, preferred: readonly string[]): Language {
  if (setting !== 'system') return setting;
  for (const tag of preferred) {
    const base = tag.split('-')[0]?.toLowerCase();
    if (base === 'en' || base === 'de') return base;
  }
  return 'en';
}
