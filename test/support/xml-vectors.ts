/**
 * Published XML Signatures in forms that are not ours: {@link expectRefused} shows that our verifier takes none of them;
 * {@link verifyByParts} puts what they are made of (canonical octets, digests, signature methods) through our parts.
 */

import { createPublicKey, X509Certificate, type KeyObject } from 'node:crypto';
import { expect } from 'vitest';
import type { Fingerprint } from '../../src-shared/ids.ts';
import { DS, DS11, EXC, isSignatureMethod, XE } from '../../src-main/security/crypto/algorithms.ts';
import { equal } from '../../src-main/security/crypto/constant-time.ts';
import { fromBase64 } from '../../src-main/security/crypto/encoding.ts';
import { CryptoError } from '../../src-main/security/crypto/errors.ts';
import { digest, type HashName } from '../../src-main/security/crypto/hash.ts';
import { kindOf, methodsFor, verify } from '../../src-main/security/crypto/signature.ts';
import { exclusiveC14n } from '../../src-main/security/xmlsec/exclusive-c14n.ts';
import { claimedSigner, verifyEnveloped } from '../../src-main/security/xmlsec/signature.ts';
import type { Element } from '../../src-main/xml/element.ts';

const INCLUSIVE = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315';
const ENVELOPED = `${DS}enveloped-signature`;

/** All elements of this name in a tree, the root included, in document order. */
export function findAll(root: Element, name: string, ns: string): Element[] {
  const here = root.is(name, ns) ? [root] : [];
  return [...here, ...root.elements().flatMap((child) => findAll(child, name, ns))];
}

/** The same tree without white space between elements, which our fixed forms do not have. */
export function compact(el: Element): Element {
  const children = el.children.filter((c) => typeof c !== 'string' || c.trim() !== '' || el.elements().length === 0);
  return el.withChildren(children.map((c) => (typeof c === 'string' ? c : compact(c))));
}

/** Every element with a Signature in it, and every Signature as a root, is refused with a code under any key. */
export function expectRefused(root: Element, keys: readonly KeyObject[] = []): void {
  const all = [root, ...descendants(root)];
  const candidates = all.filter((el) => el === root || el.is('Signature', DS) || el.child('Signature', DS) !== undefined);
  const publicKeys = [...keys, ...keysIn(root)];
  for (const original of candidates)
    for (const el of [original, compact(original)])
      for (const mode of ['prefix-free', 'envelope'] as const)
        for (const x509 of [false, true])
          for (const publicKey of publicKeys.length > 0 ? publicKeys : [undefined]) {
            const lookup = () => {
              const fp = claimedSigner(el) ?? ('' as Fingerprint);
              return publicKey === undefined ? undefined : { fp, publicKey };
            };
            expect(() => verifyEnveloped(el, lookup, { name: el.name, ns: el.ns }, { mode, x509 })).toThrow(
              expect.objectContaining({ name: 'XmlsecError' }),
            );
          }
}

function descendants(el: Element): Element[] {
  return el.elements().flatMap((child) => [child, ...descendants(child)]);
}

/**
 * Checks a signature's arithmetic through our parts. `undefined` where it has a part that protocol 2 does not have; then
 * only the refusal counts. Inclusive C14N is taken as exclusive, which is right where every declaration is used.
 */
export function verifyByParts(root: Element, signature: Element, keys: readonly KeyObject[]): boolean | undefined {
  const info = signature.child('SignedInfo');
  const method = info?.child('SignatureMethod')?.attr('Algorithm') ?? '';
  const canon = info?.child('CanonicalizationMethod');
  if (info === undefined || !isSignatureMethod(method) || !isPlain(canon)) return undefined;
  const fitting = [...keys, ...keysIn(signature)].filter((key) => methodsFor(key).includes(method));
  if (fitting.length === 0) return undefined;
  for (const reference of info.childrenOf('Reference')) {
    const holds = referenceHolds(root, signature, reference);
    if (holds !== true) return holds;
  }
  const octets = Buffer.from(exclusiveC14n(info));
  const value = fromBase64(signature.childText('SignatureValue') ?? '');
  return fitting.some((key) => {
    try {
      verify(method, key, octets, value);
      return true;
    } catch (error) {
      expect(error).toBeInstanceOf(CryptoError);
      return false;
    }
  });
}

function isPlain(transform: Element | undefined): boolean {
  const algorithm = transform?.attr('Algorithm') ?? '';
  return [EXC, INCLUSIVE].includes(algorithm) && transform?.elements().length === 0;
}

function referenceHolds(root: Element, signature: Element, reference: Element): boolean | undefined {
  const algorithm = reference.child('DigestMethod')?.attr('Algorithm');
  const hash: HashName | undefined = algorithm === `${XE}sha256` ? 'sha256' : algorithm === `${XE}sha512` ? 'sha512' : undefined;
  const uri = reference.attr('URI');
  if (hash === undefined || uri === undefined || !(uri === '' || uri.startsWith('#'))) return undefined;
  const ids = (el: Element) => ['Id', 'ID', 'id'].some((name) => el.attr(name) === uri.slice(1));
  const target = uri === '' ? root : [root, ...descendants(root)].find(ids);
  if (target === undefined) return undefined;
  let octets = target;
  for (const transform of reference.child('Transforms')?.elements() ?? []) {
    if (transform.attr('Algorithm') === ENVELOPED) octets = without(octets, signature);
    else if (!isPlain(transform)) return undefined;
  }
  return equal(digest(hash, exclusiveC14n(octets)), fromBase64(reference.childText('DigestValue') ?? ''));
}

function without(el: Element, gone: Element): Element {
  return el.withChildren(el.children.filter((c) => c !== gone).map((c) => (typeof c === 'string' ? c : without(c, gone))));
}

/** Every public key that stands in KeyInfo, in whatever form: proof of nothing about the signer, only of the arithmetic. */
export function keysIn(el: Element): KeyObject[] {
  const text = (e: Element, name: string, ns: string) => fromBase64(e.childText(name, ns) ?? '');
  const url = (octets: Uint8Array) => Buffer.from(octets).toString('base64url');
  const attempts: (() => KeyObject)[] = [
    ...findAll(el, 'X509Certificate', DS).map((e) => () => new X509Certificate(fromBase64(e.text())).publicKey),
    ...findAll(el, 'DEREncodedKeyValue', DS11).map(
      (e) => () => createPublicKey({ key: Buffer.from(fromBase64(e.text())), format: 'der', type: 'spki' }),
    ),
    ...findAll(el, 'RSAKeyValue', DS).map((e) => () => {
      const key = { kty: 'RSA', n: url(text(e, 'Modulus', DS)), e: url(text(e, 'Exponent', DS)) };
      return createPublicKey({ key, format: 'jwk' });
    }),
    ...findAll(el, 'ECKeyValue', DS11).map((e) => () => {
      const point = text(e, 'PublicKey', DS11).subarray(1);
      const half = point.length / 2;
      const crv = half === 32 ? 'P-256' : half === 48 ? 'P-384' : 'P-521';
      return createPublicKey({
        key: { kty: 'EC', crv, x: url(point.subarray(0, half)), y: url(point.subarray(half)) },
        format: 'jwk',
      });
    }),
  ];
  return attempts.flatMap((attempt) => {
    try {
      const key = attempt();
      return kindOf(key) === undefined ? [] : [key];
    } catch {
      // A key in a form that the platform does not read cannot verify anything.
      return [];
    }
  });
}
