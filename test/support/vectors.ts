/**
 * The published vectors, and the accounts we keep of them: every case of a suite is run, refused by our profile (and the
 * refusal is asserted), or not run for a reason that is allowed here. A suite whose sum is not INDEX.md's count fails.
 *
 * @example
 * const vectors = suite('xml-crypto');
 * for (const c of vectors.json<Cases>('cases.json').cases)
 *   it(c.id, () => { expect(verify(vectors.read(c.xml))).toBe(c.expected); vectors.ran(c.id); });
 */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, inject } from 'vitest';
import { DATA, LATER_PARTS, expectedCount, type Counts, type ProtocolPart, type SuiteName } from './vectors-accounts.ts';

export interface VectorSuite {
  /** Octets of a file of the suite. */
  read(file: string): Buffer;
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller says what the file holds
  json<T>(file: string): T;
  /** The case gave what the vector says. Call it after the assertions. */
  ran(id: string | number): void;
  /** Our profile refuses the case's algorithm or form, and the test asserted the refusal. */
  refused(id: string | number, why: string): void;
  /** Only c14n node-sets (`why` starts with `node-set`) and later parts of `protocol` (`later issue`). */
  notRun(id: string | number, why: string): void;
  /** A vector beside the counted cases. */
  extra(id: string | number): void;
}

export function suite(name: 'protocol', part: ProtocolPart): VectorSuite;
export function suite(name: Exclude<SuiteName, 'protocol'>): VectorSuite;
/** Opens the accounts of a suite; after the file's last test they must add up. Call it once, at the file's top level. */
export function suite(name: SuiteName, part = ''): VectorSuite {
  const seen = new Set<string>();
  const notRun: Record<string, string> = {};
  let ran = 0;
  let refused = 0;
  let extra = 0;
  const once = (id: string | number): string => {
    const key = String(id);
    if (seen.has(key)) throw new Error(`${name}: case ${key} was counted twice`);
    seen.add(key);
    return key;
  };

  afterAll(() => {
    const counts: Counts = { suite: name, part, ran, refused, notRun, extra };
    writeFileSync(path.join(inject('vectorResults'), `${name}.${part}.json`), JSON.stringify(counts));
    const sum = ran + refused + Object.keys(notRun).length;
    const expected = expectedCount(name, part);
    if (sum !== expected) throw new Error(`${name} ${part}: ${String(sum)} cases accounted for, ${String(expected)} exist`);
  });

  return {
    read: (file) => readFileSync(path.join(DATA, name, file)),
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as above
    json: <T>(file: string) => JSON.parse(readFileSync(path.join(DATA, name, file), 'utf8')) as T,
    ran(id) {
      once(id);
      ran++;
    },
    refused(id, why) {
      if (why === '') throw new Error(`${name}: a refusal needs its reason`);
      once(id);
      refused++;
    },
    notRun(id, why) {
      const later = name === 'protocol' && LATER_PARTS.some((p) => p === part) && why === 'later issue';
      const nodeSet = name === 'c14n' && why.startsWith('node-set');
      if (!later && !nodeSet) throw new Error(`${name}: ${String(id)} has to be run`);
      notRun[once(id)] = why;
    },
    extra(id) {
      once(`extra ${String(id)}`);
      extra++;
    },
  };
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of this run's counts, made by vectors-setup.ts. */
    vectorResults: string;
  }
}
