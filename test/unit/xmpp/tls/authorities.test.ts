import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { authorities, systemAuthorities } from '../../../../src-main/xmpp/tls/authorities.ts';
import { testAuthority, type TestAuthority } from '../../../support/server-certificates.ts';

let dir: string;
let one: TestAuthority;
let two: TestAuthority;
beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'signet-bundles-'));
  [one, two] = await Promise.all([testAuthority(), testAuthority()]);
});
afterAll(() => Promise.all([one.remove(), two.remove(), rm(dir, { recursive: true })]));

const der = (pem: string) => new X509Certificate(pem).raw;

it('reads the first bundle that is there, comments and all', async () => {
  const bundle = path.join(dir, 'bundle.crt');
  await writeFile(bundle, `# One\n${one.ca}\n# Two\n${two.ca}`);
  const found = systemAuthorities([path.join(dir, 'not-there'), bundle]);
  expect(found.map((pem) => der(pem).toString('hex'))).toEqual([der(one.ca), der(two.ca)].map((d) => d.toString('hex')));
  expect(systemAuthorities([path.join(dir, 'not-there')])).toEqual([]);
});

it('believes Node’s list, the system’s store and what is added, each once', () => {
  const [known = ''] = rootCertificates;
  const believed = authorities([one.ca, `${one.ca}\n${known}`]);
  expect(believed.includes(der(one.ca))).toBe(true);
  expect(believed.includes(der(two.ca))).toBe(false);
  expect(believed.includes(der(known))).toBe(true);
  for (const pem of systemAuthorities()) expect(believed.includes(der(pem))).toBe(true);
  expect(new Set(believed.pem.map((pem) => der(pem).toString('hex'))).size).toBe(believed.pem.length);
  expect(authorities().includes(der(one.ca))).toBe(false);
});
