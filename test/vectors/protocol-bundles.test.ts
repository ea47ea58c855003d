/** Protocol 4: bundles as published, written to the octet where the signature method has one value, read, judged, refused. */

import type * as Signature from '../../src-main/security/crypto/signature.ts';
import type { KeyObject } from 'node:crypto';
import { p256 } from '@noble/curves/nist.js';
import { describe, expect, it, vi } from 'vitest';
import type { DeviceId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { makeBundle, readBundle } from '../../src-main/security/bundle.ts';
import { sha256 } from '../../src-main/security/crypto/hash.ts';
import * as x25519 from '../../src-main/security/crypto/x25519.ts';
import { judge } from '../../src-main/security/trust.ts';
import { c14n, c14nWithout } from '../../src-main/security/xmlsec/c14n.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { credentialOf, hex, toHex, type VectorParty } from '../support/protocol-parties.ts';
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
  readonly owner: BareJid;
  readonly item: DeviceId;
  readonly element: string;
  readonly refused?: string;
  readonly credential?: VectorParty['credential'];
  readonly sealingPrivate?: string;
  readonly sealingSpki?: string;
  readonly SID?: string;
  readonly digest?: string;
  readonly verdict?: string;
}

const vectors = suite('protocol', 'bundles');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('bundles.json');
const clock = Date.parse(now);
const nobody = { jid: 'nobody@n.example' as BareJid, fp: '0'.repeat(64) as never };

describe('protocol 4, bundles', () => {
  for (const c of cases) {
    const read = () =>
      readBundle(parseDocument(c.element), { owner: c.owner, item: c.item, now: clock, newest: () => undefined });

    it(`${c.name}: ${c.refused ?? c.verdict ?? ''}`, () => {
      if (c.refused !== undefined) {
        expect(read).toThrow(expect.objectContaining({ name: 'BundleError', code: c.refused }));
        vectors.ran(c.name);
        return;
      }
      const bundle = read();
      const credential = credentialOf({ jid: c.owner, device: c.item, credential: c.credential as VectorParty['credential'] });
      expect(bundle).toMatchObject({ jid: c.owner, device: c.item, fp: credential.fp });
      expect(bundle.sealing.sid).toBe(c.SID);
      const sealing = x25519.importPrivate(hex(c.sealingPrivate ?? ''));
      expect(bundle.sealing.publicRaw).toEqual(sealing.publicRaw);
      expect(Buffer.from(x25519.toSpki(sealing.publicRaw)).toString('base64')).toBe(c.sealingSpki);

      const { jid, device, issued, vouched, revoked } = bundle;
      const made = makeBundle({ jid, device, issued, vouched, revoked, sealingPublic: sealing.publicRaw }, credential);
      expect(c14n(made)).toBe(c.element);
      const signature = made.child('Signature', 'http://www.w3.org/2000/09/xmldsig#');
      expect(signature && toHex(sha256(c14nWithout(made, signature)))).toBe(c.digest);

      const certificate = bundle.chain[0];
      if (certificate === undefined) throw new Error('no certificate');
      expect(judge({ jid, certificate, known: [], now: clock, own: nobody }).verdict).toBe(c.verdict);
      vectors.ran(c.name);
    });
  }
});
