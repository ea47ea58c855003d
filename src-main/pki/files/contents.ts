/** What is found in a file, before anything is decided about it. */

import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readDer } from '../der.ts';
import { PkiError, type PkiErrorCode } from '../errors.ts';
import { MAX_CERTIFICATE_OCTETS, MAX_FILE_OCTETS } from './limits.ts';
import type { OldProtection } from './ciphers.ts';

/** One thing in a file. `name` and `keyId` are what a PKCS#12 file says beside it; neither is believed for anything. */
export type Found =
  | { readonly kind: 'certificate'; readonly der: Uint8Array; readonly name?: string; readonly keyId?: string }
  | { readonly kind: 'key'; readonly key: KeyObject; readonly name?: string; readonly keyId?: string }
  | { readonly kind: 'crl'; readonly der: Uint8Array }
  | { readonly kind: 'request'; readonly der: Uint8Array }
  /** Something that has no use here: a public key, a shared secret, an attribute certificate, parameters. */
  | { readonly kind: 'other' }
  /** Something that should be of use and is broken or locked otherwise; the rest of the file is read all the same. */
  | { readonly kind: 'fault'; readonly of: 'certificate' | 'key' | 'crl' | 'request' | 'part'; readonly code: PkiErrorCode };

export interface FileContents {
  readonly format: 'pkcs12' | 'pkcs7' | 'pem' | 'der';
  readonly found: readonly Found[];
  /** How it was protected, where that is no longer good enough. */
  readonly old: readonly OldProtection[];
  /** False for a PKCS#12 file without a MAC: anybody could have changed it. */
  readonly authenticated: boolean;
}

/** Copies are made, so that what is kept does not hold on to the whole file. */
const own = (octets: Uint8Array): Uint8Array => Uint8Array.from(octets);

/** A certificate, if it is one value in strict DER (../der.ts); what it says is read later. */
export function foundCertificate(der: Uint8Array, beside: { name?: string; keyId?: string } = {}): Found {
  const code = derFault(der, MAX_CERTIFICATE_OCTETS);
  return code === undefined ? { kind: 'certificate', der: own(der), ...beside } : { kind: 'fault', of: 'certificate', code };
}

export function foundCrl(der: Uint8Array): Found {
  const code = derFault(der, MAX_FILE_OCTETS);
  return code === undefined ? { kind: 'crl', der: own(der) } : { kind: 'fault', of: 'crl', code };
}

export function foundRequest(der: Uint8Array): Found {
  const code = derFault(der, MAX_CERTIFICATE_OCTETS);
  return code === undefined ? { kind: 'request', der: own(der) } : { kind: 'fault', of: 'request', code };
}

/** A private key in the clear, DER in one of the three forms in use. `der` is erased. */
export function foundKey(
  der: Uint8Array,
  type: 'pkcs8' | 'pkcs1' | 'sec1',
  beside: { name?: string; keyId?: string } = {},
): Found {
  const copy = Buffer.from(der);
  try {
    return { kind: 'key', key: createPrivateKey({ key: copy, format: 'der', type }), ...beside };
  } catch {
    return { kind: 'fault', of: 'key', code: 'bad-key' };
  } finally {
    copy.fill(0);
    der.fill(0);
  }
}

function derFault(der: Uint8Array, most: number): PkiErrorCode | undefined {
  if (der.length > most) return 'too-large';
  try {
    readDer(der);
    return undefined;
  } catch (error) {
    if (error instanceof PkiError) return error.code;
    throw error;
  }
}
