/**
 * XML Encryption in the algorithms of protocol 2, for files and for other tools. The wire's fixed forms (6.2) are written
 * and read by security/message.ts; this reads the same elements without knowing of associations.
 */

import type { Element } from '../../xml/element.ts';
import { xml } from '../../xml/element.ts';
import { open, seal, IV_LENGTH } from '../crypto/aes-gcm.ts';
import { AES256_GCM, DS, KW_AES256, XE } from '../crypto/algorithms.ts';
import { concat, fromBase64, toBase64 } from '../crypto/encoding.ts';
import { unwrap, wrap } from '../crypto/key-wrap.ts';
import type { Random } from '../ports.ts';
import { XmlsecError } from './errors.ts';
import { at, checkShape, type Shape } from './shape.ts';

/** What the octets are: `Type` of EncryptedData without its namespace. */
export type EncryptedType = 'Element' | 'Content';

/** Where one wrapped copy of the content key goes. */
export interface KeyWrapping {
  /** KeyName of the wrapping key, e.g. `KEYID:n`. */
  readonly name: string;
  /** 32 octets. */
  readonly kek: Uint8Array;
  readonly recipient?: string;
}

/** 32 octets by KeyName: a wrapping key under an EncryptedKey, else the content key itself. Undefined: not held. */
export type NamedKeys = (name: string) => Uint8Array | undefined;

/** EncryptedData of `plaintext` under a fresh content key, wrapped for each of `wrappings`. */
export function encryptData(
  plaintext: Uint8Array,
  wrappings: readonly KeyWrapping[],
  random: Random,
  type: EncryptedType = 'Element',
): Element {
  const key = random(32);
  const iv = random(IV_LENGTH);
  const data = concat(iv, seal(key, iv, plaintext));
  const keys = wrappings.map(({ name, kek, recipient }) =>
    xml(
      'EncryptedKey',
      XE,
      { Recipient: recipient },
      xml('EncryptionMethod', XE, { Algorithm: KW_AES256 }),
      xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, name)),
      cipherData(wrap(kek, key)),
    ),
  );
  key.fill(0);
  return xml(
    'EncryptedData',
    XE,
    { Type: `${XE}${type}` },
    xml('EncryptionMethod', XE, { Algorithm: AES256_GCM }),
    xml('KeyInfo', DS, {}, ...keys),
    cipherData(data),
  );
}

function cipherData(octets: Uint8Array): Element {
  return xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(octets)));
}

const method = (Algorithm: string): Shape => ({ name: 'EncryptionMethod', ns: XE, attrs: { Algorithm } });
const CIPHER_DATA: Shape = { name: 'CipherData', ns: XE, content: [{ name: 'CipherValue', ns: XE, content: 'text' }] };
const KEY_NAME: Shape = { name: 'KeyName', ns: DS, content: 'text' };
const KEY_INFO_NAME: Shape = { name: 'KeyInfo', ns: DS, content: [KEY_NAME] };

/**
 * The plaintext of an EncryptedData, whose KeyInfo holds a KeyName or one or more EncryptedKeys of which exactly one
 * names a key that `keys` holds. Throws XmlsecError: `malformed` for another form or algorithm, else `undecryptable`.
 */
export function decryptData(el: Element, keys: NamedKeys): Uint8Array {
  const type = el.attr('Type');
  const [, keyInfo] = el.elements();
  const encryptedKeys = keyInfo?.childrenOf('EncryptedKey', XE) ?? [];
  checkShape(el, {
    name: 'EncryptedData',
    ns: XE,
    attrs: type === undefined ? {} : { Type: type === `${XE}Content` ? type : `${XE}Element` },
    content: [
      method(AES256_GCM),
      encryptedKeys.length === 0 ? KEY_INFO_NAME : { name: 'KeyInfo', ns: DS, content: encryptedKeys.map(encryptedKeyShape) },
      CIPHER_DATA,
    ],
  });
  const data = decode(el);
  if (encryptedKeys.length === 0) return decrypt(keys(at(el, 'KeyInfo', 'KeyName').text()), data);
  const held = encryptedKeys.flatMap((encryptedKey) => {
    const kek = keys(at(encryptedKey, 'KeyInfo', 'KeyName').text());
    return kek === undefined ? [] : [{ kek, wrapped: decode(encryptedKey) }];
  });
  const [only] = held;
  if (only === undefined || held.length > 1) throw new XmlsecError('undecryptable');
  return decrypt(unwrapKey(only.kek, only.wrapped), data);
}

function encryptedKeyShape(el: Element): Shape {
  const attrs: Record<string, true> = el.attr('Recipient') === undefined ? {} : { Recipient: true };
  return { name: 'EncryptedKey', ns: XE, attrs, content: [method(KW_AES256), KEY_INFO_NAME, CIPHER_DATA] };
}

function decode(el: Element): Uint8Array {
  try {
    return fromBase64(at(el, 'CipherData', 'CipherValue').text());
  } catch (cause) {
    throw new XmlsecError('malformed', { cause });
  }
}

function unwrapKey(kek: Uint8Array, wrapped: Uint8Array): Uint8Array {
  try {
    return unwrap(kek, wrapped);
  } catch (cause) {
    throw new XmlsecError('undecryptable', { cause });
  }
}

function decrypt(key: Uint8Array | undefined, data: Uint8Array): Uint8Array {
  if (key === undefined) throw new XmlsecError('undecryptable');
  try {
    return open(key, data.subarray(0, IV_LENGTH), data.subarray(IV_LENGTH));
  } catch (cause) {
    throw new XmlsecError('undecryptable', { cause });
  }
}
