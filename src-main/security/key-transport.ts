import type { BareJid } from '../../src-shared/jid.ts';
import { isFull } from '../../src-shared/jid.ts';
import { isPreparedJid } from '../jid/jid.ts';
import { xml, type Element } from '../xml/element.ts';
import { KW_AES256, SEC, XE } from './crypto/algorithms.ts';
import { fromBase64, toBase64 } from './crypto/encoding.ts';
import { CryptoError } from './crypto/errors.ts';
import { prf } from './crypto/hash.ts';
import { unwrap, wrap } from './crypto/key-wrap.ts';
import { Secret } from './crypto/secret.ts';
import { algorithm, ANY, between, element, exactly, obeys } from './xmlsec/law.ts';

/**
 * Key transport (protocol 7): the keys of a slot's path in a room's key tree, as the content of a protected message, which
 * authenticates them. (Public keys travel as section 4's KeyTransport, security/bundle.ts.)
 */

/** Which keys they are. */
export interface KeyPath {
  readonly room: BareJid;
  readonly epoch: number;
  /** C_e of the Charter that gave the slot its keys, 64 hex digits. */
  readonly charter: string;
  /** T, 16 hex digits. */
  readonly tree: string;
  readonly slot: number;
}

export interface KeyTransport extends KeyPath {
  /** The leaf's key first, the root's last; 32 octets each. */
  readonly keys: readonly Secret[];
}

/** A KeyTransport as it came, its keys still wrapped. */
export interface WrappedKeys extends KeyPath {
  readonly wrapped: readonly Uint8Array[];
}

/** Height of a tree (protocol 10). */
export const MAX_HEIGHT = 16;
const MAX_SLOT = 2 ** MAX_HEIGHT - 1;
const WRAPPED_LENGTH = 40;

/** A decimal number without sign or leading zeros (protocol 1), below 10^15, so that it is exact. */
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$/;

const value = exactly(1, element(XE, { CipherValue: exactly(1, element(XE, 'base64')) }));
const encryptedKey = element(XE, {
  EncryptionMethod: exactly(1, algorithm(XE, KW_AES256)),
  CipherData: value,
  CarriedKeyName: exactly(1, element(XE, ANY)),
});
const law = element(
  SEC,
  { EncryptedKey: between(1, MAX_HEIGHT + 1, encryptedKey) },
  { attributes: { room: ANY, epoch: NUMBER, charter: /^[0-9A-F]{64}$/, tree: /^[0-9A-F]{16}$/, slot: NUMBER } },
);

/** Is this section 7's KeyTransport, not section 4's? Only by its name: it may still be malformed. */
export const isKeyTransport = (el: Element): boolean => el.is('KeyTransport', SEC) && el.attr('room') !== undefined;

/** Name of the node above `slot` at this height: node h.i, i = slot >> h (protocol 8). */
export const nodeName = (tree: string, height: number, slot: number): string =>
  `${tree}:${String(height)}.${String(slot >> height)}`;

/** The first 32 octets of HMAC-SHA-256(content key of the carrying message, "xmpp:sec kt"), as a key that wraps. */
const wrappingKey = (contentKey: Uint8Array): Uint8Array => prf('sha256', contentKey, 'xmpp:sec kt').subarray(0, 32);

/** The element, its keys wrapped for the message of this content key. */
export function encodeKeyTransport({ keys, ...path }: KeyTransport, contentKey: Uint8Array): Element {
  const kek = wrappingKey(contentKey);
  const encrypted = keys.map((key, height) =>
    xml(
      'EncryptedKey',
      XE,
      {},
      xml('EncryptionMethod', XE, { Algorithm: KW_AES256 }),
      xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(wrap(kek, key.reveal())))),
      xml('CarriedKeyName', XE, {}, nodeName(path.tree, height, path.slot)),
    ),
  );
  kek.fill(0);
  const { room, epoch, charter, tree, slot } = path;
  return xml('KeyTransport', SEC, { room, epoch: String(epoch), charter, tree, slot: String(slot) }, ...encrypted);
}

/** The KeyTransport that an element is; undefined where its structure, names or lengths are not exact. */
export function decodeKeyTransport(el: Element): WrappedKeys | undefined {
  if (!el.is('KeyTransport', SEC) || !obeys(el, law)) return undefined;
  const { room = '', epoch, charter = '', tree = '', slot: written } = el.attrs;
  const slot = Number(written);
  const keys = el.elements();
  const height = keys.length - 1;
  if (!isPreparedJid(room) || isFull(room) || slot > MAX_SLOT || slot >> height !== 0) return undefined;
  // The path, leaf first.
  if (keys.some((key, h) => key.childText('CarriedKeyName') !== nodeName(tree, h, slot))) return undefined;
  const wrapped = keys.flatMap((key) => octetsOf(key.child('CipherData')?.childText('CipherValue') ?? ''));
  if (wrapped.length !== keys.length) return undefined;
  return { room, epoch: Number(epoch), charter, tree, slot, wrapped };
}

/** Its keys, under the content key of the message that carried it; undefined where one does not unwrap. */
export function unwrapKeys({ wrapped, ...path }: WrappedKeys, contentKey: Uint8Array): KeyTransport | undefined {
  const kek = wrappingKey(contentKey);
  const keys: Secret[] = [];
  try {
    for (const octets of wrapped) keys.push(new Secret(unwrap(kek, octets)));
    return { ...path, keys };
  } catch (error) {
    for (const key of keys) key.wipe();
    if (error instanceof CryptoError) return undefined;
    throw error;
  } finally {
    kek.fill(0);
  }
}

function octetsOf(base64: string): Uint8Array[] {
  try {
    const octets = fromBase64(base64);
    return octets.length === WRAPPED_LENGTH ? [octets] : [];
  } catch (error) {
    if (error instanceof CryptoError) return [];
    throw error;
  }
}
