import { describe, expect, it } from 'vitest';
import { DS, XE } from '../../../src-main/security/crypto/algorithms.ts';
import { toBase64, utf8 } from '../../../src-main/security/crypto/encoding.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { decryptData, encryptData } from '../../../src-main/security/xmlsec/encryption.ts';
import { xml, type Element } from '../../../src-main/xml/element.ts';

const coded = (code: string) => expect.objectContaining({ name: 'XmlsecError', code });
const [kek, other] = [systemRandom(32), systemRandom(32)];
const data = encryptData(
  utf8('plaintext'),
  [
    { name: 'K:0', kek, recipient: 'A1A1A1A1A1A1A1A1' },
    { name: 'L:0', kek: other },
  ],
  systemRandom,
);
const keys = (name: string) => (name === 'K:0' ? kek : undefined);

/** The tree with every element of this name changed. */
const each = (el: Element, name: string, change: (el: Element) => Element): Element => {
  const inside = el.withChildren(el.children.map((c) => (typeof c === 'string' ? c : each(c, name, change))));
  return inside.name === name ? change(inside) : inside;
};

describe('EncryptedData in the algorithms of protocol 2', () => {
  it('opens with the wrapping key that its recipient holds', () => {
    expect(Buffer.from(decryptData(data, keys)).toString()).toBe('plaintext');
    expect(Buffer.from(decryptData(data, (name) => (name === 'L:0' ? other : undefined))).toString()).toBe('plaintext');
  });

  it('says nothing of why it does not open', () => {
    const flip = (el: Element) =>
      el.withChildren([toBase64(Buffer.from(el.text(), 'base64').map((o, i) => (i === 20 ? o ^ 1 : o)))]);
    expect(() => decryptData(data, () => undefined)).toThrow(coded('undecryptable'));
    expect(() => decryptData(data, () => systemRandom(32))).toThrow(coded('undecryptable'));
    expect(() => decryptData(data, () => systemRandom(16))).toThrow(coded('undecryptable'));
    expect(() => decryptData(data, (name) => (name === 'K:0' ? other : undefined))).toThrow(coded('undecryptable'));
    expect(() => decryptData(each(data, 'CipherValue', flip), keys)).toThrow(coded('undecryptable'));
    expect(() =>
      decryptData(
        each(data, 'CipherValue', (el) => el.withChildren([])),
        keys,
      ),
    ).toThrow(coded('undecryptable'));
  });

  it('does not open where two of its keys are held', () => {
    expect(() => decryptData(data, (name) => (name === 'K:0' ? kek : other))).toThrow(coded('undecryptable'));
  });

  it.each<[string, Element]>([
    [
      'CBC',
      each(data, 'EncryptionMethod', (el) =>
        el.attr('Algorithm')?.includes('gcm') ? el.withAttrs({ Algorithm: `${XE}aes256-cbc` }) : el,
      ),
    ],
    [
      'RSA key transport',
      each(data, 'EncryptionMethod', (el) =>
        el.attr('Algorithm')?.includes('kw-') ? el.withAttrs({ Algorithm: `${XE}rsa-oaep-mgf1p` }) : el,
      ),
    ],
    ['another Type', data.withAttrs({ Type: 'urn:x' })],
    ['an Id', data.withAttrs({ Id: 'x' })],
    ['no KeyInfo', data.withChildren(data.elements().filter((el) => el.name !== 'KeyInfo'))],
    ['a CipherReference', each(data, 'CipherData', (el) => el.withChildren([xml('CipherReference', XE, { URI: 'http://x' })]))],
    ['a RetrievalMethod', each(data, 'KeyInfo', (el) => el.withChildren([...el.children, xml('RetrievalMethod', DS)]))],
    ['base64 that is none', each(data, 'CipherValue', (el) => el.withChildren(['!']))],
    ['another element', xml('EncryptedKey', XE)],
  ])('is malformed with %s', (_, element) => {
    expect(() => decryptData(element, keys)).toThrow(coded('malformed'));
  });

  it('has a fresh key and IV each time', () => {
    const value = () => encryptData(utf8('x'), [], systemRandom).child('CipherData')?.childText('CipherValue');
    expect(value()).not.toBe(value());
  });
});
