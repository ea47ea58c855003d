/** The SASLprep inside the SCRAM conversations; the conversations themselves are run by xmpp-scram.test.ts. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SaslprepError, saslprep } from '../../src-main/xmpp/sasl/saslprep.ts';
import { DATA } from '../support/vectors-accounts.ts';

interface Conversation {
  readonly label: string;
  readonly user: string;
  readonly skipSASLprep: boolean;
  readonly steps: readonly string[];
}

const folder = path.join(DATA, 'xmpp-scram/good');

describe('SASLprep', () => {
  for (const file of readdirSync(folder)) {
    const c = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Conversation;
    it(`${c.label}: the name in the client's first message`, () => {
      expect(c.steps[0]).toContain(`,n=${c.skipSASLprep ? c.user : saslprep(c.user)},`);
    });
  }

  it('gives the examples of RFC 4013 section 3', () => {
    expect(saslprep('I\u00adX')).toBe('IX');
    expect(saslprep('user')).toBe('user');
    expect(saslprep('USER')).toBe('USER');
    expect(saslprep('\u00aa')).toBe('a');
    expect(saslprep('\u2168')).toBe('IX');
    for (const [text, code] of [
      ['\u0007', 'prohibited'],
      ['\u0627\u0031', 'prohibited'],
      ['\u0221', 'prohibited'],
      ['', 'empty'],
      ['\u00ad', 'prohibited'],
    ] as const)
      expect(() => saslprep(text)).toThrow(expect.objectContaining({ name: SaslprepError.name, code }));
  });
});
