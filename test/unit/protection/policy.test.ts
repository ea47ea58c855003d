import { describe, expect, it } from 'vitest';
import { protectedRefusal, protectionState, unprotectedMayLeave, type Known } from '../../../src-main/protection/policy.ts';

const stranger: Known = {
  verdicts: [],
  associations: [],
  everProtected: false,
  capable: false,
  unprotectedAllowed: false,
  required: false,
};

describe('the state of a conversation (ui.md, "Protection in words")', () => {
  it.each<[string, Partial<Known>, string]>([
    ['nothing is known of a contact', {}, 'none'],
    ['a device of theirs could agree on keys', { capable: true }, 'waiting'],
    ['protection stood once', { everProtected: true }, 'waiting'],
    ['protection is required', { required: true }, 'waiting'],
    ['an association stands, met first here', { verdicts: ['first-use'], associations: ['first-use'] }, 'session'],
    ['an association stands, compared', { verdicts: ['verified'], associations: ['verified'] }, 'verified'],
    ['two devices, one compared', { verdicts: ['verified', 'first-use'], associations: ['verified', 'first-use'] }, 'session'],
    ['a new credential appeared', { verdicts: ['verified', 'changed'], associations: ['verified'] }, 'look'],
    ['the only credential is revoked', { verdicts: ['revoked'], associations: ['revoked'] }, 'stopped'],
    ['the only credential is distrusted', { verdicts: ['distrusted'] }, 'stopped'],
    ['an expired one beside an accepted one', { verdicts: ['expired', 'first-use'], associations: ['first-use'] }, 'session'],
    ['the user allowed plain text', { everProtected: true, unprotectedAllowed: true }, 'none'],
    [
      'the user allowed plain text, but an association stands',
      { associations: ['first-use'], verdicts: ['first-use'], unprotectedAllowed: true },
      'session',
    ],
  ])('where %s', (_, change, state) => {
    expect(protectionState({ ...stranger, ...change })).toBe(state);
  });
});

describe('what may leave (protocol 3: secure when possible, never downgrade)', () => {
  it('refuses protected messages until a changed credential is decided on', () => {
    expect(protectedRefusal({ ...stranger, verdicts: ['first-use', 'changed'], associations: ['first-use'] })).toBe(
      'credential-changed',
    );
  });
  it('names why it is stopped', () => {
    expect(protectedRefusal({ ...stranger, verdicts: ['distrusted'] })).toBe('credential-distrusted');
    expect(protectedRefusal({ ...stranger, verdicts: ['revoked'] })).toBe('credential-revoked');
    expect(protectedRefusal({ ...stranger, verdicts: ['expired'] })).toBe('credential-expired');
    expect(protectedRefusal(stranger)).toBeUndefined();
  });
  it('lets nothing go unprotected without the explicit act, nor where protection is required', () => {
    expect(unprotectedMayLeave(stranger)).toBe(false);
    expect(unprotectedMayLeave({ ...stranger, unprotectedAllowed: true })).toBe(true);
    expect(unprotectedMayLeave({ ...stranger, unprotectedAllowed: true, required: true })).toBe(false);
  });
});
