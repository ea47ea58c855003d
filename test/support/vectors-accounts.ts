/** What suites there are, how many cases each has, and what a run of one came to. No vitest here: the set-up reads it too. */

import { readFileSync } from 'node:fs';
import path from 'node:path';

export const DATA = path.resolve(import.meta.dirname, '../vectors/data');

/** Suites, each in one part, but `protocol`, whose parts are its files. */
export const SUITES = [
  'c14n',
  'nist-cavp',
  'node-xml-encryption',
  'pkcs12',
  'rfc-crypto',
  'santuario',
  'signature-wrapping',
  'wycheproof',
  'x509-odd',
  'xml-crypto',
  'xmlsec',
  'xmpp-jid',
  'xmpp-precis',
  'xmpp-scram',
  'protocol',
] as const;
export type SuiteName = (typeof SUITES)[number];

export const PROTOCOL_PARTS = [
  'c14n',
  'signatures',
  'aggressive',
  'refusals',
  'messages',
  'message-faults',
  'bundles',
  'main-mode',
  'sealed',
  'room',
  'passphrase',
] as const;
export type ProtocolPart = (typeof PROTOCOL_PARTS)[number];

/** Parts of `protocol` about sections that later issues build. */
export const LATER_PARTS: readonly ProtocolPart[] = ['main-mode', 'passphrase'];

/** What one part of a suite came to; written to the results folder, added up by vectors-setup.ts. */
export interface Counts {
  readonly suite: SuiteName;
  readonly part: string;
  readonly ran: number;
  readonly refused: number;
  readonly notRun: Readonly<Record<string, string>>;
  /** Vectors that INDEX.md does not count (text files beside the cases). */
  readonly extra: number;
}

/** INDEX.md's counts by suite. */
export function indexCounts(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of readFileSync(path.join(DATA, 'INDEX.md'), 'utf8').split('\n')) {
    const row = /^\| ([a-z0-9-]+) \| (\d+) \|/.exec(line);
    if (row?.[1] !== undefined && row[2] !== undefined && row[1] !== 'total') counts.set(row[1], Number(row[2]));
  }
  return counts;
}

/** How many cases a part has: INDEX.md's count, or for a part of `protocol` the cases in its file. */
export function expectedCount(name: SuiteName, part: string): number {
  if (name === 'protocol')
    return (JSON.parse(readFileSync(path.join(DATA, name, `${part}.json`), 'utf8')) as { cases: unknown[] }).cases.length;
  const count = indexCounts().get(name);
  if (count === undefined) throw new Error(`INDEX.md has no suite ${name}`);
  return count;
}
