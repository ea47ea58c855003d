/** Protocol 4: a bundle is read as its device signed it, or refused. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId, Fingerprint } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import {
  BUNDLE_LIFE,
  BundleError,
  makeBundle,
  MAX_BUNDLE_OCTETS,
  readBundle,
  type BundleDraft,
  type BundleReader,
} from '../../../src-main/security/bundle.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import * as x25519 from '../../../src-main/security/crypto/x25519.ts';
import { c14n } from '../../../src-main/security/xmlsec/c14n.ts';
import { signEnveloped } from '../../../src-main/security/xmlsec/signature.ts';
import type { Element } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { serialize } from '../../../src-main/xml/serialize.ts';
import { read, rewritten } from '../../support/hostile-wire.ts';
import { mutate, MUTATIONS, withoutSpace } from '../../support/mutate.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-09-21T14:13:20Z');
const ALICE = 'alice@a.example' as BareJid;
const DEVICE = 'A1A2A3A4A5A6A7A8' as DeviceId;
const credential = makeSelfSigned({ jid: ALICE, now: NOW, random: systemRandom });
const sealing = x25519.generate();
const draft: BundleDraft = {
  jid: ALICE,
  device: DEVICE,
  issued: NOW - 60_000,
  sealingPublic: sealing.publicRaw,
  vouched: ['B'.repeat(64) as Fingerprint],
  revoked: ['C'.repeat(64), 'D'.repeat(64)] as Fingerprint[],
};
const honest = makeBundle(draft, credential);
const reader: BundleReader = { owner: ALICE, item: DEVICE, now: NOW, newest: () => undefined };

/** The code of the refusal, or `read`. */
function outcome(bundle: Element, how: Partial<BundleReader> = {}): string {
  try {
    readBundle(bundle, { ...reader, ...how });
    return 'read';
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return error.code;
  }
}

/** The same statement with something changed, signed again by the same credential. */
const resigned = (change: (unsigned: Element) => Element): Element =>
  signEnveloped(change(honest.withChildren(honest.children.slice(0, -1))), credential, { mode: 'prefix-free' });

describe('a bundle', () => {
  it('is read as it was signed, however servers rewrote it', () => {
    for (const delivered of [honest, parseDocument(serialize(honest)), parseDocument(rewritten(honest))]) {
      expect(readBundle(delivered, reader)).toMatchObject({
        ...{ jid: ALICE, device: DEVICE, fp: credential.fp, vouched: draft.vouched, revoked: draft.revoked },
        ...{ issued: draft.issued, notAfter: draft.issued + BUNDLE_LIFE, sealing: { publicRaw: sealing.publicRaw } },
      });
    }
  });

  it('of another owner, under another item, from a presence without one', () => {
    expect(outcome(honest, { owner: 'mallory@m.example' as BareJid })).toBe('malformed');
    expect(outcome(honest, { item: 'A1A2A3A4A5A6A7A9' })).toBe('malformed');
    expect(readBundle(honest, { owner: ALICE, now: NOW, newest: () => undefined }).device).toBe(DEVICE);
  });

  it('is valid for exactly 30 days, however well signed', () => {
    const until = (notAfter: string): string => outcome(resigned((el) => el.withAttrs({ notAfter })));
    expect(until('2026-10-21T14:12:20Z')).toBe('read');
    expect(until('2026-10-21T14:12:21Z')).toBe('malformed');
    expect(until('2026-10-21T14:12:19Z')).toBe('malformed');
    expect(until('2026-10-21T14:12:20.0Z')).toBe('malformed');
    expect(until('2026-10-21T14:12:20+00:00')).toBe('malformed');
    expect(until('')).toBe('malformed');
  });

  it('may lie a day in the future, and no more', () => {
    const issued = (at: number): string => outcome(makeBundle({ ...draft, issued: at }, credential));
    expect(issued(NOW + DAY)).toBe('read');
    expect(issued(NOW + DAY + 1_000)).toBe('malformed');
    // It has run out: a credential is met all the same; nothing is sealed to it.
    expect(issued(NOW - 90 * DAY)).toBe('read');
  });

  it('never goes backwards for one (jid, fp, device); it may stay equal', () => {
    const newest = (at: number) => (fp: Fingerprint, device: DeviceId) =>
      fp === credential.fp && device === DEVICE ? at : undefined;
    expect(outcome(honest, { newest: newest(draft.issued) })).toBe('read');
    expect(outcome(honest, { newest: newest(draft.issued + 1_000) })).toBe('outdated');
  });

  it('names 1 to 32 credentials in Vouched and Revoked, or has none of the two', () => {
    const names = (count: number) => Array.from({ length: count }, (_, i) => String(i).padStart(64, '0') as Fingerprint);
    for (const list of ['vouched', 'revoked'] as const) {
      expect(outcome(makeBundle({ ...draft, [list]: [] }, credential))).toBe('read');
      expect(outcome(makeBundle({ ...draft, [list]: names(32) }, credential))).toBe('read');
      expect(outcome(makeBundle({ ...draft, [list]: names(33) }, credential))).toBe('malformed');
    }
    const [keyInfo, key, vouched, revoked] = honest.elements();
    if (keyInfo === undefined || key === undefined || vouched === undefined || revoked === undefined) throw new Error('parts');
    expect(outcome(resigned((el) => el.withChildren([keyInfo, key, revoked, vouched])))).toBe('malformed');
    expect(outcome(resigned((el) => el.withChildren([keyInfo, key, vouched.withChildren([])])))).toBe('malformed');
    expect(outcome(resigned((el) => el.withChildren([keyInfo, key, vouched, vouched])))).toBe('malformed');
  });

  it('with a sealing key of low order, which everybody could open: refused', () => {
    const weak = new Uint8Array(32);
    expect(outcome(makeBundle({ ...draft, sealingPublic: weak }, credential))).toBe('malformed');
    weak[0] = 1;
    expect(outcome(makeBundle({ ...draft, sealingPublic: weak }, credential))).toBe('malformed');
  });

  it('with a chain of which one is not certified by the next: refused', () => {
    const stranger = makeSelfSigned({ jid: ALICE, now: NOW, random: systemRandom });
    const chain = [...credential.chain, ...stranger.chain];
    expect(outcome(makeBundle(draft, { ...credential, chain }))).toBe('untrusted-credential');
    expect(outcome(makeBundle(draft, { ...credential, chain: stranger.chain }))).toBe('bad-signature');
  });

  it('that would be too large is published with the certificates that fit, end entity first', () => {
    const large = new Uint8Array(9_000);
    const bundle = makeBundle(draft, { ...credential, chain: [...credential.chain, large, large] });
    expect(Buffer.byteLength(c14n(bundle))).toBeLessThanOrEqual(MAX_BUNDLE_OCTETS);
    const data = bundle.elements()[0]?.child('X509Data');
    expect(data?.elements().length).toBe(2);
    const five = makeBundle(draft, { ...credential, chain: Array.from({ length: 5 }, () => credential.chain[0] ?? large) });
    expect(five.elements()[0]?.child('X509Data')?.elements().length).toBe(4);
    expect(() => makeBundle(draft, { ...credential, chain: [new Uint8Array(20_000)] })).toThrow(BundleError);
  });

  it('every octet flipped: refused', () => {
    const text = Buffer.from(serialize(honest));
    const accepted: number[] = [];
    for (let at = 0; at < text.length; at++) {
      const flipped = Buffer.from(text);
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      const bundle = read(flipped.toString('utf8'));
      if (bundle !== undefined && outcome(bundle) === 'read') accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  it('one change anywhere in the tree: a coded refusal, unless nothing that is signed changed', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(MUTATIONS - 1), fc.string(), (where, how, text) => {
        const changed = mutate(honest, where, how, text);
        if (outcome(changed) === 'read') expect(withoutSpace(c14n(changed))).toBe(withoutSpace(c14n(honest)));
      }),
      { numRuns: 2_000 },
    );
  });

  it('one change anywhere, signed by the same credential: a coded refusal, or read as what it now says', () => {
    const unsigned = honest.withChildren(honest.children.slice(0, -1));
    fc.assert(
      fc.property(fc.nat(), fc.nat(MUTATIONS - 1), fc.string({ unit: 'grapheme-ascii' }), (where, how, text) => {
        const changed = mutate(unsigned, where, how, text);
        if (/[\t\r\n]/.test(text) || changed.foreign.length > 0 || how === 6) return;
        const bundle = signEnveloped(changed, credential, { mode: 'prefix-free' });
        if (outcome(bundle) !== 'read') return;
        const { jid, device, issued, vouched, revoked, sealing: key } = readBundle(bundle, reader);
        const again = makeBundle({ jid, device, issued, vouched, revoked, sealingPublic: key.publicRaw }, credential);
        const statement = (el: Element): string => withoutSpace(c14n(el.withChildren(el.children.slice(0, -1))));
        expect(statement(again)).toBe(statement(bundle));
      }),
      { numRuns: 500 },
    );
  });
});
