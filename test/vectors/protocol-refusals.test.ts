/** Protocol 5.2 and 5.5: one fault each, refused at its step with its condition; or a transcript that must be accepted. */

import type * as Signature from '../../src-main/security/crypto/signature.ts';
import { describe, expect, it, vi } from 'vitest';
import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import type { FullJid } from '../../src-shared/jid.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { isPrfMethod, isSignatureMethod } from '../../src-main/security/crypto/algorithms.ts';
import {
  defaultPolicy,
  initiate,
  receiveAM1,
  receiveAM2,
  receiveAM3,
  receiveAM4,
  type AwaitingAM2,
  type AwaitingAM3,
  type AwaitingAM4,
} from '../../src-main/security/association/aggressive.ts';
import { AssociationError, wireError } from '../../src-main/security/association/errors.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { ownOf, told, type VectorParty } from '../support/protocol-parties.ts';
import { suite } from '../support/vectors.ts';

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
    readonly initiatorPrivate: { readonly x25519: string };
    readonly CKYr?: string;
    readonly Nr?: string;
    readonly responderPrivate?: string;
  };
  readonly messages: readonly string[];
  readonly refused?: { readonly step: string; readonly application: string; readonly condition: string; readonly type: string };
  readonly accepted?: true;
}

const vectors = suite('protocol', 'refusals');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('refusals.json');
const clock = Date.parse(now);
const never = (): boolean => false;

/** Plays the messages to the side that each was for; the states are those that the given randomness makes. */
function play(c: Case): 'stands' {
  const alice = ownOf(c.initiator);
  const bob = ownOf(c.responder);
  const { random: r } = c;
  const to = (from: FullJid, at: FullJid, i: number) => ({ from, to: at, query: parseDocument(c.messages[i] ?? '') });
  // What the initiator offered is what its message says, where our own offer is another.
  const am1 = parseDocument(c.messages[0] ?? '');
  const offered = (name: string): string[] =>
    (am1.child('SecurityAssociation')?.childrenOf(name) ?? []).map((el) => el.attr('Algorithm') ?? '');
  const policy = {
    ...defaultPolicy,
    digests: offered('DigestMethod').filter(isPrfMethod),
    signatures: offered('SignatureMethod').filter(isSignatureMethod),
  };
  const randomI = told(r.id, r.CKYi, r.Ni, r.initiatorPrivate.x25519);
  const opened = initiate(alice, bob.full, { ...policy, x25519Random: randomI }, randomI);
  const awaitingAM2: AwaitingAM2 = { ...opened.next, am1: c.messages.length === 1 ? '' : c14n(am1) };

  const randomR = told(r.CKYr ?? '0'.repeat(32), r.Nr ?? '0'.repeat(64), r.responderPrivate ?? '1'.repeat(64));
  const readI = receiveAM1(
    bob,
    to(alice.full, bob.full, 0),
    { ...defaultPolicy, x25519Random: randomR },
    randomR,
    never,
    never,
  ).verify();
  const answered = readI.resume('first-use');
  if (c.messages.length === 1) return 'stands';

  const confirmed = receiveAM2(awaitingAM2, to(bob.full, alice.full, 1), never).resume('first-use');
  const awaitingAM4: AwaitingAM4 = confirmed.next;
  if (c.messages.length === 2) return 'stands';

  const awaitingAM3: AwaitingAM3 = answered.next;
  receiveAM3(awaitingAM3, to(alice.full, bob.full, 2), clock).resume('first-use');
  if (c.messages.length === 3) return 'stands';

  receiveAM4(awaitingAM4, to(bob.full, alice.full, 3), clock);
  return 'stands';
}

describe('protocol 5.2 and 5.5, refusals', () => {
  for (const c of cases) {
    it(`${c.name}: ${c.refused === undefined ? 'accepted' : `${c.refused.application} at ${c.refused.step}`}`, () => {
      if (c.refused === undefined) {
        expect(play(c)).toBe('stands');
      } else {
        let thrown: unknown;
        try {
          play(c);
        } catch (error) {
          thrown = error;
        }
        if (!(thrown instanceof AssociationError)) throw thrown;
        const { type, condition, application } = wireError(thrown.code);
        expect({ step: thrown.step, type, condition, application: application?.name }).toEqual(c.refused);
      }
      vectors.ran(c.name);
    });
  }
});
