/** Protocol 7: the keys of a slot's path, wrapped under the message that carries them, to the octet of room.json. */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BareJid } from '../../../src-shared/jid.ts';
import { Secret } from '../../../src-main/security/crypto/secret.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import {
  decodeKeyTransport,
  encodeKeyTransport,
  isKeyTransport,
  MAX_HEIGHT,
  nodeName,
  unwrapKeys,
  type KeyTransport,
} from '../../../src-main/security/key-transport.ts';
import { c14n } from '../../../src-main/security/xmlsec/c14n.ts';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { rewritten } from '../../support/hostile-wire.ts';
import { mutate, MUTATIONS, withoutSpace } from '../../support/mutate.ts';
import { hex, toHex } from '../../support/protocol-parties.ts';
import { DATA } from '../../support/vectors-accounts.ts';

interface Transport {
  readonly slot: number;
  readonly contentKey: string;
  readonly element: string;
  readonly keys: Readonly<Record<string, string>>;
}
const { cases } = JSON.parse(readFileSync(path.join(DATA, 'protocol/room.json'), 'utf8')) as {
  readonly cases: readonly { readonly events: readonly { readonly keyTransports?: readonly Transport[] }[] }[];
};
const transports = cases.flatMap(({ events }) => events.flatMap((event) => event.keyTransports ?? []));
const [first] = transports;
if (first === undefined) throw new Error('room.json has no KeyTransport');
const sample = parseDocument(first.element);

const open = (el: Element, contentKey: Uint8Array): KeyTransport | undefined => {
  const wrapped = decodeKeyTransport(el);
  return wrapped && unwrapKeys(wrapped, contentKey);
};

describe('protocol 7', () => {
  it('room.json: every transport opens to its keys, and is written as it stands there', () => {
    expect(transports.length).toBeGreaterThan(5);
    for (const { element, contentKey, slot, keys } of transports) {
      const transport = open(parseDocument(element), hex(contentKey));
      if (transport === undefined) throw new Error('refused');
      expect(transport.slot).toBe(slot);
      expect(transport.keys.map((key) => toHex(key.reveal()))).toEqual(Object.values(keys));
      expect(transport.keys.map((_, h) => nodeName('', h, slot).slice(1))).toEqual(Object.keys(keys));
      expect(c14n(encodeKeyTransport(transport, hex(contentKey)))).toBe(element);
    }
  });

  it('is told from a bundle by its room, and reads the same under other prefixes', () => {
    expect(isKeyTransport(sample)).toBe(true);
    expect(isKeyTransport(xml('KeyTransport', 'xmpp:sec', { jid: 'a@b' }))).toBe(false);
    expect(decodeKeyTransport(parseDocument(rewritten(sample)))).toEqual(decodeKeyTransport(sample));
  });

  it('under another content key nothing opens, and what had opened is erased', () => {
    expect(open(sample, new Uint8Array(32))).toBeUndefined();
  });

  it('names, lengths and order are exact', () => {
    const with_ = (attrs: Record<string, string | undefined>): boolean =>
      decodeKeyTransport(sample.withAttrs(attrs)) !== undefined;
    expect(with_({})).toBe(true);
    for (const attrs of [
      { slot: '01' }, // leading zero
      { slot: '2' }, // another path
      { slot: '-1' },
      { slot: '65536' },
      { epoch: '' },
      { epoch: '1.0' },
      { charter: 'c'.repeat(64) },
      { tree: '3caf2b74e45cbfcd' },
      { room: 'War@rooms.example' }, // not prepared
      { room: 'war@rooms.example/nick' },
      { room: undefined },
      { extra: '' },
    ])
      expect([attrs, with_(attrs)]).toEqual([attrs, false]);
    const [leaf, ...above] = sample.children;
    if (leaf === undefined) throw new Error('no keys');
    const children = (...all: Element['children'][number][]): boolean =>
      decodeKeyTransport(sample.withChildren(all)) !== undefined;
    expect(children()).toBe(false);
    expect(children(...above)).toBe(false);
    expect(children(leaf)).toBe(false); // slot 1 is no tree of its own
    expect(children(leaf, leaf, ...above)).toBe(false);
    expect(children(...above, leaf)).toBe(false);
    expect(children(' ', leaf, ...above)).toBe(false);
  });

  it('whatever the path: what was written comes back', () => {
    const path_ = fc.record({ height: fc.nat(MAX_HEIGHT), at: fc.double({ min: 0, max: 1, noNaN: true }), epoch: fc.nat() });
    fc.assert(
      fc.property(path_, ({ height, at, epoch }) => {
        const slot = Math.floor(at * (2 ** height - 1));
        const keys = Array.from({ length: height + 1 }, () => new Secret(systemRandom(32)));
        const where = { room: 'r@m.example' as BareJid, epoch, charter: 'C'.repeat(64), tree: 'A'.repeat(16), slot };
        const contentKey = systemRandom(32);
        const back = open(encodeKeyTransport({ ...where, keys }, contentKey), contentKey);
        expect(back).toMatchObject(where);
        expect(back?.keys.map((key) => toHex(key.reveal()))).toEqual(keys.map((key) => toHex(key.reveal())));
      }),
      { numRuns: 40 },
    );
  });

  it('one change anywhere: refused, or read as what it now says', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(MUTATIONS - 1), fc.string(), (where, how, text) => {
        const changed = mutate(sample, where, how, text);
        const read = decodeKeyTransport(changed);
        if (read === undefined) return;
        const transport = unwrapKeys(read, hex(first.contentKey));
        if (transport !== undefined)
          expect(withoutSpace(c14n(encodeKeyTransport(transport, hex(first.contentKey))))).toBe(withoutSpace(c14n(changed)));
      }),
      { numRuns: 2_000 },
    );
  });
});
