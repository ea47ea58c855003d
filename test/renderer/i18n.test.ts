/** Two languages, each complete, each its own. */

import { describe, expect, it } from 'vitest';
import { errorTexts } from '../../src-shared/errors.ts';
import { de } from '../../src-renderer/i18n/de.ts';
import { en } from '../../src-renderer/i18n/en.ts';
import { i18n, languageOf } from '../../src-renderer/i18n/i18n.svelte.ts';
import { dayKey, dayName, listTime } from '../../src-renderer/i18n/time.ts';

type Leaf = readonly [path: string, text: string];

/** Every string, functions called with samples. */
function leaves(value: unknown, path = ''): readonly Leaf[] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function') {
    const call = value as (...args: readonly unknown[]) => string;
    return [
      [`${path}(1)`, call(1, 1, 1)],
      [`${path}(2)`, call(2, 2, 2)],
      [`${path}(name)`, call('Zoë', 'Zoë', 'Zoë')],
    ];
  }
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`));
  }
  throw new Error(`not a string: ${path}`);
}

const english = new Map(leaves(en));
const german = new Map(leaves(de));

/** Words that are the same in both languages. */
const same = new Set([
  'app.name',
  'signIn.addressExample',
  'vault.passphrase',
  'settings.passphrase',
  'details.agreement',
  'presence.offline',
  'shortcuts.keys.alt',
  'shortcuts.keys.esc',
  'list.mine(name)',
]);

describe('the catalogue', () => {
  it('has the same places in both languages, none empty', () => {
    expect([...german.keys()]).toEqual([...english.keys()]);
    for (const [path, text] of [...english, ...german]) expect(text.trim(), path).not.toBe('');
  });

  it('has no English left over in German', () => {
    const left = [...german].filter(([path, text]) => {
      const original = english.get(path) ?? '';
      return text === original && /\p{L}{3}/u.test(text.replaceAll('Zoë', '')) && !same.has(path);
    });
    expect(left).toEqual([]);
  });

  it('has no English words in German sentences', () => {
    const words = /\b(the|your|you|message|contact|key|password|with|and|not|sent|protected|server said)\b/i;
    expect([...german].filter(([, text]) => words.test(text))).toEqual([]);
  });

  it('does not shout', () => {
    expect([...english, ...german].filter(([, text]) => text.includes('!'))).toEqual([]);
  });

  it('has a sentence and a next step for every error of the contract', () => {
    for (const code of Object.keys(errorTexts)) {
      expect(german.has(`errors.${code}.message`), code).toBe(true);
      expect(german.has(`errors.${code}.hint`), code).toBe(true);
    }
  });

  it('counts as the language counts', () => {
    expect(en.list.unreadCount(1)).toBe('1 unread message');
    expect(en.list.unreadCount(1200)).toBe('1,200 unread messages');
    expect(de.list.unreadCount(1)).toBe('1 ungelesene Nachricht');
    expect(de.list.unreadCount(1200)).toBe('1.200 ungelesene Nachrichten');
  });

  it('uses the same seven protection words as the design', () => {
    expect(Object.values(en.protection.pill).map((pill) => pill('Bob'))).toEqual([
      'Protected · verified',
      'Protected',
      'Sealed',
      'Protected · waits for Bob',
      'New key – check',
      'Stopped',
      'Not protected',
    ]);
  });
});

describe('the language', () => {
  it('follows the system where asked, English otherwise', () => {
    expect(languageOf('system', ['fr', 'de-AT', 'en'])).toBe('de');
    expect(languageOf('system', ['fr'])).toBe('en');
    expect(languageOf('de', ['en'])).toBe('de');
  });

  it('says something even for a code it does not know', () => {
    expect(i18n.error('from-the-future').message).toBe(errorTexts.internal.message);
    expect(i18n.error('toString').message).toBe(errorTexts.internal.message);
  });
});

describe('times', () => {
  const now = new Date(2026, 10, 23, 12, 0).getTime();
  const at = (day: number, month = 10, year = 2026) => new Date(year, month, day, 23, 59).getTime();

  it('are relative in lists', () => {
    const time = (t: number) => listTime(t, now, 'en', 'Yesterday');
    expect(time(new Date(2026, 10, 23, 9, 5).getTime())).toBe('09:05');
    expect(time(at(22))).toBe('Yesterday');
    expect(time(at(20))).toBe('Fri');
    expect(time(at(2))).toBe('Nov 2');
    expect(time(at(2, 0, 2025))).toBe('Jan 2, 2025');
  });

  it('separate days in local time', () => {
    expect(dayKey(at(22))).toBe('2026-11-22');
    expect(dayName(now, now, 'en', en.time)).toBe('Today');
    expect(dayName(at(22), now, 'de', de.time)).toBe('Gestern');
    expect(dayName(at(1), now, 'de', de.time)).toBe('Sonntag, 1. November 2026');
  });
});
