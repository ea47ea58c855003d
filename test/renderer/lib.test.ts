/** The small pure parts. */

import { describe, expect, it } from 'vitest';
import { bob, bare, credential, fpOf, message, protection } from '../../src-renderer/gallery/world.ts';
import { currentOf, inOrder, openQuestion, stoppedBy } from '../../src-renderer/lib/credentials.ts';
import { groupsOf, keyUri } from '../../src-renderer/lib/fingerprint.ts';
import { isRepairing, labelOf } from '../../src-renderer/lib/message-marks.ts';
import { displayName, initials, looksLikeAddress } from '../../src-renderer/lib/names.ts';
import { rovedIndex } from '../../src-renderer/lib/rove.ts';
import { shortcutOf } from '../../src-renderer/lib/shortcuts.ts';
import { rowsOf, withMessage } from '../../src-renderer/stores/chat-rows.ts';

describe('names', () => {
  it('are the given one, else the local part, else the address', () => {
    expect(displayName(bob, ' Bob ')).toBe('Bob');
    expect(displayName(bob, '  ')).toBe('bob');
    expect(displayName(bare('example.org'))).toBe('example.org');
  });

  it.each([
    ['Carol Jones', 'CJ'],
    ['dave.o.connor', 'DO'],
    ['👩‍👩‍👧 family', '👩‍👩‍👧F'],
    ['é', 'É'],
    ['', '?'],
  ])('%s has the initials %s', (name, wanted) => {
    expect(initials(name)).toBe(wanted);
  });

  it('are addresses only with both parts and no resource', () => {
    for (const good of ['a@b', ' ü@例え.jp ']) expect(looksLikeAddress(good), good).toBe(true);
    for (const bad of ['', 'a', '@b', 'a@', 'a b@c', 'a@b@c', 'a@b/c']) expect(looksLikeAddress(bad), bad).toBe(false);
  });
});

describe('fingerprints', () => {
  it('are eight groups of eight', () => {
    const groups = groupsOf(fpOf('bob'));
    expect(groups).toHaveLength(8);
    expect(groups.join('')).toBe(fpOf('bob'));
    expect(groups.every((g) => /^[0-9A-F]{8}$/.test(g))).toBe(true);
  });

  it('travel in the URI of protocol 4', () => {
    expect(keyUri(bob, fpOf('bob'))).toBe(`xmpp:bob@example.org?xmpp-sec;fp=${fpOf('bob')}`);
    expect(keyUri(bare('a?b;c#d@example.org'), fpOf('x'))).toContain('xmpp:a%3Fb%3Bc%23d@example.org?xmpp-sec;fp=');
  });
});

describe('marks at the time stamp', () => {
  const m = (p: 'verified' | 'session' | 'sealed' | 'none') => message(1, bob, 'x', { protection: p });
  it('say what differs from the conversation, and always what is unprotected', () => {
    expect(labelOf(m('session'), 'session')).toBeNull();
    expect(labelOf(m('session'), 'verified')).toBe('session');
    expect(labelOf(m('sealed'), 'session')).toBe('sealed');
    expect(labelOf(m('none'), 'none')).toBe('none');
    expect(labelOf(m('none'), 'session')).toBe('none');
    expect(labelOf(m('session'), 'none')).toBe('session');
    expect(labelOf(m('session'), 'look')).toBeNull();
  });

  it('promise a repair only where one was asked for', () => {
    expect(isRepairing('unknown-key')).toBe(true);
    expect(isRepairing('not-for-this-device')).toBe(false);
    expect(isRepairing(undefined)).toBe(false);
  });
});

describe('keys', () => {
  const old = credential('old', { verdict: 'verified' });
  const fresh = credential('fresh', { verdict: 'changed', verdictSince: old.verdictSince + 1 });
  const view = protection(bob, 'look', { credentials: [old, fresh] });

  it('that ask for a decision come first, beside the one until now', () => {
    expect(openQuestion(view)).toBe(fresh);
    expect(currentOf(view)).toBe(old);
    expect(inOrder(view.credentials)).toEqual([fresh, old]);
    expect(openQuestion(null)).toBeUndefined();
  });

  it.each([
    ['revoked', 'credential-revoked'],
    ['expired', 'credential-expired'],
    ['distrusted', 'credential-distrusted'],
  ] as const)('that are %s say so', (verdict, code) => {
    expect(stoppedBy(protection(bob, 'stopped', { credentials: [credential('k', { verdict })] }))).toBe(code);
  });
});

describe('rows', () => {
  const day1 = new Date(2026, 0, 1, 23, 58).getTime();
  it('have a separator a day, the unread line before its message, and runs of one side', () => {
    const messages = [
      message(1, bob, 'a', { at: day1 }),
      message(2, bob, 'b', { at: day1 + 60_000 }),
      message(3, bob, 'c', { at: day1 + 180_000 }),
      message(4, bob, 'd', { at: day1 + 190_000, mine: true }),
    ];
    const rows = rowsOf(messages, 3);
    expect(rows.map((r) => (r.kind === 'message' ? r.message.id : r.kind))).toEqual(['day', 1, 2, 'day', 'unread', 3, 4]);
    expect(rows.filter((r) => r.kind === 'message').map((r) => [r.first, r.last])).toEqual([
      [true, false],
      [false, true],
      [true, true],
      [true, true],
    ]);
    expect(new Set(rows.map((r) => r.key)).size).toBe(rows.length);
  });

  it('keep the order of ids and one row a message', () => {
    const m = (id: number, body = '') => message(id, bob, body);
    expect(withMessage([m(1), m(3)], m(2)).map((x) => x.id)).toEqual([1, 2, 3]);
    expect(withMessage([m(1), m(2)], m(1, 'new')).map((x) => x.body)).toEqual(['new', '']);
    expect(withMessage([], m(1)).map((x) => x.id)).toEqual([1]);
  });
});

describe('keys of the keyboard', () => {
  const key = (k: string, mods: Partial<KeyboardEvent> = {}) =>
    shortcutOf({ key: k, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...mods });
  it('are those of the design', () => {
    expect(key('k', { ctrlKey: true })).toBe('jump');
    expect(key('K', { metaKey: true })).toBe('jump');
    expect(key('f', { ctrlKey: true })).toBe('search-here');
    expect(key('F', { ctrlKey: true, shiftKey: true })).toBe('search-all');
    expect(key('/', { ctrlKey: true, shiftKey: true })).toBe('shortcuts');
    expect(key('ArrowDown', { altKey: true })).toBe('next');
    expect(key('ArrowUp', { altKey: true })).toBe('previous');
    expect(key('Escape')).toBe('close');
    expect(key('k')).toBeNull();
    expect(key('k', { ctrlKey: true, altKey: true })).toBeNull();
  });

  it('move within a list and stay in it', () => {
    expect(rovedIndex('ArrowDown', 9, 10)).toBe(9);
    expect(rovedIndex('ArrowUp', 0, 10)).toBe(0);
    expect(rovedIndex('End', 0, 10)).toBe(9);
    expect(rovedIndex('x', 0, 10)).toBeUndefined();
    expect(rovedIndex('ArrowDown', 0, 0)).toBeUndefined();
  });
});
