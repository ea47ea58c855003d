import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createKeepalive } from '../../../src-main/xmpp/keepalive.ts';
import { createBackoff, mayPass } from '../../../src-main/xmpp/reconnect.ts';
import type { ErrorCode } from '../../../src-shared/errors.ts';
import { fakeTime } from '../../support/fake-time.ts';

describe('when to try again', () => {
  it('waits between half and all of 1, 2, 4 ... 60 s', () => {
    const ceilings = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((s) => s * 1000);
    for (let round = 0; round < 50; round++) {
      const backoff = createBackoff((n) => randomBytes(n));
      for (const ceiling of ceilings) {
        const ms = backoff.next();
        expect(ms).toBeGreaterThanOrEqual(ceiling / 2);
        expect(ms).toBeLessThanOrEqual(ceiling);
      }
    }
  });

  it('is patient with a server that takes us only to drop us', () => {
    const backoff = createBackoff(() => new Uint8Array(4));
    backoff.next();
    backoff.held(9_999);
    expect(backoff.next()).toBe(1_000);
    backoff.held(10_000);
    expect(backoff.next()).toBe(500);
  });

  it.each<[ErrorCode, boolean]>([
    ['no-network', true],
    ['connect-timeout', true],
    ['stream-error', true],
    ['server-busy', true],
    ['server-certificate', true],
    ['auth-failed', false],
    ['auth-weak', false],
    ['auth-unsupported', false],
    ['auth-plain-only', false],
    ['server-proof', false],
    ['stream-conflict', false],
    ['keychain-locked', false],
  ])('%s passes by itself: %s', (code, passes) => {
    expect(mayPass(code)).toBe(passes);
  });
});

describe('a dead path', () => {
  function setup() {
    const time = fakeTime();
    const told: string[] = [];
    let deaf = false;
    const keepalive = createKeepalive({
      ...time,
      probe: () => void told.push('probe'),
      dead: () => void told.push('dead'),
      deaf: () => deaf,
    });
    return { time, told, keepalive, setDeaf: (value: boolean) => (deaf = value) };
  }

  it('is noticed 30 s after asking into a silence of 60 s', () => {
    const { time, told } = setup();
    time.advance(59_999);
    expect(told).toEqual([]);
    time.advance(1);
    expect(told).toEqual(['probe']);
    time.advance(29_999);
    expect(told).toEqual(['probe']);
    time.advance(1);
    expect(told).toEqual(['probe', 'dead']);
    expect(time.waiting).toBe(0);
  });

  it('is noticed 30 s after sending what is to be answered', () => {
    const { time, told, keepalive } = setup();
    time.advance(10_000);
    keepalive.expecting();
    time.advance(20_000);
    keepalive.expecting();
    time.advance(10_000);
    expect(told).toEqual(['dead']);
  });

  it('lives as long as anything comes', () => {
    const { time, told, keepalive } = setup();
    for (let i = 0; i < 20; i++) {
      keepalive.expecting();
      time.advance(29_000);
      keepalive.received();
    }
    expect(told).toEqual([]);
  });

  it('is noticed within 5 s after waking up', () => {
    const { time, told, keepalive } = setup();
    keepalive.probeNow();
    time.advance(5_000);
    expect(told).toEqual(['probe', 'dead']);
  });

  it('is not suspected while we do not read', () => {
    const { time, told, keepalive, setDeaf } = setup();
    setDeaf(true);
    keepalive.expecting();
    time.advance(300_000);
    expect(told).toEqual([]);
    setDeaf(false);
    time.advance(200_000);
    expect(told).toEqual(['probe', 'dead']);
  });
});
