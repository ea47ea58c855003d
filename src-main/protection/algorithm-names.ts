import type { SecurityAssociation } from '../security/association/association.ts';

const NAMES: Readonly<Record<string, string>> = {
  'http://www.w3.org/2021/04/xmldsig-more#x25519': 'X25519',
  'http://www.w3.org/2009/xmlenc11#aes256-gcm': 'AES-256-GCM',
  'http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519': 'Ed25519',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256': 'ECDSA P-256',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384': 'ECDSA P-384',
  'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512': 'ECDSA P-521',
  'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1': 'RSA-PSS',
  'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256': 'RSA PKCS#1',
};

const nameOf = (uri: string): string => NAMES[uri] ?? uri;

/** What was agreed on, in the names that people know (protocol 2). */
export function algorithmNames({ algorithms, hash }: SecurityAssociation): {
  readonly agreement: string;
  readonly encryption: string;
  readonly hash: string;
  readonly signature: string;
} {
  const { agreement, encryption, signature } = algorithms;
  return {
    agreement: 'length' in agreement ? `MODP ${String(agreement.length)}` : nameOf(agreement.algorithm),
    encryption: nameOf(encryption),
    hash: hash === 'sha256' ? 'HMAC-SHA-256' : 'HMAC-SHA-512',
    signature: nameOf(signature),
  };
}
