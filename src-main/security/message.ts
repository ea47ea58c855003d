import type { BareJid, Jid } from '../../src-shared/jid.ts';
import type { DeviceId, OriginId } from '../../src-shared/ids.ts';
import type { Element } from '../xml/element.ts';
import { escapeAttribute } from '../xml/serialize.ts';
import { LAST_N, type Party, type SecurityAssociation } from './association/association.ts';
import { advance, digestOf, wrappingKey } from './association/chains.ts';
import { AES256_GCM, DS, KW_AES256, SEC, XE } from './crypto/algorithms.ts';
import { IV_LENGTH, seal as encrypt } from './crypto/aes-gcm.ts';
import { concat, toBase64 } from './crypto/encoding.ts';
import { wrap } from './crypto/key-wrap.ts';
import { writeEnvelope } from './envelope.ts';
import { encodeKeyTransport, type KeyTransport } from './key-transport.ts';
import type { Random } from './ports.ts';
import { seal, type SealedRecipient } from './sealed.ts';
import type { SigningCredential } from './xmlsec/signature.ts';

/**
 * Writing a protected message (protocol 6.1, 6.2). This is the hot path: the fixed forms are written as text, and nothing
 * is canonicalised that is not signed.
 */

export const MAX_RECIPIENTS = 32;
/** Octets of a stanza out, unless the server advertises more or less (protocol 10). */
export const MAX_STANZA_OUT = 64 * 1024;
/** The fixed text that others see; never shown once `x` is there. */
export const FALLBACK_BODY = 'This message is protected. Open it with a client that supports XEP-0102.';

declare const brand: unique symbol;
/**
 * A stanza in which every text is protected. A secure conversation's send function takes only this, so that plain text
 * cannot be sent by forgetting. It has the form of the stream's raw stanza.
 */
export interface ProtectedStanza {
  readonly kind: 'message';
  readonly xml: string;
  readonly [brand]: 'ProtectedStanza';
}

/**
 * What the outside looks like: `message` has the fixed body and `store`; `marker` (receipts, markers) `store` and no body;
 * `transient` (chat states, resend, Verify) `no-store` and no body.
 */
export type Kind = 'message' | 'marker' | 'transient';

export interface Draft {
  readonly kind: Kind;
  readonly from: Party;
  readonly to: BareJid;
  /** Where the stanza goes: `to`, unless it is meant for one resource of it (`resend`). */
  readonly address?: Jid;
  readonly originId: OriginId;
  /** Everything not needed for routing; the origin-id is added. */
  readonly content: readonly Element[];
  /** Milliseconds since the epoch. */
  readonly time: number;
  /** Signs the envelope, by choice. */
  readonly signer?: SigningCredential;
  /** Devices without an association: each is sealed to, and the sender's credential signs (6.3). */
  readonly sealed?: { readonly to: readonly SealedRecipient[]; readonly signer: SigningCredential };
  /** Keys to hand to one device (7), which is then the only recipient. */
  readonly keyTransport?: KeyTransport;
}

export type MessageErrorCode = 'no-recipient' | 'too-many-recipients' | 'chain-exhausted' | 'too-long';

/** A message that cannot be written as it is. */
export class MessageError extends Error {
  readonly code: MessageErrorCode;

  constructor(code: MessageErrorCode) {
    super(code);
    this.name = 'MessageError';
    this.code = code;
  }
}

export interface Protected {
  readonly stanza: ProtectedStanza;
  /** The associations with their chains advanced: to be in durable storage **before** the stanza leaves. */
  readonly associations: readonly SecurityAssociation[];
  /** Whom the record of this message names as recipients (6.4). */
  readonly recipients: readonly Party[];
}

/**
 * Protects a message for the peers of these associations, one a device, and for those it is sealed to; each association
 * must be one that may encrypt (5.6).
 * @throws MessageError
 */
export function protect(
  draft: Draft,
  associations: readonly SecurityAssociation[],
  random: Random,
  maxStanza: number = MAX_STANZA_OUT,
): Protected {
  const sealedTo = draft.sealed?.to ?? [];
  const count = associations.length + sealedTo.length;
  if (count === 0) throw new MessageError('no-recipient');
  if (count > (draft.keyTransport === undefined ? MAX_RECIPIENTS : 1)) throw new MessageError('too-many-recipients');
  const fresh = random(32 + IV_LENGTH);
  const cek = fresh.subarray(0, 32);
  const iv = fresh.subarray(32);
  // C = the decoded octets of CipherValue: IV | ciphertext | tag
  const c = concat(iv, encrypt(cek, iv, envelopeOf(draft, cek, random)));
  const digestOfC = digestOf(c);
  const advanced: SecurityAssociation[] = [];
  let keys = '';
  for (const sa of associations) {
    if (sa.send.n > LAST_N) throw new MessageError('chain-exhausted');
    const { mk, next } = advance(sa.hash, sa.send);
    const kek = wrappingKey(sa.hash, mk, digestOfC);
    keys += encryptedKey(sa.peer.device, `${sa.keyId}:${String(sa.send.n)}`, wrap(kek, cek));
    mk.fill(0);
    kek.fill(0);
    advanced.push({ ...sa, send: next });
  }
  for (const recipient of sealedTo) keys += seal(cek, digestOfC, draft.from, recipient);
  cek.fill(0);
  const stanza = protectedStanza(
    { kind: draft.kind, to: draft.address ?? draft.to, originId: draft.originId },
    'chat',
    encryptedData(keys, toBase64(c)),
    maxStanza,
  );
  return {
    stanza,
    associations: advanced,
    recipients: [...associations.map((sa) => sa.peer), ...sealedTo.map(({ jid, fp, device }) => ({ jid, fp, device }))],
  };
}

function envelopeOf({ from, keyTransport, ...draft }: Draft, contentKey: Uint8Array, random: Random): Uint8Array {
  const { jid, fp, device } = from;
  const signer = draft.sealed?.signer ?? draft.signer;
  const content = keyTransport === undefined ? draft.content : [...draft.content, encodeKeyTransport(keyTransport, contentKey)];
  return writeEnvelope({ ...draft, content, from: jid, sender: { fp, device }, signer }, random);
}

// ── the fixed forms ───────────────────────────────────────────────────────────────────────────────────────────────

function encryptedKey(device: DeviceId, keyName: string, wrapped: Uint8Array): string {
  return (
    `<EncryptedKey xmlns="${XE}" Recipient="${device}"><EncryptionMethod Algorithm="${KW_AES256}"/>` +
    `<KeyInfo xmlns="${DS}"><KeyName>${keyName}</KeyName></KeyInfo>` +
    `<CipherData><CipherValue>${toBase64(wrapped)}</CipherValue></CipherData></EncryptedKey>`
  );
}

/** `x` with EncryptedData; `keyInfo` is what its KeyInfo holds. */
export function encryptedData(keyInfo: string, cipherValue: string): string {
  return (
    `<x xmlns="${SEC}"><EncryptedData xmlns="${XE}" Type="${XE}Element"><EncryptionMethod Algorithm="${AES256_GCM}"/>` +
    `<KeyInfo xmlns="${DS}">${keyInfo}</KeyInfo><CipherData><CipherValue>${cipherValue}</CipherValue></CipherData></EncryptedData></x>`
  );
}

const BODY = `<body>${FALLBACK_BODY}</body>`;
const EME = `<encryption xmlns="urn:xmpp:eme:0" namespace="${SEC}" name="XMPP Security Extensions"/>`;
const STORE = '<store xmlns="urn:xmpp:hints"/>';
const NO_STORE = '<no-store xmlns="urn:xmpp:hints"/>';

/** What stands before the outer origin-id. */
const OUTSIDE: Readonly<Record<Kind, string>> = {
  message: BODY + EME + STORE,
  marker: EME + STORE,
  transient: EME + NO_STORE,
};

/**
 * The stanza around an `x` in which everything is encrypted, to a person or to a room: the one place that makes one.
 * @throws MessageError `too-long`
 */
export function protectedStanza(
  { kind, to, originId }: Pick<Draft, 'kind' | 'originId'> & { readonly to: Jid },
  type: 'chat' | 'groupchat',
  x: string,
  maxStanza: number,
): ProtectedStanza {
  const id = escapeAttribute(originId);
  const xml =
    `<message to="${escapeAttribute(to)}" type="${type}" id="${id}">${OUTSIDE[kind]}` +
    `<origin-id xmlns="urn:xmpp:sid:0" id="${id}"/>${x}</message>`;
  // No UTF-16 unit takes more than 3 octets, so the count is only needed near the limit.
  if (3 * xml.length > maxStanza && Buffer.byteLength(xml) > maxStanza) throw new MessageError('too-long');
  return { kind: 'message', xml } as ProtectedStanza;
}
