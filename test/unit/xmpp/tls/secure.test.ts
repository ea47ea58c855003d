/** Certificates that do not hold, over real handshakes: what each report says, and that nothing is said to such a server. */

import { createHash, X509Certificate } from 'node:crypto';
import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CertificateReport } from '../../../../src-main/xmpp/tls/certificate.ts';
import { secure, strict, trust, type CertificatePolicy } from '../../../../src-main/xmpp/tls/secure.ts';
import { systemClock, systemTimers, type Clock } from '../../../../src-main/xmpp/ports.ts';
import { testAuthority, type Issued, type TestAuthority } from '../../../support/server-certificates.ts';

let authority: TestAuthority;
let stranger: TestAuthority;
beforeAll(async () => {
  [authority, stranger] = await Promise.all([testAuthority(), testAuthority()]);
});
afterAll(() => Promise.all([authority.remove(), stranger.remove()]));

interface Outcome {
  readonly error: string | undefined;
  readonly report: CertificateReport | undefined;
  readonly passed: boolean;
  /** Octets of application data that the server got. */
  readonly heard: string;
}

interface Setting {
  readonly domain?: string;
  readonly clock?: Clock;
  readonly excepts?: (report: CertificateReport) => boolean;
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2';
}

async function shake({ cert, key }: Issued, o: Setting = {}): Promise<Outcome> {
  let heard = '';
  const versions = o.maxVersion === undefined ? {} : { maxVersion: o.maxVersion, minVersion: o.maxVersion };
  const server = createServer({ cert, key, ciphers: 'DEFAULT:@SECLEVEL=0', ...versions }, (socket) => {
    socket.on('data', (octets: Buffer) => (heard += octets.toString()));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let report: CertificateReport | undefined;
  let passed = false;
  const policy: CertificatePolicy = {
    passed: () => (passed = true),
    excepted: (it) => {
      report = it;
      return o.excepts?.(it) ?? false;
    },
  };
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let error: string | undefined;
  try {
    const tls = await secure(socket, {
      domain: o.domain ?? 'localhost',
      trust: trust([authority.ca]),
      policy,
      timers: systemTimers,
      clock: o.clock ?? systemClock,
      direct: true,
    });
    tls.end('secret');
    await new Promise((resolve) => tls.once('close', resolve));
  } catch (e) {
    error = (e as { code?: string }).code;
  }
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return { error, report, passed, heard };
}

describe('a certificate that holds', () => {
  it.each(['TLSv1.2', undefined] as const)('is taken without a question (at most %s)', async (maxVersion) => {
    const outcome = await shake(await authority.issue(), maxVersion === undefined ? {} : { maxVersion });
    expect(outcome).toEqual({ error: undefined, report: undefined, passed: true, heard: 'secret' });
  });

  it('does not make an old version of TLS acceptable', async () => {
    expect((await shake(await authority.issue(), { maxVersion: 'TLSv1.1' })).error).toBe('tls-failed');
  });
});

describe('a certificate that does not', () => {
  it.each<[what: string, make: () => Promise<Issued>, failed: readonly string[], setting?: Setting]>([
    ['from an unknown issuer', () => stranger.issue(), ['issuer']],
    ['vouching for itself', () => stranger.selfSigned(), ['self-signed']],
    ['out of date', () => authority.issue({ to: '20250101000000Z' }), ['expired']],
    ['not valid yet', () => authority.issue({ from: '20900101000000Z' }), ['not-yet-valid']],
    ['for somebody else', () => authority.issue({ names: ['DNS.1=other.example'] }), ['name']],
    ['for a common name only', () => authority.issue({ subject: '/CN=localhost', names: [] }), ['name']],
    ['for clients', () => authority.issue({ usage: 'clientAuth' }), ['purpose']],
    ['with a key too short', () => authority.issue({ rsaBits: 1024 }), ['weak']],
    ['signed with SHA-1', () => authority.issue({ digest: 'sha1' }), ['weak']],
    ['of somebody unknown, and out of date', () => stranger.issue({ to: '20250101000000Z' }), ['expired', 'issuer']],
    [
      'of itself, for somebody else, out of date',
      () => stranger.selfSigned({ to: '20250101000000Z', names: ['DNS.1=a.example'] }),
      ['expired', 'self-signed', 'name'],
    ],
  ])('%s', async (_, make, failed, setting) => {
    const issued = await make();
    const outcome = await shake(issued, setting);
    expect(outcome.error).toBe('server-certificate');
    expect(outcome.passed).toBe(false);
    expect(outcome.heard).toBe('');
    expect([...(outcome.report?.failed ?? [])].sort()).toEqual([...failed].sort());
    const der = new X509Certificate(issued.cert).raw;
    expect(outcome.report?.certificate.fp).toBe(createHash('sha256').update(der).digest('hex').toUpperCase());
  });

  it('is taken where the policy says so, and the policy saw why', async () => {
    const issued = await stranger.selfSigned({ names: ['DNS.1=a.example', 'DNS.2=b.example'], subject: '/CN=An old friend' });
    const outcome = await shake(issued, { excepts: () => true });
    expect(outcome).toMatchObject({ error: undefined, passed: false, heard: 'secret' });
    expect(outcome.report?.certificate).toMatchObject({
      names: { dns: ['a.example', 'b.example'], srv: [], xmppAddr: [], ip: [] },
      subject: 'An old friend',
      issuer: 'An old friend',
      notBefore: Date.UTC(2024, 0, 1),
      notAfter: Date.UTC(2099, 11, 31),
    });
  });
});

describe('names that are no DNS names', () => {
  it.each([
    ['an SRV name of another service', ['otherName.1=1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-server.localhost'], 'localhost', false],
    [
      'an SRV name (RFC 4985), with A-labels',
      ['otherName.1=1.3.6.1.5.5.7.8.7;IA5STRING:_xmpp-client.xn--bcher-kva.example'],
      'bücher.example',
      true,
    ],
    ['an xmppAddr', ['otherName.1=1.3.6.1.5.5.7.8.5;UTF8:bücher.example'], 'bücher.example', true],
    ['an address', ['IP.1=127.0.0.1'], '127.0.0.1', true],
  ])('%s', async (_, names, domain, holds) => {
    expect((await shake(await authority.issue({ names }), { domain })).passed).toBe(holds);
  });
});

it('nothing is excepted unless there is somebody to ask', () => {
  expect(strict.excepted({} as CertificateReport)).toBe(false);
});
