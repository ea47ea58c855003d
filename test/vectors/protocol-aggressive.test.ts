/** Protocol 5.2: whole transcripts, every message to the octet, signatures included where a method has one value. */

import type * as Signature from '../../src-main/security/crypto/signature.ts';
import { describe, expect, it, vi } from 'vitest';
import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import type { FullJid } from '../../src-shared/jid.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { DH, X25519, isPrfMethod, isSignatureMethod, type Agreement } from '../../src-main/security/crypto/algorithms.ts';
import {
  initiate,
  receiveAM1,
  receiveAM2,
  receiveAM3,
  receiveAM4,
  type AwaitingAM3,
  type Policy,
} from '../../src-main/security/association/aggressive.ts';
import { decode } from '../../src-main/security/association/codec.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { ownOf, toHex, told, type VectorParty } from '../support/protocol-parties.ts';
import { suite } from '../support/vectors.ts';

// The platform draws ECDSA nonces; the vectors' are those of RFC 6979. Only signing is replaced, and only here.
vi.mock('../../src-main/security/crypto/signature.ts', async (original) => {
  const real = await original<typeof Signature>();
  const sign: typeof real.sign = (method, key: KeyObject, octets) =>
    key.asymmetricKeyType === 'ec'
      ? p256.sign(octets, Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url'), { lowS: false })
      : real.sign(method, key, octets);
  return { ...real, sign };
});

interface Case {
  readonly name: string;
  readonly initiator: VectorParty;
  readonly responder: VectorParty;
  readonly random: {
    readonly id: string;
    readonly CKYi: string;
    readonly Ni: string;
    readonly initiatorPrivate: { readonly x25519: string; readonly dh3072?: string };
    readonly CKYr: string;
    readonly Nr: string;
    readonly responderPrivate: string;
  };
  readonly messages: readonly [string, string, string, string];
  readonly result: Readonly<Record<string, string>>;
}

const vectors = suite('protocol', 'aggressive');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('aggressive.json');
const clock = Date.parse(now);

/** What the vector's AM1 offers is the initiator's policy; what its AM2 takes is the responder's. */
function policyOf(c: Case): Policy {
  const am1 = decode('AM1', parseDocument(c.messages[0]));
  const am2 = decode('AM2', parseDocument(c.messages[1]));
  return {
    offer: am1.shares.map((s) => s.agreement).filter((a): a is Agreement => a !== undefined),
    take: am2.share.agreement === undefined ? [] : [am2.share.agreement],
    digests: am1.digest.filter(isPrfMethod),
    signatures: am1.signature.filter(isSignatureMethod),
  };
}

describe('protocol 5.2, transcripts', () => {
  for (const c of cases) {
    it(c.name, () => {
      const alice = ownOf(c.initiator);
      const bob = ownOf(c.responder);
      const policy = policyOf(c);
      const arrived = (from: FullJid, to: FullJid, message: string) => ({ from, to, query: parseDocument(message) });
      const never = (): boolean => false;
      const { random: r, result } = c;

      // AM1  I -> R
      const randomI = told(r.id, r.CKYi, r.Ni, r.initiatorPrivate.x25519, r.initiatorPrivate.dh3072);
      const opened = initiate(alice, bob.full, { ...policy, x25519Random: randomI }, randomI);
      expect(c14n(opened.send)).toBe(c.messages[0]);

      // AM2  I <- R
      const randomR = told(r.CKYr, r.Nr, r.responderPrivate);
      const judgingI = receiveAM1(
        bob,
        arrived(alice.full, bob.full, c14n(opened.send)),
        { ...policy, x25519Random: randomR },
        randomR,
        never,
        never,
      ).verify();
      expect(judgingI.peer.fp).toBe(c.initiator.credential.fp);
      const answered = judgingI.resume('first-use');
      expect(c14n(answered.send)).toBe(c.messages[1]);
      const awaiting: AwaitingAM3 = answered.next;
      expect(toHex(awaiting.th2)).toBe(result['TH_2']);
      expect(toHex(awaiting.keys.a.reveal())).toBe(result['sKEYID_a']);
      expect(toHex(awaiting.keys.d.reveal())).toBe(result['sKEYID_d']);
      expect(toHex(awaiting.keys.e.reveal())).toBe(result['sKEYID_e']);

      // AM3  I -> R
      const judgingR = receiveAM2(opened.next, arrived(bob.full, alice.full, c14n(answered.send)), never);
      expect(judgingR.peer.fp).toBe(c.responder.credential.fp);
      const confirmed = judgingR.resume('first-use');
      expect(c14n(confirmed.send)).toBe(c.messages[2]);
      expect(toHex(confirmed.next.th3)).toBe(result['TH_3']);

      // AM4  I <- R
      const stoodR = receiveAM3(answered.next, arrived(alice.full, bob.full, c14n(confirmed.send)), clock).resume('first-use');
      expect(c14n(stoodR.send)).toBe(c.messages[3]);
      const stoodI = receiveAM4(confirmed.next, arrived(bob.full, alice.full, c14n(stoodR.send)), clock);

      for (const [sa, out, back] of [
        [stoodI.next, 'CK_0 i>r', 'CK_0 r>i'],
        [stoodR.next, 'CK_0 r>i', 'CK_0 i>r'],
      ] as const) {
        expect(sa.keyId).toBe(result['KEYID']);
        expect(sa.hash).toBe(result['H']);
        expect(toHex(sa.send.ck)).toBe(result[out]);
        expect(toHex(sa.receive.ck)).toBe(result[back]);
        expect(toHex(sa.exporter)).toBe(result['sKEYID_d']);
      }
      expect(stoodI.next.algorithms.agreement.algorithm).toBe(c.name.includes('group 15') ? DH : X25519);
      vectors.ran(c.name);
    });
  }
});
