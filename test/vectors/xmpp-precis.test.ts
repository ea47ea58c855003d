import { describe, expect, it } from 'vitest';
import { PrecisError } from '../../src-main/jid/errors.ts';
import {
  enforceNickname,
  enforceOpaqueString,
  enforceUsernameCaseMapped,
  enforceUsernameCasePreserved,
} from '../../src-main/jid/precis.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly input: string;
  readonly output: string | null;
  readonly expected: 'valid' | 'invalid';
}

const vectors = suite('xmpp-precis');
const profiles: Readonly<Record<string, (text: string) => string>> = {
  'RFC 8266 Nickname': enforceNickname,
  'RFC 8265 OpaqueString': enforceOpaqueString,
  'RFC 8265 UsernameCaseMapped': enforceUsernameCaseMapped,
  'RFC 8265 UsernameCasePreserved': enforceUsernameCasePreserved,
};

for (const [profile, cases] of Object.entries(vectors.json<{ profiles: Record<string, Case[]> }>('profiles.json').profiles))
  describe(profile, () => {
    for (const [i, c] of cases.entries())
      it(`${JSON.stringify(c.input)} is ${c.expected}`, () => {
        const enforce = profiles[profile];
        if (enforce === undefined) throw new Error('a profile we do not know');
        if (c.expected === 'invalid') {
          expect(() => enforce(c.input)).toThrow(PrecisError);
        } else {
          expect(enforce(c.input)).toBe(c.output);
          expect(enforce(enforce(c.input))).toBe(c.output);
        }
        vectors.ran(`${profile} ${String(i)}`);
      });
  });
