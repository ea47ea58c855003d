import { bareOf, type BareJid } from '../../src-shared/jid.ts';
import { isDeviceId, isKeyId } from '../../src-shared/ids.ts';
import type { DeviceId, KeyId, OriginId, SealingId } from '../../src-shared/ids.ts';
import { tryJid } from '../jid/jid.ts';
import type { Certificate } from '../pki/certificate.ts';
import type { Element } from '../xml/element.ts';
import { LAST_N, mayDecrypt, type Party, type SecurityAssociation } from './association/association.ts';
import { digestOf, messageKey, traceOf, wrappingKey, type Numbers, type ReceiveChange } from './association/chains.ts';
import { AES256_GCM, DS, KW_AES256, SEC, XE } from './crypto/algorithms.ts';
import { IV_LENGTH, TAG_LENGTH, open as openGcm } from './crypto/aes-gcm.ts';
import { equal } from './crypto/constant-time.ts';
import { unwrap } from './crypto/key-wrap.ts';
import { readEnvelope, type Envelope } from './envelope.ts';
import { cipherValue, exactChildren, exactElements, exactMethod, inNamespace, refuse, textOf } from './exact.ts';
import { decodeKeyTransport, isKeyTransport, unwrapKeys, type KeyTransport } from './key-transport.ts';
import { MAX_RECIPIENTS } from './message.ts';
import {
  isBoundTo,
  MAX_BEFORE_ISSUED,
  readSealedKey,
  sealingIdIn,
  unseal,
  type HeldSealingKey,
  type SealedKey,
} from './sealed.ts';

/**
 * Opening a protected message, in the receiver's order of protocol 6.2. Nothing changes here: what a message that passed
 * every check changes comes out with it, for the transaction that stores it.
 */

/** An association that is held, with what the store keeps of its numbers. */
export interface Held extends Numbers {
  readonly sa: SecurityAssociation;
}

export interface Reader {
  /** Ourselves, where the message came in. */
  readonly own: { readonly jid: BareJid; readonly device: DeviceId };
  readonly now: number;
  /** The association of a KEYID. Synchronous; changes nothing. */
  lookup(keyId: KeyId): Held | undefined;
  /** A sealing key of this device. Synchronous; changes nothing. */
  sealingKey(sid: SealingId): HeldSealingKey | undefined;
  /** Reads the envelope; the strict parser, unless a benchmark counts it apart. */
  readonly parse?: (octets: Uint8Array) => Element;
}

/** An envelope with its Signature, which holds: what a signed message is exported from. */
export interface SignedEnvelope {
  readonly certificate: Certificate;
  readonly octets: Uint8Array;
}

interface OpenedMessage {
  readonly kind: 'opened';
  readonly sender: Party;
  readonly to: BareJid;
  /** (`from`, sender device, `origin-id`) shows once. */
  readonly originId: OriginId;
  /** The envelope's time, milliseconds since the epoch. */
  readonly time: number;
  /** The payload, without origin-id and without what a protected message may not carry. */
  readonly content: readonly Element[];
  /** Keys of a room's tree (7), where this message alone carried them. */
  readonly keyTransport?: KeyTransport;
}

export interface OpenedByAssociation extends OpenedMessage {
  readonly by: 'association';
  readonly keyId: KeyId;
  readonly n: number;
  /** The envelope carries a signature by the sender's credential, and it holds. */
  readonly signature?: SignedEnvelope;
  /** For the transaction that stores the message, with the `trace` of n. */
  readonly change: ReceiveChange & { readonly trace: Uint8Array };
}

/** Nothing is said yet about trust: the certificate is whose signature held, and names nobody. */
export interface OpenedSealed extends OpenedMessage {
  readonly by: 'sealed';
  readonly sid: SealingId;
  readonly signature: SignedEnvelope;
}

export type Opened = OpenedByAssociation | OpenedSealed;

export type Opening =
  | Opened
  /** No EncryptedData in it. */
  | { readonly kind: 'unprotected' }
  /** A stanza of type `error` is never decrypted. */
  | { readonly kind: 'error-stanza' }
  | { readonly kind: 'not-for-this-device' }
  /** For this device, under a KEYID or SID that it does not hold: 6.4. */
  | { readonly kind: 'unknown-key' }
  /** The same message again (carbon, archive): dropped in silence. */
  | { readonly kind: 'copy'; readonly keyId: KeyId; readonly n: number }
  /** Another message under a number that was used: a notice, and at most one new exchange an hour with that device. */
  | { readonly kind: 'number-reused'; readonly keyId: KeyId; readonly n: number; readonly peer: Party }
  /** Whatever the cause; `peer` where the association is known. */
  | { readonly kind: 'undecryptable'; readonly peer?: Party };

/**
 * @param stanza the message as it came; for a carbon that our own bare JID sent, the forwarded one
 */
export function open(stanza: Element, reader: Reader): Opening {
  if (stanza.attr('type') === 'error') return { kind: 'error-stanza' };
  const xs = stanza.childrenOf('x', SEC);
  if (!xs.some((x) => x.child('EncryptedData', XE) !== undefined)) return { kind: 'unprotected' };
  let peer: Party | undefined;
  try {
    const { keys, c } = readEncryptedData(xs);
    const mine = keys.filter((key) => key.attr('Recipient') === reader.own.device);
    if (mine.length === 0) return { kind: 'not-for-this-device' };
    const held = mine.flatMap((key) => holding(key, reader));
    const [only, ...more] = held;
    if (only === undefined) return { kind: 'unknown-key' };
    if (more.length > 0) return { kind: 'undecryptable' };
    const message = { stanza, reader, c, digestOfC: digestOf(c), alone: keys.length === 1 };
    if (only.by === 'sealed') return openSealed(message, only);
    peer = only.held.sa.peer;
    return openByAssociation(message, only);
  } catch (error) {
    // Library code under the strict readers may throw its own coded errors; whatever it is, the answer is one.
    if (!(error instanceof Error)) throw error;
    return peer === undefined ? { kind: 'undecryptable' } : { kind: 'undecryptable', peer };
  }
}

/** A message for this device, under a key that it holds. */
interface Arrived {
  readonly stanza: Element;
  readonly reader: Reader;
  readonly c: Uint8Array;
  readonly digestOfC: Uint8Array;
  /** It has exactly one EncryptedKey. */
  readonly alone: boolean;
}

interface AssociationKey {
  readonly by: 'association';
  readonly keyId: KeyId;
  readonly n: number;
  readonly wrapped: Uint8Array;
  readonly held: Held;
}

interface OwnSealedKey {
  readonly by: 'sealed';
  readonly own: HeldSealingKey;
  readonly sealed: SealedKey;
}

function openByAssociation(message: Arrived, { keyId, n, wrapped, held }: AssociationKey): Opening {
  const { stanza, digestOfC } = message;
  const { sa } = held;
  // What comes on an association comes from its peer's bare JID, or says nothing of it; asked first, before steps are
  // computed for anybody else.
  if (!hasBareJid(stanza.attr('from'), sa.peer.jid)) refuse();
  const trace = held.used(n);
  if (trace !== undefined) {
    return equal(trace, traceOf(digestOfC)) ? { kind: 'copy', keyId, n } : { kind: 'number-reused', keyId, n, peer: sa.peer };
  }
  const found = messageKey(sa.hash, sa.receive, n, (m) => held.skipped(m));
  if (found === undefined) refuse();
  const kek = wrappingKey(sa.hash, found.mk, digestOfC);
  try {
    const inside = openWith(message, unwrap(kek, wrapped), sa.peer);
    const { signature, ...opened } = inside;
    const change = { ...found.change, trace: traceOf(digestOfC) };
    return { ...opened, by: 'association', keyId, n, change, ...(signature !== undefined && { signature }) };
  } catch (error) {
    for (const skipped of found.change.skipped) skipped.mk.fill(0);
    throw error;
  } finally {
    kek.fill(0);
    // A kept key stays with the store until the transaction erases it.
    if (n >= sa.receive.n) found.mk.fill(0);
  }
}

/** Sealed (6.3): the signer is the sender, and Info is recomputed from the signer and this device. */
function openSealed(message: Arrived, { own, sealed }: OwnSealedKey): Opening {
  const { reader, digestOfC } = message;
  const { signature, ...opened } = openWith(message, unseal(sealed, own), undefined);
  if (signature === undefined || opened.time < own.issued - MAX_BEFORE_ISSUED) refuse();
  if (!isBoundTo(sealed, own, opened.sender, reader.own, digestOfC)) refuse();
  return { ...opened, by: 'sealed', sid: own.sid, signature };
}

/**
 * Decrypts, reads and checks; erases the content key.
 * @param peer whom it has to be from; undefined: the signer, whoever that is
 */
function openWith(
  { stanza, reader, c, alone }: Arrived,
  contentKey: Uint8Array,
  peer: Party | undefined,
): OpenedMessage & { readonly signature: SignedEnvelope | undefined } {
  try {
    const octets = openGcm(contentKey, c.subarray(0, IV_LENGTH), c.subarray(IV_LENGTH));
    const check = (envelope: Pick<Envelope, 'from' | 'to' | 'sender'>): void => {
      checkAddresses(stanza, envelope, peer, reader.own.jid);
    };
    const { content, originId, time, from, to, sender, signer } = readEnvelope(octets, check, reader.parse);
    const transports = content.filter(isKeyTransport);
    const [transport] = transports;
    // "One that came in any other way is ignored."
    const wrapped = alone && transports.length === 1 && transport ? decodeKeyTransport(transport) : undefined;
    const keyTransport = wrapped && unwrapKeys(wrapped, contentKey);
    return {
      kind: 'opened',
      sender: { jid: from, fp: sender.fp, device: sender.device },
      ...{ to, originId, time },
      content: content.filter((el) => !isKeyTransport(el)),
      signature: signer && { certificate: signer, octets },
      ...(keyTransport !== undefined && { keyTransport }),
    };
  } finally {
    contentKey.fill(0);
  }
}

// ── the outside ───────────────────────────────────────────────────────────────────────────────────────────────────

/** EncryptedData of exactly the shape of 6.2: its EncryptedKeys, and C. Those for other devices are not looked into. */
function readEncryptedData(xs: readonly Element[]): { readonly keys: readonly Element[]; readonly c: Uint8Array } {
  const [x, ...others] = xs;
  if (x === undefined || others.length > 0) refuse();
  const [data] = exactChildren(x, {}, 'EncryptedData');
  const [method, keyInfo, cipherData] = exactChildren(
    inNamespace(data, XE),
    { Type: `${XE}Element` },
    'EncryptionMethod',
    'KeyInfo',
    'CipherData',
  );
  exactMethod(inNamespace(method, XE), AES256_GCM);
  const keys = exactElements(inNamespace(keyInfo, DS), {});
  if (keys.length === 0 || keys.length > MAX_RECIPIENTS) refuse();
  for (const key of keys) {
    if (!key.is('EncryptedKey', XE) || !isDeviceId(key.attr('Recipient') ?? '')) refuse();
  }
  const c = cipherValue(inNamespace(cipherData, XE));
  if (c.length < IV_LENGTH + TAG_LENGTH) refuse();
  return { keys, c };
}

/** What an EncryptedKey for this device names, if that is held: an association (a KEYID) or a sealing key (an SID). */
function holding(key: Element, reader: Reader): (AssociationKey | OwnSealedKey)[] {
  const sid = sealingIdIn(key);
  const own = sid && reader.sealingKey(sid);
  if (own !== undefined) return [{ by: 'sealed', own, sealed: readSealedKey(key) ?? refuse() }];
  const name = key.child('KeyInfo', DS)?.child('KeyName', DS)?.text();
  if (name === undefined) return [];
  const keyId = name.slice(0, 64);
  const held = isKeyId(keyId) ? reader.lookup(keyId) : undefined;
  if (held === undefined || !isKeyId(keyId) || held.sa.own.device !== reader.own.device || !mayDecrypt(held.sa, reader.now))
    return [];
  const number = /^:(0|[1-9][0-9]{0,3})$/.exec(name.slice(64))?.[1];
  const n = number === undefined ? undefined : Number(number);
  if (n === undefined || n > LAST_N) refuse();
  const [method, keyInfo, cipherData] = exactChildren(
    key,
    { Recipient: reader.own.device },
    'EncryptionMethod',
    'KeyInfo',
    'CipherData',
  );
  exactMethod(inNamespace(method, XE), KW_AES256);
  const [keyName] = exactChildren(inNamespace(keyInfo, DS), {}, 'KeyName');
  textOf(inNamespace(keyName, DS));
  return [{ by: 'association', keyId, n, wrapped: cipherValue(inNamespace(cipherData, XE)), held }];
}

/** Where no `to` or `from` is written nothing is guessed. */
function hasBareJid(written: string | undefined, jid: BareJid): boolean {
  if (written === undefined) return false;
  if (written === jid || (written.startsWith(jid) && written[jid.length] === '/')) return true;
  const prepared = tryJid(written);
  return prepared !== undefined && bareOf(prepared) === jid;
}

/** `from` and `sender` are the peer, if it is known; the outer `from` has that bare JID, and the outer `to` the one in `to`. */
function checkAddresses(
  stanza: Element,
  { from, to, sender }: Pick<Envelope, 'from' | 'to' | 'sender'>,
  peer: Party | undefined,
  own: BareJid,
): void {
  if (peer !== undefined && (from !== peer.jid || sender.fp !== peer.fp || sender.device !== peer.device)) refuse();
  // Outside a room there is no chain to name.
  if (sender.chain !== undefined) refuse();
  if (!hasBareJid(stanza.attr('from'), from)) refuse();
  // `to` is our own or, where `from` is our own, anyone's
  if (to !== own && from !== own) refuse();
  if (!hasBareJid(stanza.attr('to'), to)) refuse();
}
