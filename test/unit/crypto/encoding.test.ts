import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  concat,
  fromBase64,
  fromHex,
  fromUtf8,
  hexUpper,
  lp,
  toBase64,
  u32,
  utf8,
} from '../../../src-main/security/crypto/encoding.ts';

const refused = expect.objectContaining({ name: 'CryptoError', code: 'bad-encoding' });
const octets = fc.uint8Array({ maxLength: 200 });

describe('base64 (protocol 1)', () => {
  it('is what was written', () => {
    fc.assert(
      fc.property(octets, (o) => {
        expect(Buffer.from(fromBase64(toBase64(o)))).toEqual(Buffer.from(o));
      }),
    );
  });

  it('is read through XML white space anywhere', () => {
    for (const text of [' AQID', 'AQ\nID', 'AQI\tD\r\n', '\nA Q I D\n', 'AQ = =', ' '])
      expect(Buffer.from(fromBase64(text))).toEqual(
        Buffer.from(text.trim() === '' ? [] : text.startsWith('AQ =') ? [1] : [1, 2, 3]),
      );
  });

  it.each([
    ['no padding', 'AQ'],
    ['half the padding', 'AQ='],
    ['too much padding', 'AQID===='],
    ['padding alone', '===='],
    ['padding inside', 'AQ==AQID'],
    ['trailing bits after one octet', 'AR=='],
    ['trailing bits after two octets', 'AQJ='],
    ['a single digit', 'A'],
    ['the URL alphabet', '-_-_'],
    ['a no-break space', 'AQ\u00a0ID'],
    ['a vertical tab', 'AQ\u000bID'],
    ['a letter beyond ASCII', 'AQIÐ'],
    ['a NUL', 'AQID\0'],
    ['a full stop', 'AQID.'],
  ])('refuses %s', (_, text) => {
    expect(() => fromBase64(text)).toThrow(refused);
  });

  it('has one spelling: any other text that is accepted differs in white space only', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('A', 'B', 'Q', '=', '+', '/', '-', ' ', '\n', '9'), maxLength: 12 }),
        (text) => {
          let read: Uint8Array;
          try {
            read = fromBase64(text);
          } catch (error) {
            expect(error).toEqual(refused);
            return;
          }
          expect(toBase64(read)).toBe(text.replaceAll(/[ \n]/g, ''));
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('hex', () => {
  it('is written and read in upper case', () => {
    expect(hexUpper(Uint8Array.of(0xab, 0x01))).toBe('AB01');
    expect(Buffer.from(fromHex('AB01'))).toEqual(Buffer.from([0xab, 1]));
  });
  it.each(['ab', 'A', 'G0', ' AB', 'AB\n', '0xAB'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(refused);
  });
  it('refuses another number of octets than asked for', () => {
    expect(() => fromHex('AB01', 3)).toThrow(refused);
    expect(fromHex('AB01', 2)).toHaveLength(2);
  });
  it('writes a part of a larger buffer as that part', () => {
    expect(hexUpper(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toBe('0203');
    expect(toBase64(Uint8Array.of(9, 1, 2, 3).subarray(1))).toBe('AQID');
  });
});

describe('the rest of protocol 1', () => {
  it('u32 is 4 octets, big endian', () => {
    expect([...u32(0x01020304)]).toEqual([1, 2, 3, 4]);
    expect([...u32(0xffffffff)]).toEqual([255, 255, 255, 255]);
    for (const n of [-1, 0x100000000, 1.5, Number.NaN]) expect(() => u32(n)).toThrow(RangeError);
  });
  it('lp counts octets, not characters', () => {
    expect(hexUpper(lp('ü'))).toBe('00000002C3BC');
    expect(hexUpper(lp(new Uint8Array()))).toBe('00000000');
  });
  it('lp makes every list of strings another octet string', () => {
    fc.assert(
      fc.property(fc.array(fc.string(), { maxLength: 4 }), fc.array(fc.string(), { maxLength: 4 }), (a, b) => {
        fc.pre(a.length !== b.length || a.some((s, i) => s !== b[i]));
        expect(hexUpper(concat(...a.map(lp)))).not.toBe(hexUpper(concat(...b.map(lp))));
      }),
    );
  });
  it('concat shares no memory with its parts', () => {
    const a = Uint8Array.of(1);
    const joined = concat(a, Uint8Array.of(2));
    a[0] = 9;
    expect([...joined]).toEqual([1, 2]);
  });
  it('UTF-8 is fatal and keeps a byte order mark', () => {
    expect(fromUtf8(utf8('\ufeffä𝔸'))).toBe('\ufeffä𝔸');
    for (const bad of [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]])
      expect(() => fromUtf8(Uint8Array.from(bad))).toThrow(refused);
  });
});
