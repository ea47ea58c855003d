import { describe, expect, it } from 'vitest';
import { isErrorCode, SignetError } from '../../../src-shared/errors.ts';
import { createRouter } from '../../../src-main/ipc/router.ts';
import { Secret } from '../../../src-main/security/crypto/secret.ts';
import { fakeEngine } from '../../support/fake-engine.ts';

const send = { to: 'bob@localhost', body: 'hello' };

describe('a call that the contract knows', () => {
  it('reaches the handler with its defaults filled in, and answers a copy', async () => {
    const value = { jid: 'bob@localhost', nested: [1, 'two', null, true] };
    const engine = fakeEngine({ 'message.send': () => value });
    const reply = await createRouter(engine).invoke('message.send', send);
    expect(engine.calls).toEqual([['message.send', { ...send, protection: 'protected' }]]);
    expect(reply).toEqual({ ok: true, value });
    expect(reply.ok && reply.value).not.toBe(value);
  });

  it('may leave out the input where there is none', async () => {
    const engine = fakeEngine();
    expect(await createRouter(engine).invoke('app.info', undefined)).toEqual({ ok: true, value: null });
    expect(engine.calls).toEqual([['app.info', {}]]);
  });

  it('answers a coded error with its sentence, and nothing of its cause', async () => {
    const engine = fakeEngine({
      'message.send': () => {
        throw new SignetError('not-signed-in', { cause: new Error('password hunter2') });
      },
    });
    const reply = await createRouter(engine).invoke('message.send', send);
    expect(reply).toEqual({ ok: false, error: { code: 'not-signed-in', message: expect.any(String), hint: expect.any(String) } });
    expect(JSON.stringify(reply)).not.toContain('hunter2');
  });

  it('answers `internal` for what is not ours, and logs the class only', async () => {
    const log: string[] = [];
    const engine = fakeEngine({ 'message.send': () => Promise.reject(new RangeError('key 00112233')) });
    const reply = await createRouter(engine, { log: (line) => log.push(line) }).invoke('message.send', send);
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(log).toEqual(['message.send: RangeError']);
  });
});

describe('a hostile call', () => {
  const cyclic: Record<string, unknown> = { ...send };
  cyclic['self'] = cyclic;
  const deep = (n: number): unknown => (n === 0 ? 1 : [deep(n - 1)]);

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a string', 'bob@localhost'],
    ['an array', [send]],
    ['a missing member', { to: 'bob@localhost' }],
    ['an unknown member', { ...send, admin: true }],
    ['a wrong type', { ...send, body: 1 }],
    ['an empty body', { ...send, body: '' }],
    ['a body too long', { ...send, body: 'x'.repeat(100_001) }],
    ['input too large', { ...send, extra: 'x'.repeat(300_000) }],
    ['many values', { ...send, extra: Array.from({ length: 2_000 }, () => 1) }],
    ['a sparse array', { ...send, extra: new Array(4_294_967_295) }],
    ['deep nesting', { ...send, extra: deep(5_000) }],
    ['a cycle', cyclic],
    ['a function', { ...send, body: () => 'x' }],
    ['an accessor', Object.defineProperty({ ...send }, 'body', { enumerable: true, get: () => 'x' })],
    ['a class instance', Object.assign(new Error('x'), send)],
    ['octets', { ...send, body: new Uint8Array(4) }],
    ['a symbol', { ...send, [Symbol('x')]: 1 }],
    ['a bigint', { ...send, body: 1n }],
    ['__proto__ as a member', JSON.parse('{"to":"bob@localhost","body":"x","__proto__":{"protection":"unprotected"}}')],
  ])('with %s is refused before the handler', async (_, input) => {
    const engine = fakeEngine();
    expect(await createRouter(engine).invoke('message.send', input)).toMatchObject({ ok: false, error: { code: 'bad-input' } });
    expect(engine.calls).toEqual([]);
  });

  it.each(['', 'message.Send', 'constructor', '__proto__', 'toString', 'hasOwnProperty', 'message.send ', 'vault'])(
    'to the command %j is refused',
    async (command) => {
      const engine = fakeEngine();
      expect(await createRouter(engine).invoke(command, send)).toMatchObject({ ok: false, error: { code: 'unknown-command' } });
      expect(engine.calls).toEqual([]);
    },
  );

  it('of a command that is no string is refused', async () => {
    expect(await createRouter(fakeEngine()).invoke(['app.info'] as never, {})).toMatchObject({
      error: { code: 'unknown-command' },
    });
  });

  it('above the number of calls under way is answered `busy`, and room comes back', async () => {
    const waiting: (() => void)[] = [];
    const engine = fakeEngine({ 'app.info': () => new Promise<null>((resolve) => waiting.push(() => { resolve(null); })) }); // prettier-ignore
    const router = createRouter(engine, { pending: 2 });
    const first = [router.invoke('app.info', {}), router.invoke('app.info', {})];
    expect(await router.invoke('app.info', {})).toMatchObject({ ok: false, error: { code: 'busy' } });
    for (const release of waiting) release();
    await Promise.all(first);
    const again = router.invoke('app.info', {});
    for (const release of waiting) release();
    expect(await again).toMatchObject({ ok: true });
  });
});

describe('what the engine must not let out', () => {
  it.each([
    ['a secret', { key: new Secret(new Uint8Array(32)) }],
    ['octets', { key: new Uint8Array(32) }],
    ['a buffer', Buffer.alloc(32)],
    ['an error', { problem: new Error('x') }],
    ['a map', new Map([['a', 1]])],
    ['a date', new Date(0)],
    ['NaN', { at: Number.NaN }],
    ['a function', () => 1],
  ])('%s in an answer becomes `internal`', async (_, value) => {
    const reply = await createRouter(fakeEngine({ 'app.info': () => value })).invoke('app.info', {});
    expect(reply).toMatchObject({ ok: false, error: { code: 'internal' } });
    expect(!reply.ok && isErrorCode(reply.error.code)).toBe(true);
  });

  it('an event with a secret in it is told to nobody; the next one is', () => {
    const engine = fakeEngine();
    const [seen, log]: [unknown[], string[]] = [[], []];
    createRouter(engine, { log: (line) => log.push(line) }).subscribe((event, payload) => seen.push([event, payload]));
    engine.emit('notice', { code: 'internal', key: new Secret(new Uint8Array(32)) });
    engine.emit('notice', { code: 'internal', at: 1 });
    engine.emit('not.an.event', { code: 'internal' });
    expect(seen).toEqual([['notice', { code: 'internal', at: 1 }]]);
    expect(log).toEqual(['event notice: PlainError']);
  });

  it('a listener that has gone hears nothing', () => {
    const engine = fakeEngine();
    const seen: unknown[] = [];
    const leave = createRouter(engine).subscribe((event) => seen.push(event));
    leave();
    engine.emit('notice', { code: 'internal', at: 1 });
    expect(seen).toEqual([]);
  });
});
