/** Verdicts of protocol 4 on credentials that nothing vouches for. */

import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import type { Verdict } from '../../../src-shared/models.ts';
import {
  accepted,
  decided,
  judge,
  type Case,
  type CertificateFacts,
  type VerdictRecord,
} from '../../../src-main/security/trust.ts';

const NOW = Date.parse('2026-09-21T14:13:20Z');
const DAY = 86_400_000;
const alice = 'alice@a.example' as BareJid;
const bob = 'bob@b.example' as BareJid;
const fp = (letter: string): Fingerprint => letter.repeat(64) as Fingerprint;

const certificate = (more: Partial<CertificateFacts> = {}): CertificateFacts => ({
  fp: fp('B'),
  notBefore: NOW - DAY,
  notAfter: NOW + DAY,
  namesXmpp: true,
  xmppAddrs: [bob],
  keyUsage: new Set(['digitalSignature'] as const),
  unknownCritical: [],
  ...more,
});
const record = (letter: string, verdict: Verdict, jid: BareJid = bob): VerdictRecord => ({
  jid,
  fp: fp(letter),
  verdict,
  why: 'met-first',
  since: NOW - DAY,
  verdictSince: NOW - DAY,
});
const verdict = (more: Partial<Case> = {}): Verdict =>
  judge({ jid: bob, certificate: certificate(), known: [], now: NOW, own: { jid: alice, fp: fp('A') }, ...more }).verdict;

describe('a credential that was met', () => {
  it('is first-use while the contact has no accepted one, and is recorded', () => {
    const judgement = judge({ jid: bob, certificate: certificate(), known: [], now: NOW, own: { jid: alice, fp: fp('A') } });
    expect(judgement).toEqual({
      verdict: 'first-use',
      why: 'met-first',
      record: { jid: bob, fp: fp('B'), verdict: 'first-use', why: 'met-first', since: NOW, verdictSince: NOW },
    });
    expect(verdict({ known: [record('C', 'revoked'), record('D', 'distrusted'), record('E', 'first-use', alice)] })).toBe(
      'first-use',
    );
  });

  it.each(['first-use', 'verified', 'validated'] as const)('is changed once the contact has one that is %s', (has) => {
    expect(verdict({ known: [record('C', has)] })).toBe('changed');
  });

  it('is changed after one that expired: dates do not make a new one first', () => {
    const known = [record('C', 'first-use')];
    expect(verdict({ known, certificate: certificate({ fp: fp('C'), notAfter: NOW - 1 }) })).toBe('expired');
    expect(verdict({ known })).toBe('changed');
  });

  it('keeps the verdict that it has', () => {
    for (const has of ['first-use', 'changed', 'verified', 'validated', 'distrusted', 'revoked'] as const) {
      const judgement = judge({
        jid: bob,
        certificate: certificate(),
        known: [record('B', has)],
        now: NOW,
        own: { jid: alice, fp: fp('A') },
      });
      expect(judgement).toEqual({ verdict: has, why: 'met-first' });
    }
  });

  it('that names other addresses only is distrusted, whatever was said before', () => {
    for (const xmppAddrs of [[alice], []]) {
      expect(verdict({ certificate: certificate({ xmppAddrs }) })).toBe('distrusted');
      expect(verdict({ certificate: certificate({ xmppAddrs }), known: [record('B', 'verified')] })).toBe('distrusted');
    }
    expect(verdict({ certificate: certificate({ xmppAddrs: [alice, bob] }) })).toBe('first-use');
  });

  it('that names no address is never first-use, but may be compared', () => {
    const nameless = certificate({ namesXmpp: false, xmppAddrs: [] });
    expect(verdict({ certificate: nameless })).toBe('changed');
    expect(verdict({ certificate: nameless, known: [record('B', 'verified')] })).toBe('verified');
  });

  it('whose key usage is there without digitalSignature is distrusted; without any it is not', () => {
    expect(verdict({ certificate: certificate({ keyUsage: new Set(['keyAgreement'] as const) }) })).toBe('distrusted');
    expect(verdict({ certificate: certificate({ keyUsage: undefined }) })).toBe('first-use');
    expect(verdict({ certificate: certificate({ unknownCritical: ['1.2.3'] }) })).toBe('distrusted');
  });

  it('counts within its dates, both ends included', () => {
    expect(verdict({ certificate: certificate({ notBefore: NOW, notAfter: NOW }) })).toBe('first-use');
    expect(verdict({ certificate: certificate({ notBefore: NOW + 1 }) })).toBe('expired');
    expect(verdict({ certificate: certificate({ notAfter: NOW - 1 }) })).toBe('expired');
  });

  it('is verified if it is our own, and changed if it is another of our own address', () => {
    const own = { jid: bob, fp: fp('B') };
    expect(verdict({ own })).toBe('verified');
    expect(verdict({ own: { jid: bob, fp: fp('A') } })).toBe('changed');
    // our fingerprint under somebody else's address is nothing special
    expect(verdict({ own: { jid: alice, fp: fp('B') } })).toBe('first-use');
  });
});

describe('what the user says', () => {
  it('verified or distrusted, but never over revoked', () => {
    expect(decided(record('B', 'changed'), 'verified', NOW)).toMatchObject({
      verdict: 'verified',
      why: 'compared',
      verdictSince: NOW,
    });
    expect(decided(record('B', 'verified'), 'distrusted', NOW)).toMatchObject({ verdict: 'distrusted', why: 'user' });
    expect(decided(record('B', 'revoked'), 'verified', NOW).verdict).toBe('revoked');
  });

  it('three verdicts are accepted', () => {
    const all: Verdict[] = ['validated', 'verified', 'first-use', 'changed', 'revoked', 'expired', 'distrusted'];
    expect(all.filter(accepted)).toEqual(['validated', 'verified', 'first-use']);
  });
});
