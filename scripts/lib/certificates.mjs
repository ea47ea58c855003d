import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes a fresh certificate authority and one server certificate under it (ECDSA P-256, 30 days), as files in `dir`:
 * ca.crt, ca.key, localhost.crt, localhost.key.
 * @param {string} dir a folder; made if it is not there
 * @param {readonly string[]} names subjectAltName entries, such as `DNS:localhost` or `IP:127.0.0.1`
 * @returns {Promise<{ ca: string, caFile: string, certFile: string, keyFile: string }>} `ca` is PEM
 * @throws Error with one sentence where OpenSSL is missing
 */
export async function makeServerCertificate(dir, names) {
  await mkdir(dir, { recursive: true });
  const file = (name) => join(dir, name);
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'];
  const openssl = (args) =>
    run('openssl', args).catch((error) => {
      if (error.code === 'ENOENT')
        throw new Error('The openssl command is not installed (Debian: apt-get install openssl).', { cause: error });
      throw error;
    });
  await openssl([
    ...['req', '-x509', ...key, '-subj', '/CN=Signet test authority', '-keyout', file('ca.key'), '-out', file('ca.crt')],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  ]);
  await openssl([
    ...['req', '-x509', '-CA', file('ca.crt'), '-CAkey', file('ca.key'), ...key, '-subj', '/CN=Signet test server'],
    ...['-keyout', file('localhost.key'), '-out', file('localhost.crt'), '-addext', `subjectAltName=${names.join(',')}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'extendedKeyUsage=serverAuth'],
  ]);
  const ca = await readFile(file('ca.crt'), 'utf8');
  return { ca, caFile: file('ca.crt'), certFile: file('localhost.crt'), keyFile: file('localhost.key') };
}
