/** Times as people read them: relative in lists, exact on hover. Formats are made once a language. */

import type { Language } from './i18n.svelte.ts';

interface Formats {
  readonly clock: Intl.DateTimeFormat;
  readonly weekday: Intl.DateTimeFormat;
  readonly date: Intl.DateTimeFormat;
  readonly dateYear: Intl.DateTimeFormat;
  readonly day: Intl.DateTimeFormat;
  readonly exact: Intl.DateTimeFormat;
}
const cache = new Map<Language, Formats>();

function formats(language: Language): Formats {
  let f = cache.get(language);
  if (!f) {
    const make = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(language, options);
    f = {
      clock: make({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
      weekday: make({ weekday: 'short' }),
      date: make({ day: 'numeric', month: 'short' }),
      dateYear: make({ day: 'numeric', month: 'short', year: 'numeric' }),
      day: make({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }),
      exact: make({ dateStyle: 'full', timeStyle: 'medium' }),
    };
    cache.set(language, f);
  }
  return f;
}

/** The day in local time as `YYYY-MM-DD`: what day separators compare. */
export function dayKey(at: number): string {
  const d = new Date(at);
  return `${String(d.getFullYear())}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

/** Whole local days from `at` to `now`. */
function daysAgo(at: number, now: number): number {
  const midnight = (ms: number) => new Date(ms).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}

/** 12:41 today, `yesterday`, Mon within a week, else the date. */
export function listTime(at: number, now: number, language: Language, yesterday: string): string {
  const f = formats(language);
  const days = daysAgo(at, now);
  if (days <= 0) return f.clock.format(at);
  if (days === 1) return yesterday;
  if (days < 7) return f.weekday.format(at);
  return (new Date(at).getFullYear() === new Date(now).getFullYear() ? f.date : f.dateYear).format(at);
}

export const clockTime = (at: number, language: Language): string => formats(language).clock.format(at);
export const exactTime = (at: number, language: Language): string => formats(language).exact.format(at);
export const dateOf = (at: number, language: Language): string => formats(language).dateYear.format(at);

/** The text of a day separator. */
export function dayName(at: number, now: number, language: Language, words: { today: string; yesterday: string }): string {
  const days = daysAgo(at, now);
  if (days === 0) return words.today;
  if (days === 1) return words.yesterday;
  return formats(language).day.format(at);
}
