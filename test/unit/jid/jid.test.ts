import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JidError } from '../../../src-main/jid/errors.ts';
import { isPreparedJid, parseBareJid, parseFullJid, prepareJid, tryJid } from '../../../src-main/jid/jid.ts';

const code = (text: string, parse: (text: string) => string = prepareJid): string => {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof JidError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('an address', () => {
  it('is prepared to the form in which it is compared', () => {
    for (const [text, prepared] of [
      ['Juliet@Example.COM/Balcony', 'juliet@example.com/Balcony'],
      ['ｊｕｌｉｅｔ@ｅｘａｍｐｌｅ．com', 'juliet@example.com'],
      ['ΟΔΥΣΣΕΥΣ@example.com', 'οδυσσευσ@example.com'],
      ['C\u0327a@example.com', 'ça@example.com'],
      ['a@example.com.', 'a@example.com'],
      ['a@BÜCHER.example', 'a@bücher.example'],
      ['a@xn--bcher-kva.example', 'a@bücher.example'],
      ['a@XN--BCHER-KVA.example', 'a@bücher.example'],
      ['a@faß.de', 'a@faß.de'],
      ['a@例え。テスト', 'a@例え.テスト'],
      ['a@[2001:DB8::1]/r', 'a@[2001:db8::1]/r'],
      ['a@192.0.2.1', 'a@192.0.2.1'],
      ['a@b/x\u00a0y', 'a@b/x y'],
      ['a@b/c@d/e', 'a@b/c@d/e'],
      ['مثال@مثال.إختبار', 'مثال@مثال.إختبار'],
      ['क्\u200dष@example.com', 'क्\u200dष@example.com'],
    ] as const)
      expect(prepareJid(text)).toBe(prepared);
  });

  it('is refused by the part that is wrong', () => {
    for (const [text, expected] of [
      ['', 'empty-part'],
      ['a@', 'empty-part'],
      ['a@b/', 'empty-part'],
      ['a b@c', 'bad-local'],
      ['a&b@c', 'bad-local'],
      ['＆b@c', 'bad-local'],
      ['a\u200db@c', 'bad-local'],
      ['a\ud800@c', 'bad-local'],
      ['שa@c', 'bad-local'],
      ['١۱@c', 'bad-local'],
      ['ا1١ا@c', 'bad-local'],
      ['\u0378@c', 'bad-local'],
      ['a@b c', 'bad-domain'],
      ['a@b_c', 'bad-domain'],
      ['a@b..c', 'bad-domain'],
      ['a@.b', 'bad-domain'],
      ['a@b..', 'bad-domain'],
      ['a@-b', 'bad-domain'],
      ['a@b-.c', 'bad-domain'],
      ['a@ab--c', 'bad-domain'],
      ['a@xn--a', 'bad-domain'],
      ['a@xn--example-.com', 'bad-domain'],
      ['a@♚.com', 'bad-domain'],
      ['a@\u0301a.com', 'bad-domain'],
      ['a@אa.com', 'bad-domain'],
      ['a@א.1com', 'bad-domain'],
      ['a@[::1', 'bad-domain'],
      ['a@[1.2.3.4]', 'bad-domain'],
      ['a@[fe80::1%eth0]', 'bad-domain'],
      ['a@b/\u0007', 'bad-resource'],
      ['a@b/\u202e', 'bad-resource'],
      ['a@b/\udc00', 'bad-resource'],
      [`${'a'.repeat(1024)}@b`, 'too-long'],
      [`${'é'.repeat(512)}@b`, 'too-long'],
      [`a@${'b.'.repeat(512)}b`, 'too-long'],
      [`a@b/${'r'.repeat(1024)}`, 'too-long'],
      [`a@b/${'r'.repeat(1_000_000)}`, 'too-long'],
    ] as const)
      expect([text.slice(0, 30), code(text)]).toEqual([text.slice(0, 30), expected]);
  });

  it('may have parts of 1023 octets', () => {
    const text = `${'a'.repeat(1023)}@${'b'.repeat(1023)}/${'r'.repeat(1023)}`;
    expect(prepareJid(text)).toBe(text);
    expect(prepareJid(`${'é'.repeat(511)}@b`)).toBe(`${'é'.repeat(511)}@b`);
  });

  it('is bare or full as asked', () => {
    expect(parseBareJid('A@b')).toBe('a@b');
    expect(parseFullJid('A@b/C')).toBe('a@b/C');
    expect(code('a@b/c', parseBareJid)).toBe('wrong-kind');
    expect(code('a@b', parseFullJid)).toBe('wrong-kind');
    expect(tryJid('a@')).toBeUndefined();
    expect(isPreparedJid('a@b/C')).toBe(true);
    expect(isPreparedJid('A@b/C')).toBe(false);
    expect(isPreparedJid('@')).toBe(false);
  });

  it('prepared once is prepared, and nothing but a JidError is ever thrown', () => {
    const unit = fc.oneof(
      fc.constantFrom(...Array.from('aAzZ09-._@/[]:%\\& \u00a0éÉßΣςİıאا١۱\u200d\u200c्ａＡ．。·・♚\u0301'), 'xn--', '--'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }),
    );
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), (units) => {
        const jid = tryJid(units.join(''));
        if (jid !== undefined) expect(prepareJid(jid)).toBe(jid);
      }),
      { numRuns: 5000 },
    );
  });

  it('takes time in proportion to its length', () => {
    const started = process.cpuUsage();
    for (const hostile of [
      'a-'.repeat(50_000),
      `${'a.'.repeat(50_000)}!`,
      `${'a'.repeat(100_000)}\n@b`,
      `x@${'１'.repeat(100_000)}`,
      '@'.repeat(100_000),
    ])
      expect(tryJid(hostile)).toBeUndefined();
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});
