/** Protocol 6.1 and 6.2: one conversation, in order; what the vector's sender wrote opens, and we write the same octets. */

import { describe, expect, it } from 'vitest';
import { isOriginId } from '../../src-shared/ids.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { serialize } from '../../src-main/xml/serialize.ts';
import { advance, digestOf, wrappingKey } from '../../src-main/security/association/chains.ts';
import { protect, type Kind } from '../../src-main/security/message.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { bare, hex, toHex } from '../support/protocol-parties.ts';
import { associationOf, Device, type VectorAssociation } from '../support/protocol-associations.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly association: VectorAssociation;
  readonly direction: 'i>r' | 'r>i';
  readonly from: string;
  readonly to: string;
  readonly n: number;
  readonly MK: string;
  readonly KEK: string;
  readonly content_key: string;
  readonly C: string;
  readonly envelope: string;
  readonly stanza: string;
}

const vectors = suite('protocol', 'messages');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('messages.json');
const clock = Date.parse(now);
const [first] = cases;
if (first === undefined) throw new Error('no cases');

const sides = {
  'i>r': {
    writer: associationOf(first.association, 'initiator', clock),
    reader: new Device(associationOf(first.association, 'responder', clock), clock),
  },
  'r>i': {
    writer: associationOf(first.association, 'responder', clock),
    reader: new Device(associationOf(first.association, 'initiator', clock), clock),
  },
};

describe('protocol 6.1 and 6.2, one conversation', () => {
  for (const c of cases) {
    it(c.name, () => {
      const side = sides[c.direction];
      // the chain, from the sender's end
      let chain = side.writer.send;
      let mk = new Uint8Array() as Uint8Array;
      while (chain.n <= c.n) ({ mk, next: chain } = advance(side.writer.hash, chain));
      expect(toHex(mk)).toBe(c.MK);
      expect(toHex(wrappingKey(side.writer.hash, mk, digestOf(hex(c.C))))).toBe(c.KEK);

      // the message, at the receiver's
      const stanza = parseDocument(c.stanza).withAttrs({ from: c.from });
      const opened = side.reader.receive(stanza);
      if (opened.kind !== 'opened' || opened.by !== 'association') throw new Error(opened.kind);
      const envelope = parseDocument(c.envelope);
      const inside = envelope.child('content')?.elements() ?? [];
      expect(opened.n).toBe(c.n);
      expect(opened.content.map((el) => serialize(el))).toEqual(
        inside.filter((el) => el.name !== 'origin-id').map((el) => serialize(el)),
      );
      expect(opened.signature !== undefined).toBe(c.name === 'signed by choice');
      expect(opened.to).toBe(c.to);

      // and again: the same is a copy, whatever the servers did to it meanwhile
      expect(side.reader.receive(stanza).kind).toBe('copy');

      if (opened.signature === undefined) expectWritten(c, side.writer, envelope);
      vectors.ran(c.name);
    });
  }
});

/** What `protect` writes for the same message from the same key, IV and padding. */
function expectWritten(c: Case, writer: (typeof sides)['i>r']['writer'], envelope: Element): void {
  const content =
    envelope
      .child('content')
      ?.elements()
      .filter((el) => el.name !== 'origin-id') ?? [];
  const id = envelope.child('content')?.child('origin-id', 'urn:xmpp:sid:0')?.attr('id') ?? '';
  const padding = envelope.child('rpad')?.text() ?? '';
  if (!isOriginId(id)) throw new Error('origin-id');
  let send = writer.send;
  while (send.n < c.n) send = advance(writer.hash, send).next;
  const kind: Kind = c.stanza.includes('<body>') ? 'message' : 'marker';
  const draft = {
    kind,
    from: writer.own,
    to: bare(c.to),
    originId: id,
    content,
    time: Date.parse(envelope.child('time')?.attr('stamp') ?? ''),
  };
  // The vectors write empty elements in full, as c14n does, we do not: so the text differs within, not the form.
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  const given = [
    Buffer.concat([hex(c.content_key), hex(c.C).subarray(0, 12)]),
    Buffer.from(Array.from(padding, (char) => letters.indexOf(char))),
  ];
  const { stanza } = protect(draft, [{ ...writer, send }], (octets) => {
    const next = given.shift() ?? Buffer.alloc(0);
    return Buffer.concat([next, Buffer.alloc(Math.max(0, octets - next.length))]).subarray(0, octets);
  });
  const form = (el: Element): string => c14n(el).replaceAll(/<CipherValue>[^<]*<\/CipherValue>/g, '<CipherValue/>');
  const ours = parseDocument(`<s xmlns="jabber:client">${stanza.xml}</s>`).elements()[0];
  if (ours === undefined) throw new Error('nothing written');
  expect(form(ours)).toBe(form(parseDocument(c.stanza)));
  // It opens at a receiver of its own, to the same content.
  const reader = new Device({ ...associationOf(c.association, c.direction === 'i>r' ? 'responder' : 'initiator', clock) }, clock);
  const opened = reader.receive(ours.withAttrs({ from: c.from }));
  if (opened.kind !== 'opened' || opened.by !== 'association') throw new Error(opened.kind);
  expect(opened.content.map((el) => serialize(el))).toEqual(content.map((el) => serialize(el)));
}
