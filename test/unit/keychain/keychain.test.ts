import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKeychain, type Keytar } from '../../../src-main/keychain/keychain.ts';

const failing = (message: string) =>
  createKeychain(() => {
    const fail = () => Promise.reject(new Error(message));
    return Promise.resolve<Keytar>({ getPassword: fail, setPassword: fail, deletePassword: fail });
  });
const code = (value: string) => expect.objectContaining({ code: value }) as Error;

describe('what a keychain’s errors mean', () => {
  it.each([
    'Cannot create an item in a locked collection',
    'Object does not exist at path “/org/freedesktop/secrets/collection/login”',
    'The user name or passphrase you entered is not correct.',
    'User interaction is not allowed.',
    'Prompt was dismissed',
  ])('locked: %s', async (message) => {
    await expect(failing(message).get('x')).rejects.toThrow(code('keychain-locked'));
    await expect(failing(message).set('x', 'y')).rejects.toThrow(code('keychain-locked'));
    await expect(failing(message).delete('x')).rejects.toThrow(code('keychain-locked'));
  });

  it.each([
    'Cannot autolaunch D-Bus without X11 $DISPLAY',
    'The name org.freedesktop.secrets was not provided by any .service files',
    'Could not connect: No such file or directory',
    'The connection is closed',
    'anything else',
  ])('absent: %s', async (message) => {
    await expect(failing(message).get('x')).rejects.toThrow(code('keychain-absent'));
    await expect(failing(message).set('x', 'y')).rejects.toThrow(code('keychain-absent'));
  });

  it('absent where the library does not load', async () => {
    const keychain = createKeychain(() => Promise.reject(new Error('libsecret-1.so.0: cannot open shared object file')));
    await expect(keychain.get('x')).rejects.toThrow(code('keychain-absent'));
  });

  it('never carries a message of the system’s further', async () => {
    const error = await failing('secret is hunter2').get('x').catch((e: unknown) => e as Error); // prettier-ignore
    expect(error).toMatchObject({ message: 'keychain-absent' });
  });
});

describe('a prompt that nobody answers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('counts as locked after ten seconds', async () => {
    const never = () => new Promise<never>(() => undefined);
    const keychain = createKeychain(() => Promise.resolve({ getPassword: never, setPassword: never, deletePassword: never }));
    const answer = expect(keychain.get('x')).rejects.toThrow(code('keychain-locked'));
    await vi.advanceTimersByTimeAsync(10_000);
    await answer;
  });
});

describe('a keychain that finds nothing', () => {
  it('is asked to write before that is believed, and keeps nothing of it', async () => {
    const entries = new Map<string, string>();
    const keychain = createKeychain(() =>
      Promise.resolve({
        getPassword: (_s, account) => Promise.resolve(entries.get(account) ?? null),
        setPassword: (_s, account, secret) => Promise.resolve(void entries.set(account, secret)),
        deletePassword: (_s, account) => Promise.resolve(entries.delete(account)),
      }),
    );
    expect(await keychain.get('x')).toBeUndefined();
    expect(entries.size).toBe(0);
  });
});
