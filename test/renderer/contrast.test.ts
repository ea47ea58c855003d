/** The tokens meet AA (WCAG 2.2, 1.4.3 and 1.4.11) in light and in dark, computed from tokens.css itself. */

// @vitest-environment node
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { colourOf, hueOf } from '../../src-renderer/lib/colour.ts';

const css = readFileSync('src-renderer/theme/tokens.css', 'utf8');
const tokens = new Map(
  [...css.matchAll(/--([a-z-]+):\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)/g)].map((m) => [
    m[1] ?? '',
    { light: m[2] ?? '', dark: m[3] ?? '' },
  ]),
);

function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)].sort((m, n) => n - m);
  return ((x ?? 0) + 0.05) / ((y ?? 0) + 0.05);
}

const grounds = ['ground', 'ground-side', 'ground-rail', 'ground-raised', 'ground-hover'];
const pairs: readonly (readonly [text: string, ground: string, least: number])[] = [
  ...[...grounds, 'ground-selected', 'bubble-in', 'bubble-out', 'warn-ground', 'stop-ground', 'good-ground'].map(
    (g) => ['text', g, 4.5] as const,
  ),
  ...[...grounds, 'bubble-in', 'bubble-out'].map((g) => ['text-dim', g, 4.5] as const),
  ...['ground', 'ground-side', 'ground-raised', 'warn-ground'].map((g) => ['accent', g, 4.5] as const),
  ['on-accent', 'accent', 4.5],
  ['on-accent', 'accent-strong', 4.5],
  ['accent-strong', 'ground-selected', 3],
  ['on-stop-fill', 'stop-fill', 4.5],
  ...['ground', 'ground-raised', 'ground-side', 'bubble-in', 'warn-ground'].map((g) => ['warn', g, 4.5] as const),
  ...['ground', 'ground-raised', 'ground-side', 'stop-ground'].map((g) => ['stop', g, 4.5] as const),
  ...['ground', 'ground-raised', 'ground-side', 'good-ground'].map((g) => ['good', g, 4.5] as const),
  ...['ground', 'ground-side', 'ground-raised'].map((g) => ['edge-field', g, 3] as const),
];

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  it.each(pairs)('%s on %s reaches %d', (text, ground, least) => {
    const [a, b] = [tokens.get(text), tokens.get(ground)];
    if (!a || !b) throw new Error(`no such token: ${text} or ${ground}`);
    expect(contrast(a[theme], b[theme])).toBeGreaterThanOrEqual(least);
  });
});

describe('colours of people (XEP-0392)', () => {
  // The XEP's own test vectors, in degrees.
  it.each([
    ['Romeo', 327.255249],
    ['juliet@capulet.lit', 209.4104],
    ['😺', 331.199341],
    ['council', 359.994507],
  ])('%s has hue %d', (text, hue) => {
    expect(hueOf(text)).toBeCloseTo(hue, 4);
  });

  it('carry white initials at every hue', () => {
    for (let i = 0; i < 400; i += 1)
      expect(contrast('#ffffff', colourOf(`person${String(i)}@example.org`))).toBeGreaterThanOrEqual(4.5);
  });
});
