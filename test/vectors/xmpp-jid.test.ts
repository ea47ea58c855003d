import { describe, expect, it } from 'vitest';
import { domainOf, localOf, resourceOf } from '../../src-shared/jid.ts';
import { JidError } from '../../src-main/jid/errors.ts';
import { escapeLocal, unescapeLocal } from '../../src-main/jid/escaping.ts';
import { prepareJid, tryJid } from '../../src-main/jid/jid.ts';
import { suite } from '../support/vectors.ts';

interface Address {
  readonly jid?: string;
  readonly hex?: string;
  readonly local: string;
  readonly domain: string;
  readonly resource: string;
}

const vectors = suite('xmpp-jid');
const textOf = ({ jid, hex }: Address): string => jid ?? Buffer.from(hex ?? '', 'hex').toString();

describe('RFC 7622 addresses', () => {
  for (const [i, c] of vectors.json<{ cases: Address[] }>('valid.json').cases.entries())
    it(`${JSON.stringify(textOf(c))} is one`, () => {
      const jid = prepareJid(textOf(c));
      expect([localOf(jid) ?? '', domainOf(jid), resourceOf(jid) ?? '']).toEqual([c.local, c.domain, c.resource]);
      expect(prepareJid(jid)).toBe(jid);
      vectors.ran(`valid ${String(i)}`);
    });

  for (const [i, c] of vectors.json<{ cases: Address[] }>('invalid.json').cases.entries())
    it(`${JSON.stringify(textOf(c))} is none`, () => {
      expect(() => prepareJid(textOf(c))).toThrow(JidError);
      expect(tryJid(textOf(c))).toBeUndefined();
      vectors.ran(`invalid ${String(i)}`);
    });
});

describe('XEP-0106 escaping', () => {
  for (const [i, c] of vectors.json<{ cases: { unescaped: string; escaped: string }[] }>('xep0106-escaping.json').cases.entries())
    it(`${c.unescaped} is written ${c.escaped}`, () => {
      expect(escapeLocal(c.unescaped)).toBe(c.escaped);
      expect(unescapeLocal(c.escaped)).toBe(c.unescaped);
      expect(localOf(prepareJid(`${c.escaped}@example.org`))).toBe(c.escaped.toLowerCase());
      vectors.ran(`escaping ${String(i)}`);
    });
});
