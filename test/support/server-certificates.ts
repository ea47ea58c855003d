/** Certificates as servers have them, good and bad, made with the openssl command. */

import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Issued {
  /** PEM; a path has the server's own first. */
  readonly cert: string;
  readonly key: string;
}

export interface CertificateWish {
  readonly subject?: string;
  /** Lines of openssl's `[alt_names]`, such as `DNS.1=localhost`; none for a certificate without alternative names. */
  readonly names?: readonly string[];
  /** openssl's `YYYYMMDDHHMMSSZ`. */
  readonly from?: string;
  readonly to?: string;
  readonly rsaBits?: number;
  readonly digest?: 'sha1' | 'sha256';
  readonly usage?: string;
}

export interface TestAuthority {
  /** PEM of the authority itself. */
  readonly ca: string;
  issue(wish?: CertificateWish): Promise<Issued>;
  selfSigned(wish?: CertificateWish): Promise<Issued>;
  remove(): Promise<void>;
}

/** An authority with its own folder, of ECDSA P-256. */
export async function testAuthority(): Promise<TestAuthority> {
  const dir = await mkdtemp(path.join(tmpdir(), 'signet-authority-'));
  const at = (name: string) => path.join(dir, name);
  let count = 0;
  await writeFile(at('index'), '');
  await writeFile(at('index.attr'), 'unique_subject = no\n');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  await run('openssl', [
    ...['req', '-x509', ...curve, '-nodes', '-days', '30', '-subj', '/CN=Signet test authority'],
    ...['-keyout', at('ca.key'), '-out', at('ca.crt')],
  ]);

  async function make(wish: CertificateWish, selfSigned: boolean): Promise<Issued> {
    const name = `c${String(++count)}`;
    const names = wish.names ?? ['DNS.1=localhost'];
    await writeFile(
      at(`${name}.cnf`),
      [
        '[ca]\ndefault_ca=ours\n[ours]',
        `database=${at('index')}\nnew_certs_dir=${dir}\nserial=${at('serial')}\nrand_serial=yes\npolicy=any\nunique_subject=no`,
        '[any]\ncommonName=optional',
        '[req]\ndistinguished_name=dn\nprompt=no\n[dn]',
        '[v3]\nbasicConstraints=critical,CA:FALSE',
        `extendedKeyUsage=${wish.usage ?? 'serverAuth'}`,
        ...(names.length === 0 ? [] : ['subjectAltName=@alt_names', '[alt_names]', ...names]),
        '',
      ].join('\n'),
    );
    const key = wish.rsaBits === undefined ? curve : ['-newkey', `rsa:${String(wish.rsaBits)}`];
    await run('openssl', [
      ...['req', '-new', ...key, '-nodes', '-subj', wish.subject ?? '/CN=Signet test server', '-config', at(`${name}.cnf`)],
      ...['-keyout', at(`${name}.key`), '-out', at(`${name}.csr`)],
    ]);
    await run('openssl', [
      ...['ca', '-batch', '-notext', '-config', at(`${name}.cnf`), '-extensions', 'v3', '-md', wish.digest ?? 'sha256'],
      ...['-in', at(`${name}.csr`), '-out', at(`${name}.crt`)],
      ...(selfSigned ? ['-selfsign', '-keyfile', at(`${name}.key`)] : ['-cert', at('ca.crt'), '-keyfile', at('ca.key')]),
      ...['-startdate', wish.from ?? '20240101000000Z', '-enddate', wish.to ?? '20991231000000Z'],
    ]);
    return { cert: await readFile(at(`${name}.crt`), 'utf8'), key: await readFile(at(`${name}.key`), 'utf8') };
  }

  return {
    ca: await readFile(at('ca.crt'), 'utf8'),
    issue: (wish = {}) => make(wish, false),
    selfSigned: (wish = {}) => make(wish, true),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}
