/** The decoder of AM1 … AM4: strict in, exact out, and never anything but `malformed`. */

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { xml, type Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { DH, DS, SEC, X25519 } from '../../src-main/security/crypto/algorithms.ts';
import { decode, encode, type Messages } from '../../src-main/security/association/codec.ts';
import { AssociationError, type Step } from '../../src-main/security/association/errors.ts';
import { open } from '../../src-main/security/opening.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { mutate, MUTATIONS, withoutSpace } from '../support/mutate.ts';
import { DATA } from '../support/vectors-accounts.ts';

const { cases } = JSON.parse(readFileSync(path.join(DATA, 'protocol/aggressive.json'), 'utf8')) as {
  readonly cases: readonly { readonly messages: readonly string[] }[];
};
const STEPS = ['AM1', 'AM2', 'AM3', 'AM4'] as const;
const originals = cases.flatMap(({ messages }) => messages.map((m, i) => [STEPS[i] ?? 'AM1', parseDocument(m)] as const));

/** Decodes; whatever is wrong is `malformed`, with the step. */
function tryDecode<S extends Step>(step: S, query: Element): Messages[S] | undefined {
  try {
    return decode(step, query);
  } catch (error) {
    if (!(error instanceof AssociationError)) throw error;
    expect(error.code).toBe('malformed');
    expect(error.step).toBe(step);
    return undefined;
  }
}

const reencoded = (message: Messages[Step], original: Element): string => {
  const signature = original.child('Signature', DS);
  const query = encode(message);
  return c14n(signature === undefined ? query : query.withChildren([...query.children, signature]));
};

describe('the codec', () => {
  it.each(originals)('%s of the vectors: encode(decode(x)) has the c14n of x', (step, query) => {
    const message = tryDecode(step, query);
    expect(message === undefined ? 'refused' : reencoded(message, query)).toBe(c14n(query));
  });

  it('random messages come back as they were', () => {
    const octets = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
    const hexOf = (n: number) => octets(n).map((o) => Buffer.from(o).toString('hex').toUpperCase());
    const line = fc.string({ unit: 'grapheme-ascii' });
    const names = fc.record({
      id: fc.stringMatching(/^[A-Za-z0-9]{1,32}$/),
      initiator: line,
      responder: line,
      cookieI: hexOf(16),
      cookieR: hexOf(16),
    });
    fc.assert(
      fc.property(names, octets(32), octets(64), (n, transcript, authenticator) => {
        const message = { step: 'AM3', ...n, transcript, authenticator } as unknown as Messages['AM3'];
        const [, original] = originals[2] ?? [];
        const signature = original?.child('Signature', DS);
        const query = encode(message);
        const back = signature && tryDecode('AM3', query.withChildren([...query.children, signature]));
        expect(back && c14n(encode(back))).toBe(c14n(query));
      }),
    );
  });

  it('one change anywhere in the tree: refused, or read as what it now says', () => {
    fc.assert(
      fc.property(fc.nat(originals.length - 1), fc.nat(), fc.nat(MUTATIONS - 1), fc.string(), (which, where, how, text) => {
        const [step, query] = originals[which] ?? ['AM1' as const, xml('query', SEC)];
        const changed = mutate(query, where, how, text);
        const message = tryDecode(step, changed);
        if (message === undefined) return;
        // Base64 may hold white space, and only then is what we would write another text of the same value.
        expect(withoutSpace(reencoded(message, changed))).toBe(withoutSpace(c14n(changed)));
      }),
      { numRuns: 3_000 },
    );
  });

  it('structure that protocol 5.2 names as malformed', () => {
    const [, am1] = originals[8] ?? originals[0] ?? ['AM1', xml('query', SEC)];
    const shares = am1.childrenOf('KeyAgreement');
    const [x25519, modp] = shares;
    if (x25519 === undefined || modp === undefined) throw new Error('the third transcript offers two groups');
    const withShares = (...all: Element[]): Element =>
      am1.withChildren([...am1.children.slice(0, 1), ...all, ...am1.children.slice(1 + shares.length)]);
    const method = (share: Element, uri: string): Element =>
      share.withChildren([xml('AgreementMethod', SEC, { Algorithm: uri }), ...share.children.slice(1)]);
    const accepts = (...all: Element[]): boolean => tryDecode('AM1', withShares(...all)) !== undefined;
    expect(accepts(x25519, modp)).toBe(true);
    expect(accepts(modp, x25519)).toBe(true);
    expect(accepts(modp)).toBe(false); // x25519 among them
    expect(accepts(x25519, x25519)).toBe(false); // two for one group
    expect(accepts(x25519, modp, modp.withAttrs({ length: '4096' }))).toBe(true);
    expect(accepts(x25519, modp.withAttrs({ length: '2048' }))).toBe(false);
    expect(accepts(x25519, modp.withAttrs({ length: undefined }))).toBe(false); // {XE}dh never without length
    expect(accepts(x25519.withAttrs({ length: '3072' }))).toBe(false); // length always with {XE}dh
    expect(accepts(x25519, method(x25519, 'xmpp:sec#x25519-mlkem768'))).toBe(true); // unknown: skipped
    expect(accepts(x25519, method(modp, X25519))).toBe(false);
    expect(accepts(x25519, method(x25519, DH))).toBe(false);
    const [agreement, , value] = x25519.children;
    if (agreement === undefined || value === undefined) throw new Error('no share');
    const nonce = xml('KA-Nonce', SEC, {}, Buffer.alloc(32).toString('base64'));
    expect(accepts(x25519, modp.withChildren([modp.children[0] ?? '', nonce, modp.children[2] ?? '']))).toBe(false); // another Ni
    expect(accepts(x25519.withChildren([agreement, xml('KA-Nonce', SEC, {}, 'AAAA'), value]))).toBe(false);
  });
});

describe('opening anything', () => {
  it('never throws, and never opens what nobody wrote', () => {
    const reader = {
      own: { jid: 'bob@b.example' as never, device: 'B1B2B3B4B5B6B7B8' as never },
      now: 0,
      lookup: () => undefined,
      sealingKey: () => undefined,
    };
    const [, query] = originals[0] ?? ['AM1', xml('query', SEC)];
    fc.assert(
      fc.property(fc.nat(), fc.nat(MUTATIONS - 1), fc.string(), (where, how, text) => {
        const x = xml(
          'x',
          SEC,
          {},
          xml('EncryptedData', 'http://www.w3.org/2001/04/xmlenc#', {}, mutate(query, where, how, text)),
        );
        expect(open(xml('message', 'jabber:client', {}, x), reader).kind).toBe('undecryptable');
      }),
    );
  });
});
