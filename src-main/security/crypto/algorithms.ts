/**
 * Identifiers of protocol 2, under the names that protocol 1 gives their namespaces. The lists are in order of
 * preference, most preferred first, and complete: what is not in them is never offered and never accepted.
 */

/** Our own namespace. */
export const SEC = 'xmpp:sec';
export const DS = 'http://www.w3.org/2000/09/xmldsig#';
export const DS11 = 'http://www.w3.org/2009/xmldsig11#';
export const XE = 'http://www.w3.org/2001/04/xmlenc#';
export const XE11 = 'http://www.w3.org/2009/xmlenc11#';
export const M01 = 'http://www.w3.org/2001/04/xmldsig-more#';
export const M07 = 'http://www.w3.org/2007/05/xmldsig-more#';
export const M21 = 'http://www.w3.org/2021/04/xmldsig-more#';
/** Exclusive C14N 1.0 without comments. */
export const EXC = 'http://www.w3.org/2001/10/xml-exc-c14n#';

export const X25519 = `${M21}x25519` as const;
/** RFC 3526 groups; `length` says which. */
export const DH = `${XE}dh` as const;
export const AES256_GCM = `${XE11}aes256-gcm` as const;
export const KW_AES256 = `${XE}kw-aes256` as const;
export const HMAC_SHA256 = `${M01}hmac-sha256` as const;
export const HMAC_SHA512 = `${M01}hmac-sha512` as const;
export const ED25519 = `${M21}eddsa-ed25519` as const;
export const ECDSA_SHA256 = `${M01}ecdsa-sha256` as const;
export const ECDSA_SHA384 = `${M01}ecdsa-sha384` as const;
export const ECDSA_SHA512 = `${M01}ecdsa-sha512` as const;
export const RSA_PSS_SHA256 = `${M07}sha256-rsa-MGF1` as const;
export const RSA_SHA256 = `${M01}rsa-sha256` as const;
/** Digest in a Reference, always. */
export const SHA256 = `${XE}sha256` as const;
export const ENVELOPED_SIGNATURE = `${DS}enveloped-signature` as const;
export const HKDF = `${M21}hkdf` as const;

/** Lengths that `{XE}dh` may have, in bits. */
export const MODP_LENGTHS = [3072, 4096] as const;
export type ModpLength = (typeof MODP_LENGTHS)[number];

/** One way to agree on a key, as offered and chosen. */
export type Agreement = { readonly algorithm: typeof X25519 } | { readonly algorithm: typeof DH; readonly length: ModpLength };

export const agreements: readonly Agreement[] = [
  { algorithm: X25519 },
  { algorithm: DH, length: 3072 },
  { algorithm: DH, length: 4096 },
];

export const encryptionMethods = [AES256_GCM] as const;
export type EncryptionMethod = (typeof encryptionMethods)[number];

/** prf and H of an association (`DigestMethod`). */
export const prfMethods = [HMAC_SHA256, HMAC_SHA512] as const;
export type PrfMethod = (typeof prfMethods)[number];

/** All that we verify. */
export const signatureMethods = [ED25519, ECDSA_SHA256, ECDSA_SHA384, ECDSA_SHA512, RSA_PSS_SHA256, RSA_SHA256] as const;
export type SignatureMethod = (typeof signatureMethods)[number];

export const isEncryptionMethod = (uri: string): uri is EncryptionMethod =>
  (encryptionMethods as readonly string[]).includes(uri);
export const isPrfMethod = (uri: string): uri is PrfMethod => (prfMethods as readonly string[]).includes(uri);
export const isSignatureMethod = (uri: string): uri is SignatureMethod => (signatureMethods as readonly string[]).includes(uri);
