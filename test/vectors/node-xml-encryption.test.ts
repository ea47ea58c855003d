/** auth0's xml-encryption: RSA-OAEP and CBC, which have no place on our wire. */

import { createPrivateKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { XE } from '../../src-main/security/crypto/algorithms.ts';
import { decryptData } from '../../src-main/security/xmlsec/encryption.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { suite } from '../support/vectors.ts';
import { compact, findAll } from '../support/xml-vectors.ts';

const vectors = suite('node-xml-encryption');

describe('node-xml-encryption', () => {
  for (const c of vectors.json<{ cases: { id: string; xml: string; key: string; expected: string }[] }>('cases.json').cases)
    it(c.id, () => {
      const [data] = findAll(parseDocument(vectors.read(c.xml), { xmlDeclaration: true }), 'EncryptedData', XE);
      if (data === undefined) throw new Error('no EncryptedData');
      const key = createPrivateKey(vectors.read(c.key)).export({ format: 'der', type: 'pkcs8' });
      expect(() => decryptData(compact(data), () => key)).toThrow(
        expect.objectContaining({ name: 'XmlsecError', code: 'malformed' }),
      );
      if (c.expected === 'fails') vectors.ran(c.id);
      else vectors.refused(c.id, 'CBC, RSA key transport');
    });
});
