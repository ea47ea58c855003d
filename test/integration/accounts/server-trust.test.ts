/** Exceptions for server certificates, in a real store: what they cover, and what they do not. */

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServerTrust, HELD_FOR_MS, type ServerTrust } from '../../../src-main/accounts/server-trust.ts';
import type { CertificateReport } from '../../../src-main/xmpp/tls/certificate.ts';
import type { CertificateCheck } from '../../../src-shared/models.ts';
import { fakeTime } from '../../support/fake-time.ts';
import { alice, bob, fp, tempStore } from '../../support/store.ts';

let temp: ReturnType<typeof tempStore>;
let time: ReturnType<typeof fakeTime>;
let trust: ServerTrust;
let used: number;
const made = () =>
  createServerTrust({
    repository: () => temp.store.serverTrust,
    clock: time.clock,
    log: () => undefined,
    onUsed: () => used++,
  });

beforeEach(() => {
  temp = tempStore();
  time = fakeTime();
  used = 0;
  trust = made();
});
afterEach(() => {
  temp.remove();
});

const report = (n: number, ...failed: readonly CertificateCheck[]): CertificateReport => ({
  certificate: {
    ...{ fp: fp(n), names: { dns: ['im.example.org'], srv: [], xmppAddr: [], ip: [] } },
    ...{ subject: 'im.example.org', issuer: 'Example authority', notBefore: 1, notAfter: 2 },
  },
  failed,
});
const asks = (n: number, ...failed: readonly CertificateCheck[]) => trust.policy(alice).excepted(report(n, ...failed));

describe('a certificate that does not hold', () => {
  it('stops, and says what, whose and since when', () => {
    expect(asks(1, 'expired', 'name')).toBe(false);
    expect(trust.problem(alice)).toEqual({
      jid: alice,
      domain: 'example.org',
      certificate: {
        ...{ fp: fp(1), names: ['im.example.org'], subject: 'im.example.org' },
        ...{ issuer: 'Example authority', notBefore: 1, notAfter: 2 },
      },
      failed: ['expired', 'name'],
      at: time.clock.now(),
      exception: 'possible',
    });
    expect(trust.problem(bob)).toBeNull();
    expect(used).toBe(0);
  });

  it('passes by exception: this one, for this account, after a restart too, and never without a word', () => {
    asks(1, 'self-signed');
    trust.allow(alice, fp(1));
    trust = made();
    expect(asks(1, 'self-signed')).toBe(true);
    expect(used).toBe(1);
    expect(trust.inUse(alice)).toBe(fp(1));
    expect(asks(2, 'self-signed')).toBe(false);
    expect(trust.inUse(alice)).toBeUndefined();
    expect(trust.policy(bob).excepted(report(1, 'self-signed'))).toBe(false);
  });

  it('needs a word again where it fails in a further way', () => {
    asks(1, 'self-signed');
    trust.allow(alice, fp(1));
    expect(asks(1, 'self-signed', 'expired')).toBe(false);
    expect(trust.problem(alice)?.failed).toEqual(['self-signed', 'expired']);
    trust.allow(alice, fp(1));
    expect(asks(1, 'expired', 'self-signed')).toBe(true);
  });

  it('is excepted only where it is the one that was seen', () => {
    expect(() => {
      trust.allow(alice, fp(1));
    }).toThrow('not-found');
    asks(1, 'issuer');
    for (const [jid, n] of [
      [alice, 2],
      [bob, 1],
    ] as const)
      expect(() => {
        trust.allow(jid, fp(n));
      }).toThrow('not-found');
    trust.policy(alice).passed(report(3));
    expect(trust.problem(alice)).toBeNull();
    expect(() => {
      trust.allow(alice, fp(1));
    }).toThrow('not-found');
  });

  it.each<CertificateCheck>(['revoked', 'broken'])('is never excepted where it is %s', (check) => {
    asks(1, 'self-signed', check);
    expect(trust.problem(alice)?.exception).toBe('never');
    expect(() => {
      trust.allow(alice, fp(1));
    }).toThrow('server-exception-refused');
    // Not by an exception of before either.
    asks(1, 'self-signed');
    trust.allow(alice, fp(1));
    expect(asks(1, 'self-signed', check)).toBe(false);
  });
});

describe('an exception', () => {
  it('is listed, and can be taken back', () => {
    asks(1, 'name');
    trust.allow(alice, fp(1));
    asks(1, 'name');
    expect(trust.exceptions()).toMatchObject([
      { jid: alice, certificate: { fp: fp(1) }, failed: ['name'], since: time.clock.now(), inUse: true },
    ]);
    expect(trust.disallow(alice, fp(1))).toBe(true);
    expect(trust.exceptions()).toEqual([]);
    expect(asks(1, 'name')).toBe(false);
    expect(() => trust.disallow(alice, fp(1))).toThrow('not-found');
  });
});

describe('a server that had a certificate that held', () => {
  beforeEach(() => {
    trust.policy(alice).passed(report(1));
  });

  it('is not let pass with a worse one, not even by an exception of before', () => {
    temp.store.serverTrust.putException({
      ...{ jid: alice, failed: ['self-signed'], since: 0 },
      certificate: { ...report(2).certificate, fp: fp(2), names: [] },
    });
    expect(asks(2, 'self-signed')).toBe(false);
    expect(trust.problem(alice)).toMatchObject({
      exception: 'held-before',
      before: { fp: fp(1), issuer: 'Example authority', since: time.clock.now(), last: time.clock.now() },
    });
    expect(() => {
      trust.allow(alice, fp(2));
    }).toThrow('server-exception-refused');
  });

  it('may have let that one go out of date', () => {
    expect(asks(1, 'expired')).toBe(false);
    expect(trust.problem(alice)?.exception).toBe('possible');
  });

  it('is forgotten to have had one after half a year', () => {
    time.advance(HELD_FOR_MS);
    expect(asks(2, 'self-signed')).toBe(false);
    expect(trust.problem(alice)?.exception).toBe('possible');
  });

  it('renews it with each sign-in, a day apart', () => {
    const first = time.clock.now();
    time.advance(HELD_FOR_MS - 1);
    trust.policy(alice).passed(report(1));
    expect(temp.store.serverTrust.held(alice)).toMatchObject({ since: first, last: time.clock.now() });
    trust.policy(alice).passed(report(3));
    expect(temp.store.serverTrust.held(alice)).toMatchObject({ fp: fp(3), since: time.clock.now() });
  });
});
