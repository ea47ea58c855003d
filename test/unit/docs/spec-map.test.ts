/** docs/spec-map.md names what is there: no file, function or test in it may have gone or been renamed. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const text = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const isThere = (path: string): boolean => existsSync(new URL(`../../../${path}`, import.meta.url));

/** Rows of three cells, without the heads of tables. */
const rows = text('docs/spec-map.md')
  .split('\n')
  .map((line) => line.split('|').slice(1, -1))
  .filter((cells): cells is [string, string, string] => cells.length === 3 && !/^(-+| what )$/.test(cells[0] ?? ''));

/** `file`: `function`, … */
const code = rows.flatMap(([what, cell]) =>
  cell.split(';').flatMap((part) => {
    const [path = '', ...names] = [...part.matchAll(/`([^`]+)`/g)].map((m) => m[1] ?? '');
    return path === '' ? [] : [{ what: what.trim(), path, names }];
  }),
);
/** `file` “name” */
const tests = rows.flatMap(([what, , cell]) =>
  [...cell.matchAll(/`(test\/[^`]+)`(?: “([^”]+)”)?/g)].map((m) => ({ what: what.trim(), path: m[1] ?? '', name: m[2] ?? '' })),
);

describe('the map of the specification', () => {
  it('has something to say', () => {
    expect(rows.length).toBeGreaterThan(80);
    for (const [what, cell, proof] of rows)
      expect([what, cell.trim(), /test\/|none yet/.test(proof)]).toEqual([what, cell.trim(), true]);
  });

  it.each(code)('$what: $path', ({ path, names }) => {
    expect(isThere(path)).toBe(true);
    const source = text(path);
    // Defined there, as a function, method, class or constant; not merely mentioned.
    const missing = names.filter(
      (name) =>
        !new RegExp(`(?:function|const|class|law|async)\\s+${name}\\b|^\\s+(?:async )?${name}(?:\\(|: |,$)`, 'm').test(source),
    );
    expect(missing).toEqual([]);
  });

  it.each(tests)('$what: $path $name', ({ path, name }) => {
    expect(isThere(path)).toBe(true);
    expect(text(path)).toContain(name);
  });
});
