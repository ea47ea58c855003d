import { describe, expect, it } from 'vitest';
import { asciiDomain, targetsOf, type Resolver, type SrvRecord } from '../../../src-main/xmpp/targets.ts';
import { receivedStreamError } from '../../../src-main/xmpp/stream-error.ts';
import { xml } from '../../../src-main/xml/element.ts';
import { fakeTime } from '../../support/fake-time.ts';

const record = (name: string, priority: number, weight = 0, port = 5222): SrvRecord => ({ name, port, priority, weight });
const resolver = (records: Readonly<Record<string, readonly SrvRecord[]>>): Resolver => ({
  srv: (name) => {
    const found = records[name];
    return found === undefined ? Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })) : Promise.resolve(found);
  },
});
const zeros = (n: number) => new Uint8Array(n);
const { timers } = fakeTime();
const targets = (records: Readonly<Record<string, readonly SrvRecord[]>>, random = zeros, domain = 'example.org') =>
  targetsOf(domain, resolver(records), random, timers);

describe('where a server is (XEP-0368, RFC 6120 §3.2)', () => {
  it('merges both SRV sets by priority', async () => {
    const found = await targets({
      '_xmpps-client._tcp.example.org': [record('b', 20, 0, 443), record('a', 5, 0, 5223)],
      '_xmpp-client._tcp.example.org': [record('c', 10)],
    });
    expect(found).toEqual([
      { host: 'a', port: 5223, tls: 'direct' },
      { host: 'c', port: 5222, tls: 'starttls' },
      { host: 'b', port: 443, tls: 'direct' },
    ]);
  });

  it('chooses among equals in proportion to weight, and loses none', async () => {
    const first: Record<string, number> = {};
    let seed = 1;
    const random = (n: number) => {
      const octets = new Uint8Array(n);
      for (let i = 0; i < n; i++) octets[i] = (seed = (seed * 1103515245 + 12345) % 2 ** 31) >> 16;
      return octets;
    };
    for (let i = 0; i < 1000; i++) {
      const found = await targets({ '_xmpp-client._tcp.example.org': [record('light', 1, 10), record('heavy', 1, 90)] }, random);
      expect(found).toHaveLength(2);
      const host = found[0]?.host ?? '';
      first[host] = (first[host] ?? 0) + 1;
    }
    expect(first['heavy']).toBeGreaterThan(800);
    expect(first['light']).toBeGreaterThan(30);
  });

  it('falls back to the domain itself on 5222 with STARTTLS', async () => {
    expect(await targets({})).toEqual([{ host: 'example.org', port: 5222, tls: 'starttls' }]);
  });

  it('believes a domain that says it has no service', async () => {
    await expect(targets({ '_xmpp-client._tcp.example.org': [record('.', 0)] })).rejects.toMatchObject({
      code: 'server-not-found',
    });
    // XEP-0368 §5: no direct TLS, and no word of anything else.
    await expect(targets({ '_xmpps-client._tcp.example.org': [record('.', 0)] })).rejects.toMatchObject({
      code: 'server-not-found',
    });
    const direct = await targets({
      '_xmpp-client._tcp.example.org': [record('', 0)],
      '_xmpps-client._tcp.example.org': [record('a', 0)],
    });
    expect(direct).toEqual([{ host: 'a', port: 5222, tls: 'direct' }]);
  });

  it('gives up a look-up that does not end', async () => {
    const time = fakeTime();
    const found = targetsOf('example.org', { srv: () => new Promise(() => undefined) }, zeros, time.timers);
    time.advance(5_000);
    expect(await found).toEqual([{ host: 'example.org', port: 5222, tls: 'starttls' }]);
  });

  it('asks DNS for A-labels, and not at all for an address', async () => {
    expect(asciiDomain('bücher.example')).toBe('xn--bcher-kva.example');
    expect(asciiDomain('[::1]')).toBe('::1');
    expect(await targetsOf('127.0.0.1', { srv: () => Promise.reject(new Error('asked')) }, zeros, timers)).toEqual([
      { host: '127.0.0.1', port: 5222, tls: 'starttls' },
    ]);
  });
});

describe('see-other-host (RFC 6120 §4.9.3.19)', () => {
  const error = (text: string) =>
    receivedStreamError(
      xml(
        'error',
        'http://etherx.jabber.org/streams',
        {},
        xml('see-other-host', 'urn:ietf:params:xml:ns:xmpp-streams', {}, text),
      ),
    );
  it.each([
    ['other.example', { host: 'other.example', port: 5222, tls: 'starttls' }],
    ['other.example:9222', { host: 'other.example', port: 9222, tls: 'starttls' }],
    ['[2001:db8::1]:5223', { host: '2001:db8::1', port: 5223, tls: 'starttls' }],
    ['', undefined],
    ['a b', undefined],
    ['host:99999', undefined],
    ['host:0', undefined],
  ])('%j', (text, target) => {
    expect(error(text).redirect).toEqual(target);
    expect(error(text).code).toBe('stream-error');
  });
});
