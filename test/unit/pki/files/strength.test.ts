import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { strength } from '../../../../src-main/pki/files/strength.ts';

describe('how strong a passphrase is', () => {
  it.each([
    '',
    'password',
    'passwort1234',
    'aaaaaaaaaaaaaaaaaaaaaaaa',
    '12345678901234567890',
    'abcdefghijklmnopqrstuvwxyz',
    'Sommer2024!',
    'geheim geheim geheim geheim',
    'hallo welt',
  ])('%j is weak', (passphrase) => {
    expect(strength(passphrase)).toBe('weak');
  });

  it.each(['kangaroo-basket-trumpet', 'x7$Qm2.pL9'])('%j is fair', (passphrase) => {
    expect(strength(passphrase)).toBe('fair');
  });

  it.each([
    'correct horse battery staple',
    'Vier blaue Elefanten tanzen Walzer',
    'k8#Tz!w9Qe@x4',
    '8412-9053-7716-2904-3358',
    '春眠不覺曉處處聞',
  ])('%j is strong', (passphrase) => {
    expect(strength(passphrase)).toBe('strong');
  });

  it('never gets weaker by another word, and judges anything', () => {
    const rank = { weak: 0, fair: 1, strong: 2 };
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(rank[strength(`${text} zebra`)]).toBeGreaterThanOrEqual(rank[strength(text)]);
      }),
    );
  });
});
