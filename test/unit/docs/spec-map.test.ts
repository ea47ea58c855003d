import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** docs/spec-map.md names only what is there: files that exist, functions that stand in their files. */
const text = readFileSync('docs/spec-map.md', 'utf8');
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| text '))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const isPath = (name: string): boolean => /^[\w.-]+(\/[\w.-]+)+\.ts$/.test(name);
const quoted = (part: string): string[] => Array.from(part.matchAll(/`([^`]+)`/g), ([, name]) => name ?? '');

describe('docs/spec-map.md', () => {
  it('has both tables', () => expect(rows.length).toBeGreaterThan(50));

  it.each([...new Set(quoted(text).filter(isPath))])('%s exists', (path) => expect(existsSync(path)).toBe(true));

  it.each(
    rows.flatMap(([, , code = '']) =>
      code.split(';').flatMap((part) => {
        const [path = '', ...names] = quoted(part);
        return names.map((name) => ({ path, name }));
      }),
    ),
  )('$name stands in $path', ({ path, name }) => {
    expect(isPath(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toMatch(new RegExp(`(function|const|class|async|^ *)\\s*\\b${name}\\b`, 'm'));
  });
});
