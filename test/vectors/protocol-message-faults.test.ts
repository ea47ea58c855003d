/** Protocol 6.1 and 6.2: stanzas in the order of arrival, and the bodies that are shown, each once. */

import { describe, expect, it } from 'vitest';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { associationOf, Device, type VectorAssociation } from '../support/protocol-associations.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly sends: string;
  readonly association: VectorAssociation;
  readonly from: string;
  readonly stanzas: readonly string[];
  readonly shown: readonly string[];
}

const vectors = suite('protocol', 'message-faults');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('message-faults.json');

describe('protocol 6.2, faulty messages', () => {
  for (const c of cases) {
    it(`${c.name}: ${c.sends}`, () => {
      const bob = new Device(associationOf(c.association, 'responder', Date.parse(now)), Date.parse(now));
      const before = bob.sa;
      const kinds = c.stanzas.map((stanza) => bob.receive(parseDocument(stanza).withAttrs({ from: c.from })).kind);
      expect(bob.bodies).toEqual(c.shown);
      if (c.shown.length === 0) {
        expect(kinds).toEqual(['undecryptable']);
        // and nothing has changed
        expect(bob.sa).toBe(before);
        expect(bob.skipped.size + bob.used.size).toBe(0);
      }
      if (c.name === 'dup-n') expect(kinds).toEqual(['opened', 'number-reused']);
      vectors.ran(c.name);
    });
  }
});
