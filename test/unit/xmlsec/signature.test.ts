import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseBareJid } from '../../../src-main/jid/jid.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import { DS, ENVELOPED_SIGNATURE, EXC, RSA_SHA256, SEC, SHA256 } from '../../../src-main/security/crypto/algorithms.ts';
import { hexUpper, toBase64 } from '../../../src-main/security/crypto/encoding.ts';
import { sha256 } from '../../../src-main/security/crypto/hash.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { c14n } from '../../../src-main/security/xmlsec/c14n.ts';
import { exclusiveC14n } from '../../../src-main/security/xmlsec/exclusive-c14n.ts';
import {
  claimedSigner,
  signEnveloped,
  verifyEnveloped,
  type SignatureForm,
} from '../../../src-main/security/xmlsec/signature.ts';
import { xml, type Element, type Node } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';

const make = () => makeSelfSigned({ jid: parseBareJid('alice@a.example'), now: Date.UTC(2026, 8, 21), random: systemRandom });
const alice = make();
const key = { fp: alice.fp, publicKey: alice.certificate.publicKey };
const ROOT = { name: 'KeyTransport', ns: SEC };
const PLAIN: SignatureForm = { mode: 'prefix-free' };
const coded = (code: string) => expect.objectContaining({ name: 'XmlsecError', code });

const content = xml('KeyTransport', SEC, { jid: 'alice@a.example' }, xml('SealingKey', SEC, {}, 'a<b&c'), xml('Vouched', SEC));
const signed = signEnveloped(content, alice, PLAIN);
const verify = (el: Element, form = PLAIN, root = ROOT) => verifyEnveloped(el, key, root, form);

/** The tree with the element at this path of names changed. */
function at(el: Element, path: readonly string[], change: (el: Element) => Element): Element {
  const [first, ...rest] = path;
  if (first === undefined) return change(el);
  let done = false;
  return el.withChildren(
    el.children.map((c) => {
      if (done || typeof c === 'string' || c.name !== first) return c;
      done = true;
      return at(c, rest, change);
    }),
  );
}
const withText = (text: string) => (el: Element) => el.withChildren([text]);
const plus =
  (...nodes: Node[]) =>
  (el: Element) =>
    el.withChildren([...el.children, ...nodes]);

describe('an enveloped signature (protocol 5.3)', () => {
  it('has exactly the form of the text', () => {
    const signature = signed.child('Signature', DS);
    const values = [toBase64(sha256(c14n(content))), signature?.childText('SignatureValue')];
    expect(signature && c14n(signature)).toBe(
      `<Signature xmlns="${DS}"><SignedInfo><CanonicalizationMethod Algorithm="${EXC}"></CanonicalizationMethod>` +
        `<SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"></SignatureMethod>` +
        `<Reference URI=""><Transforms><Transform Algorithm="${ENVELOPED_SIGNATURE}"></Transform><Transform Algorithm="${EXC}"></Transform></Transforms>` +
        `<DigestMethod Algorithm="${SHA256}"></DigestMethod><DigestValue>${values[0] ?? ''}</DigestValue></Reference></SignedInfo>` +
        `<SignatureValue>${values[1] ?? ''}</SignatureValue><KeyInfo><KeyName>${alice.fp}</KeyName></KeyInfo></Signature>`,
    );
    expect(signed.children.at(-1)).toBe(signature);
  });

  it('yields what was verified: the element without it, its signer and its digest', () => {
    const verified = verify(parseDocument(c14n(signed)));
    expect(c14n(verified.content)).toBe(c14n(content));
    expect(verified.signer).toBe(alice.fp);
    expect(hexUpper(verified.digest)).toBe(hexUpper(sha256(c14n(content))));
    expect(claimedSigner(signed)).toBe(alice.fp);
  });

  it('yields an element of its own, not the one that came', () => {
    expect(verify(signed).content).not.toBe(signed);
    expect(verify(signed).content.child('SealingKey')).not.toBe(signed.child('SealingKey'));
  });

  it('holds for one root only', () => {
    for (const root of [
      { name: 'KeyAgreement', ns: SEC },
      { name: 'KeyTransport', ns: 'urn:x' },
    ])
      expect(() => verify(signed, PLAIN, root)).toThrow(coded('malformed'));
  });

  it('finds the key by the name in KeyInfo', () => {
    expect(verifyEnveloped(signed, (fp) => (fp === key.fp ? key : undefined), ROOT, PLAIN).signer).toBe(key.fp);
    expect(() => verifyEnveloped(signed, () => undefined, ROOT, PLAIN)).toThrow(coded('bad-signature'));
    const other = make();
    expect(() => verifyEnveloped(signed, { fp: other.fp, publicKey: key.publicKey }, ROOT, PLAIN)).toThrow(
      coded('bad-signature'),
    );
    expect(() => verifyEnveloped(signed, { fp: key.fp, publicKey: other.certificate.publicKey }, ROOT, PLAIN)).toThrow(
      coded('bad-signature'),
    );
  });

  it('in an envelope keeps prefixes and carries the certificate', () => {
    const form: SignatureForm = { mode: 'envelope', x509: true };
    const root = { name: 'envelope', ns: 'urn:xmpp:sce:1' };
    const envelope = parseDocument(
      '<e:envelope xmlns:e="urn:xmpp:sce:1" xml:lang="en"><e:content>\n<b xmlns="jabber:client">x</b></e:content></e:envelope>',
    );
    const whole = signEnveloped(envelope, alice, form);
    const verified = verifyEnveloped(
      parseDocument(exclusiveC14n(whole)),
      (fp, der) => (der === undefined ? undefined : { ...key, fp }),
      root,
      form,
    );
    expect(exclusiveC14n(verified.content)).toBe(exclusiveC14n(envelope));
    expect(Buffer.from(verified.certificate ?? [])).toEqual(Buffer.from(alice.chain[0] ?? []));
    expect(() => verifyEnveloped(whole, key, root, { mode: 'envelope' })).toThrow(coded('malformed'));
    expect(() => verify(signed, { mode: 'prefix-free', x509: true })).toThrow(coded('malformed'));
    const foreign = at(
      whole,
      ['Signature', 'KeyInfo', 'X509Data', 'X509Certificate'],
      withText(toBase64(make().chain[0] ?? new Uint8Array())),
    );
    expect(() => verifyEnveloped(foreign, key, root, form)).toThrow(coded('bad-signature'));
  });

  const S = 'Signature';
  const info = [S, 'SignedInfo'];
  const ref = [...info, 'Reference'];
  const el = (name: string, attrs = {}) => xml(name, DS, attrs);
  it.each<[string, Element]>([
    ['none', content],
    ['a second one', plus(signed.child(S, DS) ?? '')(signed)],
    ['one that is not the last child', plus(xml('x', SEC))(signed)],
    ['text after it', plus(' ')(signed)],
    ['one in the element’s own namespace', plus(xml(S, SEC))(content)],
    ['one deeper inside only', content.withChildren([xml('x', SEC, {}, signed.child(S, DS))])],
    ['an Object', at(signed, [S], plus(el('Object')))],
    ['an Id', at(signed, [S], (e) => e.withAttrs({ Id: 'x' }))],
    ['white space', at(signed, [S], (e) => e.withChildren([' ', ...e.children]))],
    ['no KeyInfo', at(signed, [S], (e) => e.withChildren(e.children.slice(0, 2)))],
    ['KeyInfo with a KeyValue', at(signed, [S, 'KeyInfo'], plus(el('KeyValue')))],
    [
      'inclusive C14N',
      at(signed, [...info, 'CanonicalizationMethod'], (e) =>
        e.withAttrs({ Algorithm: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315' }),
      ),
    ],
    [
      'C14N with comments',
      at(signed, [...info, 'CanonicalizationMethod'], (e) => e.withAttrs({ Algorithm: `${EXC}WithComments` })),
    ],
    [
      'a prefix list',
      at(signed, [...info, 'CanonicalizationMethod'], plus(xml('InclusiveNamespaces', EXC, { PrefixList: 'x' }))),
    ],
    ['HMACOutputLength', at(signed, [...info, 'SignatureMethod'], plus(el('HMACOutputLength')))],
    ['two References', at(signed, info, plus(el('Reference')))],
    ['a Reference by Id', at(signed, ref, (e) => e.withAttrs({ URI: '#x' }))],
    ['a Reference without URI', at(signed, ref, (e) => e.withAttrs({ URI: undefined }))],
    ['no Transforms', at(signed, ref, (e) => e.withChildren(e.children.slice(1)))],
    ['one Transform', at(signed, [...ref, 'Transforms'], (e) => e.withChildren(e.children.slice(1)))],
    ['the enveloped Transform alone', at(signed, [...ref, 'Transforms'], (e) => e.withChildren(e.children.slice(0, 1)))],
    ['a third Transform', at(signed, [...ref, 'Transforms'], plus(el('Transform', { Algorithm: EXC })))],
    [
      'XPath',
      at(signed, [...ref, 'Transforms', 'Transform'], (e) =>
        e.withAttrs({ Algorithm: 'http://www.w3.org/TR/1999/REC-xpath-19991116' }),
      ),
    ],
    ['SHA-1', at(signed, [...ref, 'DigestMethod'], (e) => e.withAttrs({ Algorithm: `${DS}sha1` }))],
    ['a digest that is no base64', at(signed, [...ref, 'DigestValue'], withText('!'))],
    ['a value that is no base64', at(signed, [S, 'SignatureValue'], withText('AR=='))],
    ['an element in SignatureValue', at(signed, [S, 'SignatureValue'], plus(el('x')))],
  ])('is malformed with %s', (_, element) => {
    expect(() => verify(element)).toThrow(coded('malformed'));
  });

  it.each<[string, Element]>([
    ['another text', at(signed, ['SealingKey'], withText('b'))],
    ['another attribute', signed.withAttrs({ jid: 'bob@a.example' })],
    ['one attribute more', signed.withAttrs({ note: '' })],
    ['a child more', signed.withChildren([xml('x', SEC), ...signed.children])],
    ['a child less', signed.withChildren(signed.children.slice(1))],
    ['children swapped', signed.withChildren([...signed.children.slice(0, 2).reverse(), ...signed.children.slice(2)])],
    ['another digest', at(signed, [...ref, 'DigestValue'], withText(toBase64(new Uint8Array(32))))],
    ['a digest of another length', at(signed, [...ref, 'DigestValue'], withText(toBase64(new Uint8Array(20))))],
    ['another value', at(signed, [S, 'SignatureValue'], withText(toBase64(new Uint8Array(64))))],
    ['another method', at(signed, [...info, 'SignatureMethod'], (e) => e.withAttrs({ Algorithm: RSA_SHA256 }))],
    ['HMAC', at(signed, [...info, 'SignatureMethod'], (e) => e.withAttrs({ Algorithm: `${DS}hmac-sha1` }))],
    ['another name', at(signed, [S, 'KeyInfo', 'KeyName'], withText('A'.repeat(64)))],
    ['a name that is none', at(signed, [S, 'KeyInfo', 'KeyName'], withText('alice'))],
    ['a name in lower case', at(signed, [S, 'KeyInfo', 'KeyName'], withText(alice.fp.toLowerCase()))],
  ])('does not hold with %s', (_, element) => {
    expect(() => verify(element)).toThrow(coded('bad-signature'));
  });

  it('is not put on what has one, nor by a key that does not fit', () => {
    expect(() => signEnveloped(signed, alice, PLAIN)).toThrow(coded('malformed'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    expect(() => signEnveloped(content, { ...alice, privateKey }, PLAIN)).toThrow(expect.objectContaining({ code: 'bad-key' }));
    expect(() => signEnveloped(xml('a', SEC, { b: '\n' }), alice, PLAIN)).toThrow(coded('malformed'));
  });
});
