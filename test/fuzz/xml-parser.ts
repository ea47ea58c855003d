/**
 * Fuzzes the XML parser: mutations of seeds, kept where the parser behaved in a new way. Whatever the octets, it ends in
 * elements or in an XmlError, the same however they are cut; what it takes is written and read back the same, and saxes
 * with its own namespaces takes it too.
 */

import { SaxesParser } from 'saxes';
import type { Element } from '../../src-main/xml/element.ts';
import { XmlError } from '../../src-main/xml/errors.ts';
import { StreamParser, parseDocument } from '../../src-main/xml/parser.ts';
import { serialize } from '../../src-main/xml/serialize.ts';

const SEEDS = [
  "<?xml version='1.0'?><s:s xmlns='u' xmlns:s='v' xml:lang='en'><m a='1'>text &amp; &#x1F56F; <b xmlns='w'>ä€🕯️</b><![CDATA[<>]]]]></m> <p/>\r\n</s:s>\n",
  "<a xmlns:p='u' xmlns:q='v' p:a='1' q:a='2' a='3'><p:b/><q:b xmlns:p='w'><p:c d=\"'\">x]]&gt;y</p:c></q:b></a>",
  "<s><iq type='result'><query xmlns='jabber:iq:roster'><item jid='a@b'/></query></iq><r xmlns='urn:xmpp:sm:3'/></s>",
  // Stanzas of the plain form, which saxes does not see where they come whole.
  "<s:s xmlns='u' xmlns:s='v'><m a='1' b=\"2\"><b xmlns='w'>ä€🕯️</b>&gt;</m> <p/>\n<m>text<b/>&amp;</m><q xmlns=''><b/></q><m>]]</m><p/></s:s>",
];
const TOKENS = [
  ...[
    '<',
    '>',
    '/',
    '&',
    ';',
    "'",
    '"',
    '=',
    ':',
    ' ',
    '\n',
    '\r',
    '\t',
    ']]>',
    '<![CDATA[',
    ']]',
    '<!--',
    '-->',
    '<?',
    '?>',
    '<?xml ',
    '<!DOCTYPE a>',
  ],
  ...[
    '</',
    '/>',
    '<a>',
    '</a>',
    '<p:a/>',
    '<a',
    '&#',
    '&#x',
    '&lt;',
    '&#32;',
    '&#0;',
    '&x;',
    '\0',
    '\x1f',
    '\x7f',
    '\u{85}',
    '\ufeff',
    '\ufffe',
    'ä',
    '🕯️',
  ],
  ...[
    "xmlns='x' ",
    "xmlns='' ",
    "xmlns:p='x' ",
    "xmlns:p='' ",
    "xml:lang='' ",
    "p:a='' ",
    "a='' ",
    'xmlns',
    'xml',
    "xmlns:xml='u'",
    ' x',
  ],
];
const OTHER_OCTETS = [0x80, 0xc0, 0xc3, 0xe2, 0xed, 0xa0, 0xf0, 0x9f, 0xf4, 0xff];

/** A small deterministic generator (mulberry32), so that a printed seed repeats a run. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export interface FuzzResult {
  readonly runs: number;
  /** Inputs that made the parser behave in a new way. */
  readonly kept: number;
  /** How often each end was met: error codes, `whole` and `unfinished`. */
  readonly ends: Readonly<Record<string, number>>;
}

/**
 * Runs until the time is over.
 * @throws Error with the seed, the run and the octets of a failure
 */
export function fuzzXml(seed: number, milliseconds: number): FuzzResult {
  const random = randomOf(seed);
  const corpus: Buffer[] = SEEDS.map((s) => Buffer.from(s));
  const met = new Set<string>();
  const ends: Record<string, number> = {};
  const until = performance.now() + milliseconds;
  let runs = 0;
  for (; performance.now() < until; runs++) {
    let input = corpus[random(corpus.length)] ?? Buffer.alloc(0);
    for (let n = random(4); n >= 0; n--) input = mutate(input, corpus, random);
    try {
      const { behaviour, end } = check(input, random);
      ends[end] = (ends[end] ?? 0) + 1;
      if (met.has(behaviour)) continue;
      met.add(behaviour);
      if (corpus.length < 2000) corpus.push(input);
    } catch (cause) {
      throw new Error(`seed ${String(seed)}, run ${String(runs)}, octets ${input.toString('hex')}`, { cause });
    }
  }
  return { runs, kept: corpus.length - SEEDS.length, ends };
}

function mutate(input: Buffer, corpus: readonly Buffer[], random: (below: number) => number): Buffer {
  const at = random(input.length + 1);
  const to = Math.min(input.length, at + random(16));
  const before = input.subarray(0, at);
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([OTHER_OCTETS[random(OTHER_OCTETS.length)] ?? 0]), input.subarray(to)]);
    case 1:
      return Buffer.concat([before, input.subarray(to)]);
    case 2:
      return Buffer.concat([input.subarray(0, to), input.subarray(at)]).subarray(0, 4096);
    case 3: {
      const other = corpus[random(corpus.length)] ?? input;
      return Buffer.concat([before, other.subarray(random(other.length + 1))]).subarray(0, 4096);
    }
    default:
      return Buffer.concat([before, Buffer.from(TOKENS[random(TOKENS.length)] ?? ''), input.subarray(random(2) === 0 ? at : to)]);
  }
}

interface Told {
  readonly stanzas: readonly Element[];
  readonly events: readonly string[];
  readonly end: string;
}

const LIMITS = { octets: 2048, depth: 6, elements: 24, attributes: 6 };

/** One input against everything that must hold. */
function check(input: Buffer, random: (below: number) => number): { behaviour: string; end: string } {
  const whole = readStream(input, () => input.length);
  // Cut as small as this nothing is read the short way: saxes and the short way have to agree.
  const cut = readStream(input, () => 1 + random(8));
  same(cut.events, whole.events, 'whole and cut streams differ');
  same(cut.stanzas.map(shapeOf), whole.stanzas.map(shapeOf), 'whole and cut streams have other stanzas');
  same(cut.end, whole.end, 'whole and cut streams end differently');
  for (const stanza of whole.stanzas) roundTrip(stanza);

  const document = readDocument(input);
  if (typeof document !== 'string') {
    roundTrip(document);
    acceptedBySaxes(input);
    // The same document as a stanza.
    const wrapped = readStream(Buffer.concat([Buffer.from('<s>'), input]), () => 1 + random(64));
    same(
      wrapped.stanzas.map((s) => serialize(s)),
      [serialize(document)],
      'a document is another stanza',
    );
  }
  const shape = whole.stanzas.map(
    (s) => `${String(s.children.length)}.${String(s.foreign.length)}.${String(Object.keys(s.attrs).length)}`,
  );
  const outcome = typeof document === 'string' ? document : 'document';
  return { behaviour: `${whole.end} ${outcome} ${shape.join(' ')}`, end: whole.end };
}

function readStream(input: Buffer, size: () => number): Told {
  const stanzas: Element[] = [];
  const events: string[] = [];
  const parser = new StreamParser(
    {
      onOpen: (root) => events.push(`open ${written(root)}`),
      onStanza: (stanza) => {
        stanzas.push(stanza);
        events.push(written(stanza));
      },
      onClose: () => events.push('close'),
    },
    LIMITS,
  );
  try {
    for (let at = 0; at < input.length;) {
      const end = Math.min(input.length, at + size());
      parser.write(input.subarray(at, end));
      at = end;
    }
  } catch (error) {
    if (error instanceof XmlError) return { stanzas, events, end: error.code };
    throw error;
  }
  return { stanzas, events, end: parser.pending ? 'unfinished' : 'whole' };
}

/** What was read can be written: an error here is none of the parser's. */
function written(element: Element): string {
  try {
    return serialize(element);
  } catch (cause) {
    throw new Error('read, and cannot be written', { cause });
  }
}

/** The element, or the error's code. */
function readDocument(input: Buffer): Element | string {
  try {
    return parseDocument(input, { limits: LIMITS, cdata: 'text' });
  } catch (error) {
    if (error instanceof XmlError) return error.code;
    throw error;
  }
}

function roundTrip(element: Element): void {
  const text = serialize(element);
  const again = parseDocument(text, { limits: { octets: 1 << 20, attributes: 100 } });
  same(serialize(again), text, 'not read back as written');
  same(shapeOf(again), shapeOf(element), 'another tree is read back');
}

const shapeOf = (el: Element): unknown => [
  el.name,
  el.ns,
  Object.getPrototypeOf(el.attrs) === null,
  Object.entries(el.attrs),
  el.foreign,
  el.children.map((c) => (typeof c === 'string' ? c : shapeOf(c))),
];

/** We are at least as strict as the library with its own namespace checks. */
function acceptedBySaxes(input: Buffer): void {
  const parser = new SaxesParser({ xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(input.toString()).close();
}

function same(actual: unknown, expected: unknown, what: string): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected))
    throw new Error(`${what}: ${JSON.stringify(actual)} | ${JSON.stringify(expected)}`);
}
