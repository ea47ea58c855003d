import { bareOf, isFull, type BareJid } from '../../src-shared/jid.ts';
import { isDeviceId, isFingerprint, isKeyId, isOriginId } from '../../src-shared/ids.ts';
import type { DeviceId, Fingerprint, KeyId, OriginId } from '../../src-shared/ids.ts';
import { tryJid } from '../jid/jid.ts';
import { readCertificate } from '../pki/certificate.ts';
import type { Element } from '../xml/element.ts';
import { parseDocument } from '../xml/parser.ts';
import { LAST_N, mayDecrypt, type Party, type SecurityAssociation } from './association/association.ts';
import { digestOf, messageKey, traceOf, wrappingKey, type Numbers, type ReceiveChange } from './association/chains.ts';
import { AES256_GCM, DS, KW_AES256, SEC, XE } from './crypto/algorithms.ts';
import { IV_LENGTH, TAG_LENGTH, open as openGcm } from './crypto/aes-gcm.ts';
import { equal } from './crypto/constant-time.ts';
import { fromBase64 } from './crypto/encoding.ts';
import { unwrap } from './crypto/key-wrap.ts';
import { parseDate } from './date.ts';
import { MAX_RECIPIENTS, SCE } from './message.ts';
import { isPadding } from './padding.ts';
import { verifyEnveloped } from './xmlsec/signature.ts';

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
  /** Reads the envelope; the strict parser, unless a benchmark counts it apart. */
  readonly parse?: (octets: Uint8Array) => Element;
}

export interface Opened {
  readonly kind: 'opened';
  readonly keyId: KeyId;
  readonly n: number;
  readonly sender: Party;
  readonly to: BareJid;
  /** (`from`, sender device, `origin-id`) shows once. */
  readonly originId: OriginId;
  /** The envelope's time, milliseconds since the epoch. */
  readonly time: number;
  /** The payload, without origin-id and without what a protected message may not carry. */
  readonly content: readonly Element[];
  /** The envelope carries a signature by the sender's credential, by choice, and it holds. */
  readonly signed: boolean;
  /** For the transaction that stores the message, with the `trace` of n. */
  readonly change: ReceiveChange & { readonly trace: Uint8Array };
}

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

/** A check failed: `undecryptable`, whatever the cause (5.5). Never leaves this file. */
class Refused extends Error {}
function refuse(): never {
  throw new Refused('undecryptable');
}

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
    peer = only.held.sa.peer;
    return openWith(stanza, only, c, reader);
  } catch (error) {
    // Library code under the strict readers may throw its own coded errors; whatever it is, the answer is one.
    if (!(error instanceof Error)) throw error;
    return peer === undefined ? { kind: 'undecryptable' } : { kind: 'undecryptable', peer };
  }
}

interface Key {
  readonly keyId: KeyId;
  readonly n: number;
  readonly wrapped: Uint8Array;
  readonly held: Held;
}

function openWith(stanza: Element, { keyId, n, wrapped, held }: Key, c: Uint8Array, reader: Reader): Opening {
  const { sa } = held;
  // What comes on an association comes from its peer's bare JID, or says nothing of it; asked first, before steps are
  // computed for anybody else.
  if (!hasBareJid(stanza.attr('from'), sa.peer.jid)) refuse();
  const digestOfC = digestOf(c);
  const trace = held.used(n);
  if (trace !== undefined) {
    return equal(trace, traceOf(digestOfC)) ? { kind: 'copy', keyId, n } : { kind: 'number-reused', keyId, n, peer: sa.peer };
  }
  const found = messageKey(sa.hash, sa.receive, n, (m) => held.skipped(m));
  if (found === undefined) refuse();
  const kek = wrappingKey(sa.hash, found.mk, digestOfC);
  let cek: Uint8Array | undefined;
  try {
    cek = unwrap(kek, wrapped);
    const plaintext = openGcm(cek, c.subarray(0, IV_LENGTH), c.subarray(IV_LENGTH));
    const envelope = readEnvelope(plaintext, reader.parse ?? parseDocument);
    const { to } = checkAddresses(stanza, envelope, sa, reader.own.jid);
    const signed = envelope.signature ? verifySignature(envelope) : undefined;
    const { content, originId } = readContent(signed ?? envelope.content);
    const change = { ...found.change, trace: traceOf(digestOfC) };
    return {
      kind: 'opened',
      keyId,
      n,
      sender: sa.peer,
      to,
      originId,
      time: envelope.time,
      content,
      signed: signed !== undefined,
      change,
    };
  } catch (error) {
    for (const skipped of found.change.skipped) skipped.mk.fill(0);
    throw error;
  } finally {
    kek.fill(0);
    cek?.fill(0);
    // A kept key stays with the store until the transaction erases it.
    if (n >= sa.receive.n) found.mk.fill(0);
  }
}

// ── the outside ───────────────────────────────────────────────────────────────────────────────────────────────────

/** EncryptedData of exactly the shape of 6.2: its EncryptedKeys, and C. Those for other devices are not looked into. */
function readEncryptedData(xs: readonly Element[]): { readonly keys: readonly Element[]; readonly c: Uint8Array } {
  const [x, ...others] = xs;
  if (x === undefined || others.length > 0) refuse();
  const [data] = exactChildren(x, {}, 'EncryptedData');
  const [method, keyInfo, cipherData] = exactChildren(
    expect(data, XE),
    { Type: `${XE}Element` },
    'EncryptionMethod',
    'KeyInfo',
    'CipherData',
  );
  exactMethod(expect(method, XE), AES256_GCM);
  const keys = exactElements(expect(keyInfo, DS), {});
  if (keys.length === 0 || keys.length > MAX_RECIPIENTS) refuse();
  for (const key of keys) {
    if (!key.is('EncryptedKey', XE) || !isDeviceId(key.attr('Recipient') ?? '')) refuse();
  }
  const c = cipherValue(expect(cipherData, XE));
  if (c.length < IV_LENGTH + TAG_LENGTH) refuse();
  return { keys, c };
}

/** The EncryptedKey's association, if it names one that is held; a sealed key (6.3) names an SID, and none is held yet. */
function holding(key: Element, reader: Reader): Key[] {
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
  exactMethod(expect(method, XE), KW_AES256);
  const [keyName] = exactChildren(expect(keyInfo, DS), {}, 'KeyName');
  textOf(expect(keyName, DS), {});
  return [{ keyId, n, wrapped: cipherValue(expect(cipherData, XE)), held }];
}

/** Where no `to` or `from` is written nothing is guessed. */
function hasBareJid(written: string | undefined, jid: BareJid): boolean {
  if (written === undefined) return false;
  if (written === jid || (written.startsWith(jid) && written[jid.length] === '/')) return true;
  const prepared = tryJid(written);
  return prepared !== undefined && bareOf(prepared) === jid;
}

// ── the inside ────────────────────────────────────────────────────────────────────────────────────────────────────

interface Envelope {
  readonly whole: Element;
  readonly content: Element;
  readonly time: number;
  readonly from: string;
  readonly to: string;
  readonly fp: Fingerprint;
  readonly device: string;
  readonly signature: boolean;
}

function readEnvelope(octets: Uint8Array, parse: (octets: Uint8Array) => Element): Envelope {
  // It starts with `<envelope` or its prefixed form, and ends with its end tag: nothing before, nothing after.
  if (octets[0] !== 0x3c || octets.at(-1) !== 0x3e) refuse();
  // The strict parser refuses declarations, comments, processing instructions and CDATA.
  const whole = parse(octets);
  if (!whole.is('envelope', SCE)) refuse();
  const children = exactElements(whole, {});
  const [content, rpad, time, from, to, sender, signature, ...others] = children;
  if (others.length > 0) refuse();
  if (signature !== undefined && !signature.is('Signature', DS)) refuse();
  if (!isPadding(textOf(named(rpad, 'rpad', SCE), {}))) refuse();
  const { stamp } = attributes(named(time, 'time', SCE), 'stamp');
  const { fp, device } = attributes(named(sender, 'sender', SEC), 'fp', 'device');
  if (!isFingerprint(fp)) refuse();
  const inside = named(content, 'content', SCE);
  if (Object.keys(inside.attrs).length > 0 || inside.foreign.length > 0) refuse();
  return {
    whole,
    content: inside,
    time: parseDate(stamp) ?? refuse(),
    from: attributes(named(from, 'from', SCE), 'jid').jid,
    to: attributes(named(to, 'to', SCE), 'jid').jid,
    fp,
    device,
    signature: signature !== undefined,
  };
}

/** `from` and `sender` are the SA's peer; the outer `from` has that bare JID, and the outer `to` the one in `to`. */
function checkAddresses(stanza: Element, envelope: Envelope, sa: SecurityAssociation, own: BareJid): { readonly to: BareJid } {
  const { peer } = sa;
  if (envelope.from !== peer.jid || envelope.fp !== peer.fp || envelope.device !== peer.device) refuse();
  if (!hasBareJid(stanza.attr('from'), peer.jid)) refuse();
  // `to` is our own or, where `from` is our own, anyone's; written prepared
  const to = envelope.to === own ? own : envelope.from === own ? tryJid(envelope.to) : undefined;
  if (to === undefined || to !== envelope.to || isFull(to)) refuse();
  const bare = to;
  if (!hasBareJid(stanza.attr('to'), bare)) refuse();
  return { to: bare };
}

/**
 * A Signature that does not hold, or whose FP is not `sender/@fp`, makes the message undecryptable, over an SA too.
 * Gives `content` as parsed from the octets that were signed.
 */
function verifySignature({ whole, fp }: Envelope): Element {
  const { content: verified } = verifyEnveloped(
    whole,
    (claimed, certificate) => {
      if (certificate === undefined || claimed !== fp) return undefined;
      return readCertificate(certificate);
    },
    { name: 'envelope', ns: SCE },
    { mode: 'envelope', x509: true },
  );
  return named(verified.child('content'), 'content', SCE);
}

/** Dropped from `content`: what routes, marks or wraps a message belongs outside, or nowhere. */
const DROPPED: ReadonlySet<string> = new Set([
  'stanza-id urn:xmpp:sid:0',
  'addresses http://jabber.org/protocol/address',
  'encryption urn:xmpp:eme:0',
  `x ${SEC}`,
]);
const isDropped = (el: Element): boolean => el.ns === 'urn:xmpp:hints' || DROPPED.has(`${el.name} ${el.ns}`);

function readContent(content: Element): { readonly content: readonly Element[]; readonly originId: OriginId } {
  const [origin, ...others] = content.childrenOf('origin-id', 'urn:xmpp:sid:0');
  const id = origin?.attr('id');
  // `origin-id` is mandatory, once
  if (id === undefined || others.length > 0 || !isOriginId(id)) refuse();
  return { content: content.elements().filter((el) => el !== origin && !isDropped(el)), originId: id };
}

// ── structure ─────────────────────────────────────────────────────────────────────────────────────────────────────

function expect(el: Element | undefined, ns: string): Element {
  return el?.ns === ns ? el : refuse();
}

function named(el: Element | undefined, name: string, ns: string): Element {
  return el?.is(name, ns) === true ? el : refuse();
}

/** Exactly these attributes, and only elements inside. */
function exactElements(el: Element, attrs: Readonly<Record<string, string>>): Element[] {
  exactAttributes(el, attrs);
  const elements = el.elements();
  return elements.length === el.children.length ? elements : refuse();
}

function exactChildren(el: Element, attrs: Readonly<Record<string, string>>, ...names: readonly string[]): Element[] {
  const elements = exactElements(el, attrs);
  if (elements.length !== names.length || names.some((name, i) => elements[i]?.name !== name)) refuse();
  return elements;
}

function exactAttributes(el: Element, attrs: Readonly<Record<string, string>>): void {
  const names = Object.keys(attrs);
  if (el.foreign.length > 0 || Object.keys(el.attrs).length !== names.length) refuse();
  for (const name of names) if (el.attr(name) !== attrs[name]) refuse();
}

function exactMethod(el: Element, algorithm: string): void {
  exactAttributes(el, { Algorithm: algorithm });
  if (el.children.length > 0) refuse();
}

/** The values of exactly these attributes of an empty element. */
function attributes<Name extends string>(el: Element, ...names: readonly Name[]): Record<Name, string> {
  if (el.children.length > 0 || el.foreign.length > 0 || Object.keys(el.attrs).length !== names.length) refuse();
  const out: Partial<Record<Name, string>> = {};
  for (const name of names) out[name] = el.attr(name) ?? refuse();
  return out as Record<Name, string>;
}

function textOf(el: Element, attrs: Readonly<Record<string, string>>): string {
  exactAttributes(el, attrs);
  return el.children.every((child) => typeof child === 'string') ? el.text() : refuse();
}

function cipherValue(cipherData: Element): Uint8Array {
  const [value] = exactChildren(cipherData, {}, 'CipherValue');
  return fromBase64(textOf(expect(value, XE), {}));
}
