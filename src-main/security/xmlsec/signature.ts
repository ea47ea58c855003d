/**
 * Enveloped XML Signatures of protocol 5.3, of exactly one shape. The root element separates the uses of one key, so only
 * the root that the caller expects is accepted; and verifying yields the verified: the element that is parsed from the
 * octets whose digest was checked.
 */

import type { KeyObject } from 'node:crypto';
import { isFingerprint, type Fingerprint } from '../../../src-shared/ids.ts';
import type { Element } from '../../xml/element.ts';
import { xml } from '../../xml/element.ts';
import { parseDocument } from '../../xml/parser.ts';
import {
  DS,
  ENVELOPED_SIGNATURE,
  EXC,
  RSA_PSS_SHA256,
  RSA_SHA256,
  SHA256,
  isSignatureMethod,
  type SignatureMethod,
} from '../crypto/algorithms.ts';
import { equal } from '../crypto/constant-time.ts';
import { fromBase64, hexUpper, toBase64 } from '../crypto/encoding.ts';
import { sha256 } from '../crypto/hash.ts';
import { sign, verify } from '../crypto/signature.ts';
import { c14n, c14nWithout } from './c14n.ts';
import { XmlsecError } from './errors.ts';
import { exclusiveC14n, exclusiveC14nWithout } from './exclusive-c14n.ts';
import { at, checkShape, type Shape } from './shape.ts';

/** A private key with the chain that speaks for it; `chain[0]` is the end-entity certificate, whose SHA-256 is `fp`. */
export interface SigningCredential {
  readonly fp: Fingerprint;
  readonly method: SignatureMethod;
  readonly privateKey: KeyObject;
  readonly chain: readonly Uint8Array[];
}

/** The credential for what others' tools are to read, envelopes and bundles: an RSA key signs those with rsa-sha256. */
export function forDocuments(credential: SigningCredential): SigningCredential {
  return credential.method === RSA_PSS_SHA256 ? { ...credential, method: RSA_SHA256 } : credential;
}

export interface VerifyingKey {
  readonly fp: Fingerprint;
  readonly publicKey: KeyObject;
}

export interface SignatureForm {
  /** `prefix-free`: c14n of protocol 1, for all that servers relay. `envelope`: plain Exclusive C14N (6.2). */
  readonly mode: 'prefix-free' | 'envelope';
  /** KeyInfo goes on with X509Data, the end-entity certificate alone: envelopes and Charters. */
  readonly x509?: boolean;
}

export interface Verified {
  /** Parsed from the octets digested: the element without its Signature. Read only this. */
  readonly content: Element;
  readonly signer: Fingerprint;
  /** SHA-256 of those octets, the Reference's digest. */
  readonly digest: Uint8Array;
  /** The certificate in X509Data, whose SHA-256 is `signer`; only with `x509`. */
  readonly certificate?: Uint8Array;
}

/** Finds the key of a fingerprint; undefined where there is none, which is `bad-signature`. */
export type KeyLookup = (fp: Fingerprint, certificate: Uint8Array | undefined) => VerifyingKey | undefined;

const CANON = {
  'prefix-free': { whole: c14n, without: c14nWithout },
  envelope: { whole: exclusiveC14n, without: exclusiveC14nWithout },
} as const;

const el = (
  name: string,
  attrs: Readonly<Record<string, string | true>> = {},
  content: readonly Shape[] | 'text' = [],
): Shape => ({
  name,
  ns: DS,
  attrs,
  content,
});

const SIGNED_INFO = el('SignedInfo', {}, [
  el('CanonicalizationMethod', { Algorithm: EXC }),
  el('SignatureMethod', { Algorithm: true }),
  el('Reference', { URI: '' }, [
    el('Transforms', {}, [el('Transform', { Algorithm: ENVELOPED_SIGNATURE }), el('Transform', { Algorithm: EXC })]),
    el('DigestMethod', { Algorithm: SHA256 }),
    el('DigestValue', {}, 'text'),
  ]),
]);
const KEY_NAME = el('KeyName', {}, 'text');
const X509_DATA = el('X509Data', {}, [el('X509Certificate', {}, 'text')]);
const SIGNATURE = el('Signature', {}, [SIGNED_INFO, el('SignatureValue', {}, 'text'), el('KeyInfo', {}, [KEY_NAME])]);
const SIGNATURE_X509 = el('Signature', {}, [
  SIGNED_INFO,
  el('SignatureValue', {}, 'text'),
  el('KeyInfo', {}, [KEY_NAME, X509_DATA]),
]);

/**
 * A copy of `element`, which has no Signature yet, with one as its last child. Throws XmlsecError `malformed` where the
 * element has no canonical form or has a Signature, CryptoError `bad-key` where method and key do not fit.
 */
export function signEnveloped(element: Element, credential: SigningCredential, form: SignatureForm): Element {
  if (element.child('Signature', DS) !== undefined) throw new XmlsecError('malformed');
  const canon = CANON[form.mode];
  const signedInfo = buildSignedInfo(credential.method, sha256(canon.whole(element)));
  const value = sign(credential.method, credential.privateKey, Buffer.from(canon.whole(signedInfo)));
  const [endEntity] = credential.chain;
  if (form.x509 === true && endEntity === undefined) throw new XmlsecError('malformed');
  const x509 =
    form.x509 === true && endEntity !== undefined
      ? xml('X509Data', DS, {}, xml('X509Certificate', DS, {}, toBase64(endEntity)))
      : undefined;
  const signature = xml(
    'Signature',
    DS,
    {},
    signedInfo,
    xml('SignatureValue', DS, {}, toBase64(value)),
    xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, credential.fp), x509),
  );
  return element.withChildren([...element.children, signature]);
}

function buildSignedInfo(method: SignatureMethod, digest: Uint8Array): Element {
  const transforms = [ENVELOPED_SIGNATURE, EXC].map((Algorithm) => xml('Transform', DS, { Algorithm }));
  return xml(
    'SignedInfo',
    DS,
    {},
    xml('CanonicalizationMethod', DS, { Algorithm: EXC }),
    xml('SignatureMethod', DS, { Algorithm: method }),
    xml(
      'Reference',
      DS,
      { URI: '' },
      xml('Transforms', DS, {}, ...transforms),
      xml('DigestMethod', DS, { Algorithm: SHA256 }),
      xml('DigestValue', DS, {}, toBase64(digest)),
    ),
  );
}

/**
 * Verifies the enveloped Signature of `element`, whose root must be `expected`. Throws XmlsecError: `malformed` for
 * another root or shape, `bad-signature` for FP, method, digest and the signature itself.
 */
export function verifyEnveloped(
  element: Element,
  key: VerifyingKey | KeyLookup,
  expected: { readonly name: string; readonly ns: string },
  form: SignatureForm,
): Verified {
  if (!element.is(expected.name, expected.ns)) throw new XmlsecError('malformed');
  const signature = signatureOf(element);
  checkShape(signature, form.x509 === true ? SIGNATURE_X509 : SIGNATURE);
  const claimed = decode(at(signature, 'SignedInfo', 'Reference', 'DigestValue'));
  const value = decode(at(signature, 'SignatureValue'));
  const certificate = form.x509 === true ? decode(at(signature, 'KeyInfo', 'X509Data', 'X509Certificate')) : undefined;
  const canon = CANON[form.mode];
  const octets = Buffer.from(canon.without(element, signature));
  const signedInfo = Buffer.from(canon.whole(at(signature, 'SignedInfo')));

  const signer = at(signature, 'KeyInfo', 'KeyName').text();
  if (!isFingerprint(signer)) throw new XmlsecError('bad-signature');
  if (certificate !== undefined && hexUpper(sha256(certificate)) !== signer) throw new XmlsecError('bad-signature');
  const found = typeof key === 'function' ? key(signer, certificate) : key;
  if (found === undefined || found.fp !== signer) throw new XmlsecError('bad-signature');
  const method = at(signature, 'SignedInfo', 'SignatureMethod').attr('Algorithm') ?? '';
  if (!isSignatureMethod(method)) throw new XmlsecError('bad-signature');
  const digest = sha256(octets);
  if (!equal(digest, claimed)) throw new XmlsecError('bad-signature');
  try {
    verify(method, found.publicKey, signedInfo, value);
  } catch (cause) {
    throw new XmlsecError('bad-signature', { cause });
  }
  const verified = { content: parseOctets(octets), signer, digest };
  return certificate === undefined ? verified : { ...verified, certificate };
}

/** FP in the KeyName of an element's Signature, before anything is verified: only to look a key up. */
export function claimedSigner(element: Element): Fingerprint | undefined {
  const name = element.child('Signature', DS)?.child('KeyInfo', DS)?.child('KeyName', DS)?.text();
  return name !== undefined && isFingerprint(name) ? name : undefined;
}

/** The Signature of an element: its last child, and the only one of its children of that name. */
function signatureOf(element: Element): Element {
  const last = element.children.at(-1);
  if (last === undefined || typeof last === 'string' || element.childrenOf('Signature', DS).length !== 1)
    throw new XmlsecError('malformed');
  return last;
}

function decode(base64: Element): Uint8Array {
  try {
    return fromBase64(base64.text());
  } catch (cause) {
    throw new XmlsecError('malformed', { cause });
  }
}

function parseOctets(octets: Uint8Array): Element {
  try {
    return parseDocument(octets, { cdata: 'refuse' });
  } catch (cause) {
    throw new XmlsecError('malformed', { cause });
  }
}
