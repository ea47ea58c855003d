/** Whom certificates are believed on: Node's own list, the system's store, and what the caller adds. */

import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';

export interface Authorities {
  /** PEM, each once. */
  readonly pem: readonly string[];
  /** Whether this certificate (DER) is one of them. */
  includes(der: Uint8Array): boolean;
}

/** Where Linux and BSD systems keep the bundle that their administrators and users manage; the first that is there counts. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Arch, Alpine
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora
  '/etc/pki/tls/certs/ca-bundle.crt', // older Red Hat
  '/etc/ssl/ca-bundle.pem', // openSUSE
  '/etc/ssl/cert.pem', // BSD
];
const CERTIFICATE = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g;

/** Later versions of Node read every system's store (Keychain, the registry, the bundle). */
type SystemStore = (type: 'system') => readonly string[];

/**
 * The system's own authorities, PEM; empty where it has none that can be read.
 * @param bundles files to look for where Node cannot tell, in order
 */
export function systemAuthorities(bundles: readonly string[] = BUNDLES): readonly string[] {
  const ask = (tls as { readonly getCACertificates?: SystemStore }).getCACertificates;
  if (ask !== undefined) return ask('system');
  for (const file of bundles) {
    const text = readIfThere(file);
    if (text !== undefined) return text.match(CERTIFICATE) ?? [];
  }
  return [];
}

/** A bundle that is not there, or not for us to read, is one that this system does not have. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

let platform: ReadonlyMap<string, string> | undefined;

/** @param extra PEM files' contents, trusted in addition; each may hold several certificates */
export function authorities(extra: readonly string[] = []): Authorities {
  platform ??= byContents([...tls.rootCertificates, ...systemAuthorities()]);
  const all = extra.length === 0 ? platform : new Map([...platform, ...byContents(extra)]);
  return { pem: [...all.values()], includes: (der) => all.has(Buffer.from(der).toString('base64')) };
}

/** Base64 of the DER → PEM: the same certificate in two lists is one. */
function byContents(texts: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of texts) {
    for (const [pem, contents = ''] of text.matchAll(CERTIFICATE)) found.set(contents.replace(/\s/g, ''), pem);
  }
  return found;
}
