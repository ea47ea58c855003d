import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDate, parseDate, parseDateTime } from '../../../../src-main/xmpp/modules/xep0082-datetime.ts';

const FIRST = Date.parse('0000-01-01T00:00:00Z');
const LAST = Date.parse('9999-12-31T23:59:59Z');
const instant = fc.integer({ min: FIRST / 1000, max: LAST / 1000 }).map((seconds) => seconds * 1000);

describe('protocol DATE: UTC, whole seconds, ending in Z (protocol 1)', () => {
  it('comes back as it was written', () => {
    fc.assert(
      fc.property(instant, (ms) => {
        expect(parseDate(formatDate(ms))).toBe(ms);
      }),
    );
  });

  it('cuts off the fraction of a second, before 1970 too', () => {
    expect(formatDate(Date.parse('2026-07-28T12:00:00.999Z'))).toBe('2026-07-28T12:00:00Z');
    expect(formatDate(-1)).toBe('1969-12-31T23:59:59Z');
  });

  it('has one form only: whatever parses is written back to the octet', () => {
    const digit = fc.constantFrom(...Array.from('0123456789-T:Z.+ '));
    const text = fc.oneof(
      fc.string({ unit: digit, maxLength: 22 }),
      fc.date({ noInvalidDate: true }).map((d) => d.toISOString()),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        const ms = parseDate(candidate);
        if (ms !== undefined) expect(formatDate(ms)).toBe(candidate);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    '2026-07-28T12:00:00',
    '2026-07-28T12:00:00.0Z',
    '2026-07-28T12:00:00+00:00',
    '2026-07-28t12:00:00z',
    '2026-07-28 12:00:00Z',
    ' 2026-07-28T12:00:00Z',
    '2026-07-28T12:00:00Z\n',
    '2026-7-28T12:00:00Z',
    '20260728T12:00:00',
    '٢٠٢٦-07-28T12:00:00Z',
    '',
  ])('refuses %j', (text) => {
    expect(parseDate(text)).toBeUndefined();
  });

  it('does not write what it could not read', () => {
    for (const ms of [FIRST - 1, LAST + 1000, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => formatDate(ms)).toThrow(RangeError);
    }
  });
});

describe('DateTime (XEP-0082 §3.2)', () => {
  it("takes the XEP's examples", () => {
    expect(parseDateTime('1969-07-21T02:56:15Z')).toBe(Date.UTC(1969, 6, 21, 2, 56, 15));
    expect(parseDateTime('1969-07-20T21:56:15-05:00')).toBe(Date.UTC(1969, 6, 21, 2, 56, 15));
  });

  it('takes fractions and offsets both ways', () => {
    expect(parseDateTime('2026-07-28T12:00:00.5Z')).toBe(Date.UTC(2026, 6, 28, 12, 0, 0, 500));
    expect(parseDateTime('2026-07-28T12:00:00.123456+05:30')).toBe(Date.UTC(2026, 6, 28, 6, 30, 0, 123));
    expect(parseDateTime('0050-01-01T00:00:00Z')).toBe(Date.parse('0050-01-01T00:00:00Z'));
  });

  it.each([
    '2026-02-29T12:00:00Z',
    '2026-13-01T12:00:00Z',
    '2026-00-01T12:00:00Z',
    '2026-01-00T12:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T12:60:00Z',
    '2026-06-30T23:59:60Z',
    '2026-01-01T12:00:00+24:00',
    '2026-01-01T12:00:00+01:60',
    '2026-01-01T12:00:00+0100',
    '2026-01-01T12:00:00.Z',
    `2026-01-01T12:00:00.${'1'.repeat(1000)}Z`,
  ])('refuses %j', (text) => {
    expect(parseDateTime(text)).toBeUndefined();
  });

  it('agrees with the platform where both take a text', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 0, max: 999 }), (ms, fraction) => {
        const text = new Date(ms + fraction).toISOString();
        if (text.length === 24) expect(parseDateTime(text)).toBe(ms + fraction);
      }),
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseDateTime(text)).not.toThrow();
      }),
    );
  });
});
