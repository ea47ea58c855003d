/** node-saml's xml-crypto: signatures by Id, SHA-1, HMAC, SAML. */

import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DS } from '../../src-main/security/crypto/algorithms.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { expectRefused, findAll, verifyByParts } from '../support/xml-vectors.ts';

interface Case {
  readonly id: string;
  readonly xml: string;
  readonly key: string;
  readonly expected: 'valid' | 'invalid';
}

const vectors = suite('xml-crypto');

describe('xml-crypto', () => {
  for (const c of vectors.json<{ cases: Case[] }>('cases.json').cases)
    it(c.id, () => {
      const root = parseDocument(vectors.read(c.xml), { xmlDeclaration: true });
      const keys = c.key.endsWith('.pem') ? [publicKey(vectors.read(c.key).toString())] : [];
      expectRefused(root, keys);
      const [signature] = findAll(root, 'Signature', DS);
      const verdict = signature && verifyByParts(root, signature, keys);
      if (verdict !== undefined) expect(verdict).toBe(c.expected === 'valid');
      // What upstream refuses too is the right verdict; what it accepts uses a Reference by Id, SHA-1, HMAC or a small key.
      if (verdict !== undefined || c.expected === 'invalid') vectors.ran(c.id);
      else vectors.refused(c.id, 'Reference by Id, SHA-1, HMAC or RSA under 2048 bits');
    });
});

function publicKey(pem: string): KeyObject {
  return pem.includes('CERTIFICATE') ? new X509Certificate(pem).publicKey : createPublicKey(pem);
}
