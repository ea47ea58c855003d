import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xml } from '../../../src-main/xml/element.ts';
import { createInbound, createOutbound, readCounter } from '../../../src-main/xmpp/sm.ts';

const entry = (text: string, acked?: () => void) => ({ stanza: xml('message', 'jabber:client'), xml: text, acked });

describe('what we sent (XEP-0198 §4)', () => {
  it('is acknowledged in order, each once', () => {
    const out = createOutbound();
    const acked: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) out.push(entry(name, () => acked.push(name)));
    expect(out.acknowledge(2)).toBe(true);
    expect(acked).toEqual(['a', 'b']);
    expect(out.acknowledge(2)).toBe(true);
    expect(out.unacked.map((e) => e.xml)).toEqual(['c', 'd']);
    expect(out.acknowledge(4)).toBe(true);
    expect(acked).toEqual(['a', 'b', 'c', 'd']);
    expect(out.sent).toBe(4);
  });

  it('cannot be acknowledged before it was sent, nor taken back', () => {
    const out = createOutbound();
    for (const name of ['a', 'b', 'c']) out.push(entry(name));
    expect(out.acknowledge(4)).toBe(false);
    expect(out.acknowledge(2)).toBe(true);
    expect(out.acknowledge(1)).toBe(false);
    expect(out.unacked).toHaveLength(1);
  });

  it('is bounded in number and octets', () => {
    const many = createOutbound();
    for (let i = 0; i < 10_000; i++) many.push(entry('x'));
    expect(() => {
      many.push(entry('x'));
    }).toThrow('server-busy');
    many.acknowledge(1);
    many.push(entry('x'));

    const big = createOutbound();
    const mib = 'x'.repeat(1024 * 1024);
    for (let i = 0; i < 16; i++) big.push(entry(mib));
    expect(() => {
      big.push(entry('x'));
    }).toThrow('server-busy');
  });

  it('an acked function may send more', () => {
    const out = createOutbound();
    out.push(
      entry('a', () => {
        out.push(entry('b'));
      }),
    );
    expect(out.acknowledge(1)).toBe(true);
    expect(out.unacked.map((e) => e.xml)).toEqual(['b']);
  });
});

describe('what we have (h)', () => {
  it('is the longest prefix of what is committed, whatever the order', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 1, max: 40 })
          .chain((n) => fc.shuffledSubarray([...Array(n).keys()], { minLength: 0 }).map((order) => ({ n, order }))),
        ({ n, order }) => {
          const inbound = createInbound(() => undefined);
          const arrivals = Array.from({ length: n }, (_, i) => inbound.arrived(i));
          const done = new Set<number>();
          for (const i of order) {
            arrivals[i]?.committed();
            done.add(i);
            let prefix = 0;
            while (done.has(prefix)) prefix++;
            expect(inbound.h).toBe(prefix);
            expect(inbound.arrivedCount).toBe(n);
          }
        },
      ),
    );
  });

  it('never passes a stanza whose commit failed; the next stream begins there again', async () => {
    const inbound = createInbound(() => undefined);
    const [a, b, c] = [inbound.arrived(1), inbound.arrived(2), inbound.arrived(3)];
    c.committed();
    a.committed();
    let settled = false;
    const wait = inbound.settled().then(() => (settled = true));
    await Promise.resolve();
    expect(settled).toBe(false);
    b.failed();
    await wait;
    expect(inbound.h).toBe(1);
    inbound.rewind();
    expect(inbound.arrivedCount).toBe(1);
    inbound.arrived(1).committed();
    expect(inbound.h).toBe(2);
  });

  it('counts the octets that are not committed', () => {
    const inbound = createInbound(() => undefined);
    expect(inbound.pendingOctets(5_000)).toBe(0);
    const first = inbound.arrived(5_000);
    const second = inbound.arrived(6_000);
    expect(inbound.pendingOctets(7_000)).toBe(2_000);
    first.committed();
    second.committed();
    expect(inbound.pendingOctets(7_000)).toBe(0);
  });
});

describe('a counter on the wire', () => {
  it.each([
    ['0', 0],
    ['4294967295', 4294967295],
    ['4294967296', undefined],
    ['-1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    ['', undefined],
    [' 1', undefined],
    [undefined, undefined],
  ])('%j', (text, h) => {
    expect(readCounter(text)).toBe(h);
  });
});
