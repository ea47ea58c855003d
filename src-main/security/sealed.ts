import type { KeyObject } from 'node:crypto';
import { isSealingId, type DeviceId, type Fingerprint, type SealingId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Element } from '../xml/element.ts';
import type { Party } from './association/association.ts';
import type { SealingKey } from './bundle.ts';
import { DS, DS11, HKDF, HMAC_SHA256, KW_AES256, M21, X25519, XE, XE11 } from './crypto/algorithms.ts';
import { equal } from './crypto/constant-time.ts';
import { concat, fromBase64, lp, toBase64, utf8 } from './crypto/encoding.ts';
import { hkdf, sha256 } from './crypto/hash.ts';
import { unwrap, wrap } from './crypto/key-wrap.ts';
import * as x25519 from './crypto/x25519.ts';
import type { Random } from './ports.ts';
import { algorithm, ANY, DEVICE, element, exactly, obeys } from './xmlsec/law.ts';

/** Sealing (protocol 6.3): the content key of a message for a device that there is no association with. */

/** A device to seal to: whose it is, and the sealing key that its bundle published. */
export interface SealedRecipient {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly device: DeviceId;
  readonly sealing: SealingKey;
}

/** A sealing key of ours. */
export interface HeldSealingKey {
  readonly sid: SealingId;
  readonly privateKey: KeyObject;
  readonly publicRaw: Uint8Array;
  /** Milliseconds since the epoch. */
  readonly issued: number;
}

/** A message may be this much older than the sealing key it was sealed to. */
export const MAX_BEFORE_ISSUED = 86_400_000;

/** What ties a sealed key to those it is for: E, S, who, whose device, and SHA-256(C). */
interface Binding {
  readonly ephemeral: Uint8Array;
  readonly sealing: Uint8Array;
  readonly sender: Party;
  readonly recipient: { readonly jid: BareJid; readonly device: DeviceId };
  readonly digestOfC: Uint8Array;
}

const hex = (digits: string): Uint8Array => Buffer.from(digits, 'hex');

/**
 * Info = "xmpp:sec seal" | SHA-256(E | S | lp(sender JID) | sender fp | sender device | lp(recipient JID) | recipient device
 *        | SHA-256(C))
 */
export function infoOf({ ephemeral, sealing, sender, recipient, digestOfC }: Binding): Uint8Array {
  const who = [lp(sender.jid), hex(sender.fp), hex(sender.device), lp(recipient.jid), hex(recipient.device)];
  return concat(utf8('xmpp:sec seal'), sha256(concat(ephemeral, sealing, ...who, digestOfC)));
}

/** KEK = HKDF-SHA-256(IKM = Z, no salt, info = Info, 32 octets), Z = X25519(private, public) */
export function wrappingKey(privateKey: KeyObject, publicRaw: Uint8Array, info: Uint8Array): Uint8Array {
  const z = x25519.derive(privateKey, publicRaw);
  const kek = hkdf('sha256', z, new Uint8Array(0), info, 32);
  z.fill(0);
  return kek;
}

/**
 * The EncryptedKey for one device, as text, under one fresh ephemeral key. Throws CryptoError `bad-share` on a sealing key
 * of low order, which no bundle that was read has.
 * @param random gives the ephemeral private key in place of the platform's own generator (vectors)
 */
export function seal(contentKey: Uint8Array, digestOfC: Uint8Array, sender: Party, to: SealedRecipient, random?: Random): string {
  const ephemeral = x25519.generate(random);
  const { device, sealing } = to;
  const info = infoOf({ ephemeral: ephemeral.publicRaw, sealing: sealing.publicRaw, sender, recipient: to, digestOfC });
  const kek = wrappingKey(ephemeral.privateKey, sealing.publicRaw, info);
  const wrapped = wrap(kek, contentKey);
  kek.fill(0);
  return (
    `<EncryptedKey xmlns="${XE}" Recipient="${device}"><EncryptionMethod Algorithm="${KW_AES256}"/><KeyInfo xmlns="${DS}">` +
    `<AgreementMethod xmlns="${XE}" Algorithm="${X25519}"><KeyDerivationMethod xmlns="${XE11}" Algorithm="${HKDF}">` +
    `<HKDFParams xmlns="${M21}"><PRF Algorithm="${HMAC_SHA256}"/><Info>${toBase64(info)}</Info><KeyLength>32</KeyLength>` +
    `</HKDFParams></KeyDerivationMethod><OriginatorKeyInfo><DEREncodedKeyValue xmlns="${DS11}">` +
    `${toBase64(x25519.toSpki(ephemeral.publicRaw))}</DEREncodedKeyValue></OriginatorKeyInfo><RecipientKeyInfo>` +
    `<KeyName xmlns="${DS}">${sealing.sid}</KeyName></RecipientKeyInfo></AgreementMethod></KeyInfo>` +
    `<CipherData><CipherValue>${toBase64(wrapped)}</CipherValue></CipherData></EncryptedKey>`
  );
}

const base64 = exactly(1, element(XE, 'base64'));
const derivation = element(
  XE11,
  {
    HKDFParams: exactly(
      1,
      element(M21, {
        PRF: exactly(1, algorithm(M21, HMAC_SHA256)),
        Info: exactly(1, element(M21, 'base64')),
        KeyLength: exactly(1, element(M21, /^32$/)),
      }),
    ),
  },
  { attributes: { Algorithm: HKDF } },
);
const agreement = element(
  XE,
  {
    KeyDerivationMethod: exactly(1, derivation),
    OriginatorKeyInfo: exactly(1, element(XE, { DEREncodedKeyValue: exactly(1, element(DS11, 'base64')) })),
    RecipientKeyInfo: exactly(1, element(XE, { KeyName: exactly(1, element(DS, ANY)) })),
  },
  { attributes: { Algorithm: X25519 } },
);
const law = element(
  XE,
  {
    EncryptionMethod: exactly(1, algorithm(XE, KW_AES256)),
    KeyInfo: exactly(1, element(DS, { AgreementMethod: exactly(1, agreement) })),
    CipherData: exactly(1, element(XE, { CipherValue: base64 })),
  },
  { attributes: { Recipient: DEVICE } },
);

/** The sealing key that an EncryptedKey names, before its structure is looked at; undefined for one of another kind. */
export function sealingIdIn(encryptedKey: Element): SealingId | undefined {
  const name = agreementOf(encryptedKey)?.child('RecipientKeyInfo')?.childText('KeyName', DS);
  return name !== undefined && isSealingId(name) ? name : undefined;
}

const agreementOf = (encryptedKey: Element): Element | undefined =>
  encryptedKey.child('KeyInfo', DS)?.child('AgreementMethod', XE);

/** A sealed key as it came. */
export interface SealedKey {
  readonly ephemeral: Uint8Array;
  readonly info: Uint8Array;
  readonly wrapped: Uint8Array;
}

/** Reads an EncryptedKey of exactly the form of 6.3; undefined for any other. Throws CryptoError where a value is none. */
export function readSealedKey(encryptedKey: Element): SealedKey | undefined {
  if (!encryptedKey.is('EncryptedKey', XE) || !obeys(encryptedKey, law)) return undefined;
  const method = agreementOf(encryptedKey);
  const originator = method?.child('OriginatorKeyInfo')?.childText('DEREncodedKeyValue', DS11);
  const params = method?.child('KeyDerivationMethod', XE11)?.child('HKDFParams', M21);
  return {
    ephemeral: x25519.fromSpki(fromBase64(originator ?? '')),
    info: fromBase64(params?.childText('Info') ?? ''),
    wrapped: fromBase64(encryptedKey.child('CipherData')?.childText('CipherValue') ?? ''),
  };
}

/** The content key, with Info as sent: what Info says is for {@link isBoundTo}. Throws CryptoError. */
export function unseal(sealed: SealedKey, own: HeldSealingKey): Uint8Array {
  const kek = wrappingKey(own.privateKey, sealed.ephemeral, sealed.info);
  try {
    return unwrap(kek, sealed.wrapped);
  } finally {
    kek.fill(0);
  }
}

/** "The envelope open", whether Info is that of its signer, of this device and of this ciphertext. */
export function isBoundTo(
  { ephemeral, info }: SealedKey,
  own: HeldSealingKey,
  signer: Party,
  recipient: Binding['recipient'],
  digestOfC: Uint8Array,
): boolean {
  return equal(info, infoOf({ ephemeral, sealing: own.publicRaw, sender: signer, recipient, digestOfC }));
}
