import { createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseBareJid } from '../../../src-main/jid/jid.ts';
import { names, readCertificate } from '../../../src-main/pki/certificate.ts';
import { exportPrivate, loadCredential } from '../../../src-main/pki/credential.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import { ECDSA_SHA256 } from '../../../src-main/security/crypto/algorithms.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { inFolder, tool } from '../../support/openssl.ts';

const alice = parseBareJid('alice@a.example');
const now = Date.UTC(2026, 8, 21, 14, 13, 20);
const make = (jid = alice, at = now) => makeSelfSigned({ jid, now: at, random: systemRandom });

describe('a credential that the client makes', () => {
  it('has what protocol 4 asks for', () => {
    const { certificate, method, chain, fp } = make();
    expect(chain).toHaveLength(1);
    expect(method).toBe(ECDSA_SHA256);
    expect(certificate).toMatchObject({
      fp,
      keyType: 'P-256',
      bits: 256,
      xmppAddrs: [alice],
      namesXmpp: true,
      subject: 'CN=alice@a.example',
      issuer: 'CN=alice@a.example',
      selfSigned: true,
      basicConstraints: undefined,
      unknownCritical: [],
    });
    expect([...(certificate.keyUsage ?? [])]).toEqual(['digitalSignature']);
    expect(certificate.notBefore).toBeLessThanOrEqual(now);
    expect(certificate.notAfter - certificate.notBefore).toBe(5 * 365 * 86_400_000);
    expect(names(certificate, alice)).toBe(true);
    expect(names(certificate, parseBareJid('bob@a.example'))).toBe(false);
  });

  it('is a certificate to OpenSSL too', () => {
    inFolder((folder) => {
      const [der = new Uint8Array()] = make().chain;
      const file = path.join(folder, 'c.der');
      writeFileSync(file, der);
      const shown = tool('openssl', ['x509', '-inform', 'DER', '-in', file, '-noout', '-text'], folder);
      expect(shown.status, shown.stderr).toBe(0);
      expect(shown.stdout).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\n/);
      expect(shown.stdout).toMatch(/X509v3 Subject Alternative Name: *\s+othername: (XmppAddr:|1\.3\.6\.1\.5\.5\.7\.8\.5::?)/);
      expect(shown.stdout).toContain('Signature Algorithm: ecdsa-with-SHA256');
      const again = tool('openssl', ['x509', '-inform', 'DER', '-in', file, '-outform', 'PEM', '-out', 'c.pem'], folder);
      expect(again.status).toBe(0);
      const at = String(now / 1000);
      const verified = tool('openssl', ['verify', '-attime', at, '-check_ss_sig', '-CAfile', 'c.pem', 'c.pem'], folder);
      expect(verified.stdout).toContain('OK');
    });
  });

  it('never has the serial number or the key of another', () => {
    const [a, b] = [make(), make()];
    expect(a.certificate.serial).not.toBe(b.certificate.serial);
    expect(a.fp).not.toBe(b.fp);
  });

  it('names a long address whole, though a common name holds 64 characters', () => {
    const jid = parseBareJid(`${'l'.repeat(100)}@a.example`);
    expect(make(jid).certificate).toMatchObject({ xmppAddrs: [jid], subject: `CN=${'l'.repeat(64)}` });
  });

  it('is dated in GeneralizedTime from 2050 on', () => {
    const late = Date.UTC(2048, 0, 1);
    expect(make(alice, late).certificate.notAfter).toBe(late - 3_600_000 + 5 * 365 * 86_400_000);
  });

  it('comes back from the store as it was', () => {
    const made = make();
    const loaded = loadCredential(made.chain, exportPrivate(made));
    expect(loaded.fp).toBe(made.fp);
    expect(createPublicKey(loaded.privateKey).equals(readCertificate(made.chain[0] ?? new Uint8Array()).publicKey)).toBe(true);
  });

  it('does not come back with the key of another', () => {
    const [a, b] = [make(), make()];
    expect(() => loadCredential(a.chain, exportPrivate(b))).toThrow(expect.objectContaining({ code: 'key-mismatch' }));
    expect(() => loadCredential(a.chain, new Uint8Array(10))).toThrow(expect.objectContaining({ code: 'bad-key' }));
    expect(() => loadCredential([], exportPrivate(a))).toThrow(expect.objectContaining({ code: 'malformed' }));
  });
});
