/** What the strict parser costs, against the bare SAX library under it, over recorded stanzas (the bars of issue 2, section 7). */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SaxesParser } from 'saxes';
import { StreamParser } from '../../src-main/xml/parser.ts';

export interface ParserBench {
  /** CPU of the strict parser, octets in and elements out, over that of bare saxes with namespaces and empty handlers. Bar: 2. */
  readonly ratio: number;
  /** CPU microseconds for one pass over the recorded stanzas. */
  readonly oursUs: number;
  readonly saxesUs: number;
  /** time(1 MiB) / time(64 KiB) with 1-octet writes. Bar: 20. */
  readonly dripped: number;
}

const recorded = readFileSync(path.join(import.meta.dirname, 'stanzas.xml'), 'utf8');
const [head = ''] = /^.*?<stream:stream[^>]*>/s.exec(recorded) ?? [];
const stanzas = recorded.slice(head.length, recorded.lastIndexOf('</stream:stream>'));
const nothing = () => undefined;

function saxesPass(passes: number): void {
  const parser = new SaxesParser({ xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  parser.on('opentag', nothing);
  parser.on('closetag', nothing);
  parser.on('text', nothing);
  parser.on('error', nothing);
  parser.write(head);
  for (let i = 0; i < passes; i++) parser.write(stanzas);
}

function strictPass(passes: number): number {
  let count = 0;
  const parser = new StreamParser({ onOpen: nothing, onStanza: () => count++, onClose: nothing });
  const octets = Buffer.from(stanzas);
  parser.write(Buffer.from(head));
  for (let i = 0; i < passes; i++) parser.write(octets);
  return count;
}

function cpu(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

/** A stream of `size` octets of the recorded stanzas, each octet written by itself. */
export function drip(size: number): void {
  const parser = new StreamParser({ onOpen: nothing, onStanza: nothing, onClose: nothing });
  parser.write(Buffer.from(head));
  const octets = Buffer.from(stanzas.repeat(Math.ceil(size / stanzas.length))).subarray(0, size);
  for (let at = 0; at < octets.length; at++) parser.write(octets.subarray(at, at + 1));
}

export function benchParser(): ParserBench {
  const passes = 20;
  for (let i = 0; i < 5; i++) {
    saxesPass(passes);
    strictPass(passes);
  }
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 15; round++) {
    theirs.push(
      cpu(() => {
        saxesPass(passes);
      }),
    );
    ours.push(cpu(() => strictPass(passes)));
  }
  drip(64 * 1024);
  // The least of several runs: what others do on the machine only adds.
  const least = (runs: number, size: number) =>
    Math.min(
      ...Array.from({ length: runs }, () =>
        cpu(() => {
          drip(size);
        }),
      ),
    );
  const small = least(10, 64 * 1024);
  const large = least(3, 1024 * 1024);
  return {
    ratio: median(ours) / median(theirs),
    oursUs: median(ours) / passes,
    saxesUs: median(theirs) / passes,
    dripped: large / small,
  };
}
