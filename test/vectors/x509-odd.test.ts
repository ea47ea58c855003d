import { describe, expect, it } from 'vitest';
import { readCertificate } from '../../src-main/pki/certificate.ts';
import { readFile } from '../../src-main/pki/files/read-file.ts';
import { summarise } from '../../src-main/pki/summary.ts';
import { pause } from '../support/pki-files.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly file: string;
  readonly kind: 'certificate' | 'crl';
  readonly openssl_3_5_parses: boolean;
  readonly pyca_43_strict: string;
  readonly node_20?: string | { readonly fp: string; readonly subject: string; readonly san?: string };
}

const vectors = suite('x509-odd');
const { cases } = vectors.json<{ cases: Case[] }>('cases.json');

/** Where we differ from what all three say, or they differ from one another. */
const REFUSED_FOR_USE: Readonly<Record<string, string>> = {
  'v1_cert.pem': 'its algorithm inside what is signed is not the one outside (RFC 5280, 4.1.1.2)',
  'invalid_version.pem': 'there is no version 7',
};

async function firstOf(file: string) {
  const { found } = await readFile(vectors.read(file), { pause });
  return found.find(({ kind }) => kind === 'certificate' || kind === 'crl');
}

describe('odd certificates', () => {
  for (const c of cases)
    it(`${c.file} is read as others read it, or refused with its reason`, async () => {
      const one = await firstOf(c.file);
      expect(one?.kind).toBe(c.kind);
      if (one?.kind === 'certificate') {
        if (typeof c.node_20 !== 'object')
          expect(() => summarise(one.der)).toThrow(expect.objectContaining({ code: 'malformed' }));
        else {
          const read = summarise(one.der);
          expect(read.fp).toBe(c.node_20.fp.replaceAll(':', ''));
          // Node puts the names' parts on lines of their own and escapes as RFC 4514 does.
          const parts = read.subject.map(({ type, text }) => `${type}=${text.replaceAll(/[,+"\\<>;]/g, '\\$&')}`);
          expect(parts.join('\n')).toBe(c.node_20.subject);
          for (const dns of (c.node_20.san ?? '').matchAll(/DNS:([^,]*)/g))
            expect(read.altNames).toContainEqual({ kind: 'dns', text: dns[1] });
          const refused = REFUSED_FOR_USE[c.file];
          if (refused === undefined) expect(readCertificate(one.der).fp).toBe(read.fp);
          else expect(read.problem).toBe('malformed');
        }
      }
      const refused = REFUSED_FOR_USE[c.file];
      if (refused === undefined) vectors.ran(c.file);
      else vectors.refused(c.file, refused);
    });
});
