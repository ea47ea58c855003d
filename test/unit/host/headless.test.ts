import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { LineReader, MAX_LINE_OCTETS, parseRequest } from '../../../src-main/host/headless/framing.ts';
import { serve } from '../../../src-main/host/headless/serve.ts';
import { fakeEngine } from '../../support/fake-engine.ts';
import type { FakeEngine } from '../../support/fake-engine.ts';

const octets = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const line = (text: string): unknown => ({ kind: 'line', text });
const malformed = { kind: 'malformed' };

describe('lines', () => {
  it('come out whole however the octets are split', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme' }).filter((s) => !s.includes('\n') && s.trim() !== '')),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (texts, steps) => {
          const reader = new LineReader();
          const input = octets(texts.map((t) => `${t}\n`).join(''));
          const out: unknown[] = [];
          for (let at = 0, i = 0; at < input.length; i++) {
            const step = steps[i % steps.length] ?? 1;
            out.push(...reader.push(input.subarray(at, at + step)));
            at += step;
          }
          expect(out).toEqual(texts.map(line));
        },
      ),
    );
  });

  it('of the largest length pass, one octet more is malformed, and the next line counts again', () => {
    const reader = new LineReader(8);
    expect(reader.push(octets('12345678\n123456789\nok\n'))).toEqual([line('12345678'), malformed, line('ok')]);
    expect(MAX_LINE_OCTETS).toBe(1_048_576);
  });

  it('without an end are not collected beyond the bound', () => {
    const reader = new LineReader(1_000);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 2_000; i++) expect(reader.push(Buffer.alloc(65_536, 0x61))).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(120e6);
    expect(reader.push(octets('\nok\n'))).toEqual([malformed, line('ok')]);
  });

  it('that are not UTF-8 are malformed; empty ones are nothing; the last needs no line feed', () => {
    const reader = new LineReader();
    expect(reader.push(Uint8Array.of(0xff, 0xfe, 0x0a))).toEqual([malformed]);
    expect(reader.push(octets('\n  \r\n'))).toEqual([]);
    expect(reader.push(octets('last'))).toEqual([]);
    expect(reader.end()).toEqual([line('last')]);
    expect(reader.end()).toEqual([]);
  });
});

describe('a request', () => {
  it('has an id, a command and perhaps an input', () => {
    expect(parseRequest('{"id":1,"command":"app.info"}')).toEqual({ id: 1, command: 'app.info', input: undefined });
    expect(parseRequest('{"id":"a","command":"x","input":{"y":1}}')).toEqual({ id: 'a', command: 'x', input: { y: 1 } });
  });

  it.each(['', '{', '[]', 'null', '1', '{"id":1}', '{"command":"x"}', '{"id":null,"command":"x"}', '{"id":1.5,"command":"x"}', '{"id":1,"command":2}', '{"id":1,"command":"x","more":1}', `{"id":"${'x'.repeat(257)}","command":"x"}`])(
    'is not %s',
    (text) => {
      expect(parseRequest(text)).toBeUndefined();
    },
  ); // prettier-ignore

  it('never throws, whatever comes', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseRequest(text)));
  });
});

interface Served {
  readonly engine: FakeEngine;
  readonly lines: () => unknown[];
  readonly log: string[];
  say(text: string): void;
  end(): Promise<void>;
  abort(): Promise<void>;
}

function served(engine: FakeEngine): Served {
  const [input, output, log] = [new PassThrough(), new PassThrough(), [] as string[]];
  const stopping = new AbortController();
  const done = serve(engine, { input, output, log: (l) => log.push(l) }, stopping.signal);
  let text = '';
  output.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    engine,
    log,
    lines: () =>
      text
        .split('\n')
        .slice(0, -1)
        .map((l): unknown => JSON.parse(l)),
    say: (t) => void input.write(t),
    async end() {
      input.end();
      await done;
    },
    async abort() {
      stopping.abort();
      await done;
    },
  };
}

describe('the contract on stdin and stdout', () => {
  it('answers each request under its id, tells events, and stops the engine at the end of input', async () => {
    const host = served(fakeEngine({ 'app.info': () => ({ version: '1' }) }));
    host.say('{"id":7,"command":"app.info","input":{}}\n');
    await new Promise(setImmediate);
    host.engine.emit('notice', { code: 'internal', at: 1 });
    host.say('{"id":"b","command":"no.such","input":{}}\n');
    await host.end();
    expect(host.lines()).toEqual([
      { id: 7, result: { version: '1' } },
      { event: 'notice', payload: { code: 'internal', at: 1 } },
      { id: 'b', error: expect.objectContaining({ code: 'unknown-command' }) },
    ]);
    expect(host.engine.stops()).toBe(1);
  });

  it('answers a malformed line with an error under no id, and goes on', async () => {
    const host = served(fakeEngine());
    host.say('not json\n{"id":1,"command":"app.info"}\n');
    await host.end();
    expect(host.lines()).toEqual([
      { id: null, error: expect.objectContaining({ code: 'bad-input' }) },
      { id: 1, result: null },
    ]);
  });

  it('answers what is under way before it stops', async () => {
    const host = served(fakeEngine({ 'app.info': () => new Promise((resolve) => setTimeout(() => { resolve('late'); }, 30)) })); // prettier-ignore
    host.say('{"id":1,"command":"app.info"}');
    await host.end();
    expect(host.lines()).toEqual([{ id: 1, result: 'late' }]);
  });

  it('stops on a signal without the end of input', async () => {
    const host = served(fakeEngine());
    await host.abort();
    expect(host.engine.stops()).toBe(1);
  });

  it('says nothing of an input on stderr', async () => {
    const host = served(fakeEngine({ 'account.signIn': () => Promise.reject(new TypeError('hunter2')) }));
    host.say('{"id":1,"command":"account.signIn","input":{"jid":"a@b","password":"hunter2"}}\n');
    host.say('{"id":2,"command":"account.signIn","input":{"jid":"a@b","password":"hunter2","x":1}}\n');
    await host.end();
    expect(host.log.join('\n')).not.toContain('hunter2');
    expect(JSON.stringify(host.lines())).not.toContain('hunter2');
  });
});
