/** A credential: a certificate chain with its private key (protocol 4). */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { methodFor } from '../security/crypto/signature.ts';
import type { SigningCredential } from '../security/xmlsec/signature.ts';
import { readChain, type Certificate } from './certificate.ts';
import { PkiError } from './errors.ts';

export interface Credential extends SigningCredential {
  /** The end-entity certificate, `chain[0]` read. */
  readonly certificate: Certificate;
}

/**
 * The credential of a chain of DER certificates, end entity first, and a private key. Throws PkiError: what
 * {@link readChain} does, or `key-mismatch` where the key is not the end entity's.
 */
export function makeCredential(chain: readonly Uint8Array[], privateKey: KeyObject): Credential {
  const [certificate] = readChain(chain);
  if (privateKey.type !== 'private' || !createPublicKey(privateKey).equals(certificate.publicKey))
    throw new PkiError('key-mismatch');
  return { fp: certificate.fp, method: methodFor(certificate.publicKey), privateKey, chain, certificate };
}

/** PKCS#8 DER of the private key, for the encrypted store. The caller wipes it. */
export function exportPrivate(credential: SigningCredential): Uint8Array {
  return credential.privateKey.export({ format: 'der', type: 'pkcs8' });
}

/** What {@link exportPrivate} and the chain were; throws PkiError as {@link makeCredential}, `bad-key` where it is no key. */
export function loadCredential(chain: readonly Uint8Array[], pkcs8: Uint8Array): Credential {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new PkiError('bad-key', { cause });
  }
  return makeCredential(chain, privateKey);
}
