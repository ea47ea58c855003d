import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { plainCopy } from '../../../src-main/ipc/plain.ts';

const bounds = { characters: 100, values: 50, depth: 4 };
const fault = (value: unknown): unknown => {
  try {
    plainCopy(value, bounds);
    return 'passed';
  } catch (error) {
    return (error as { fault?: unknown }).fault;
  }
};

describe('plainCopy', () => {
  it('gives back every JSON value, equal and not the same', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('__proto__'));
        const copy = plainCopy(value, { characters: 1e6, values: 1e6, depth: 100 });
        // JSON has one zero.
        expect(JSON.stringify(copy)).toBe(JSON.stringify(value));
        if (typeof value === 'object' && value !== null) expect(copy).not.toBe(value);
      }),
    );
  });

  it('leaves out what is undefined, takes objects without prototype and of another realm', () => {
    expect(plainCopy({ a: 1, b: undefined }, bounds)).toEqual({ a: 1 });
    expect(plainCopy(Object.assign(Object.create(null), { a: 1 }), bounds)).toEqual({ a: 1 });
    expect(plainCopy(runInNewContext('({ a: [1] })'), bounds)).toEqual({ a: [1] });
  });

  it('counts characters of values and keys together', () => {
    expect(fault({ ['k'.repeat(50)]: 'v'.repeat(50) })).toBe('passed');
    expect(fault({ ['k'.repeat(50)]: 'v'.repeat(51) })).toBe('too-large');
  });

  it('counts values, and refuses a sparse array before walking it', () => {
    expect(fault(Array.from({ length: 49 }, () => 0))).toBe('passed');
    expect(fault(Array.from({ length: 50 }, () => 0))).toBe('too-large');
    expect(fault(new Array(4_294_967_295))).toBe('too-large');
  });

  it('counts depth, so a cycle ends', () => {
    expect(fault([[[[1]]]])).toBe('passed');
    expect(fault([[[[[1]]]]])).toBe('too-deep');
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(fault(cyclic)).toBe('too-deep');
  });

  it.each([
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a bigint', 1n],
    ['infinity', Number.POSITIVE_INFINITY],
    ['octets', new Uint8Array(1)],
    ['an error', new Error('x')],
    ['a map', new Map()],
    ['a date', new Date()],
    ['an accessor', { get a() { return 1; } }],
    ['a symbol member', { [Symbol('x')]: 1 }],
    ['a hidden member', Object.defineProperty({}, 'a', { value: 1 })],
    ['__proto__ as a member', JSON.parse('{"__proto__":1}')],
  ])('refuses %s, nested too', (_, value) => {
    expect(fault(value)).toBe('not-plain');
    expect(fault([{ a: value }])).toBe('not-plain');
  }); // prettier-ignore
});
