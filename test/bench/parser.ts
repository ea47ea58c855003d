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
  const one = new Uint8Array(1);
  for (const octet of octets) {
    one[0] = octet;
    parser.write(one);
  }
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
  // Both sides read 1 MiB in all, so that collecting garbage weighs alike; the least of several rounds, since what others
  // do on the machine only adds.
  let small = Infinity;
  let large = Infinity;
  for (let round = 0; round < 4; round++) {
    const sixteen = cpu(() => {
      for (let i = 0; i < 16; i++) drip(64 * 1024);
    });
    small = Math.min(small, sixteen / 16);
    large = Math.min(
      large,
      cpu(() => {
        drip(1024 * 1024);
      }),
    );
  }
  return {
    ratio: median(ours) / median(theirs),
    oursUs: median(ours) / passes,
    saxesUs: median(theirs) / passes,
    dripped: large / small,
  };
}
