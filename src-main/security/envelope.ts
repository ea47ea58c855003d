import { isDeviceId, isFingerprint, isOriginId } from '../../src-shared/ids.ts';
import type { DeviceId, Fingerprint, OriginId } from '../../src-shared/ids.ts';
import { isFull, type BareJid } from '../../src-shared/jid.ts';
import { isPreparedJid } from '../jid/jid.ts';
import { readCertificate, type Certificate } from '../pki/certificate.ts';
import type { Element } from '../xml/element.ts';
import { parseDocument } from '../xml/parser.ts';
import { escapeAttribute, serialize } from '../xml/serialize.ts';
import { DS, SEC } from './crypto/algorithms.ts';
import { dateOf, parseDate } from './date.ts';
import { attributes, exactElements, named, refuse, textOf } from './exact.ts';
import { isPadding, padding } from './padding.ts';
import type { Random } from './ports.ts';
import { forDocuments, signEnveloped, verifyEnveloped, type SigningCredential } from './xmlsec/signature.ts';

/** The XEP-0420 envelope that is protected (protocol 6.2, 6.3, 8): written, and read. */

export const SCE = 'urn:xmpp:sce:1';

/** Who wrote it: `<sender>`. */
export interface EnvelopeSender {
  readonly fp: Fingerprint;
  readonly device: DeviceId;
  /** `C16:SLOT:n`, in a room. */
  readonly chain?: string;
}

interface Statement {
  readonly originId: OriginId;
  /** Milliseconds since the epoch; whole seconds are written. */
  readonly time: number;
  readonly from: BareJid;
  readonly to: BareJid;
  readonly sender: EnvelopeSender;
}

export interface EnvelopeDraft extends Statement {
  /** Everything not needed for routing; the origin-id is added. */
  readonly content: readonly Element[];
  readonly signer?: SigningCredential | undefined;
}

/** Its octets: padded, in UTF-8, signed where there is a signer. */
export function writeEnvelope({ content, originId, time, from, to, sender, signer }: EnvelopeDraft, random: Random): Uint8Array {
  let payload = '';
  for (const el of content) payload += serialize(el, SCE);
  const chain = sender.chain === undefined ? '' : ` chain="${escapeAttribute(sender.chain)}"`;
  const head = `<envelope xmlns="${SCE}"><content>${payload}<origin-id xmlns="urn:xmpp:sid:0" id="${escapeAttribute(originId)}"/></content><rpad>`;
  const tail =
    `</rpad><time stamp="${dateOf(time)}"/><from jid="${escapeAttribute(from)}"/><to jid="${escapeAttribute(to)}"/>` +
    `<sender xmlns="${SEC}" fp="${sender.fp}" device="${sender.device}"${chain}/></envelope>`;
  const text = head + padding(Buffer.byteLength(head) + Buffer.byteLength(tail), random) + tail;
  if (signer === undefined) return Buffer.from(text);
  return Buffer.from(serialize(signEnveloped(parseDocument(text), forDocuments(signer), { mode: 'envelope', x509: true })));
}

export interface Envelope extends Statement {
  /** The payload, without origin-id and without what a protected message may not carry. */
  readonly content: readonly Element[];
  /** The certificate whose signature holds; undefined where there is no Signature. */
  readonly signer: Certificate | undefined;
}

/**
 * Reads an envelope, and its Signature where it has one: one that does not hold, or whose FP is not `sender/@fp`, refuses it.
 * What has been signed is read from the octets whose digest was checked.
 * @param check asked before the signature is verified: addresses come first (6.2)
 * @param parse the strict parser, unless a benchmark counts it apart
 * @throws Error of whatever kind; it is `undecryptable`, whatever the cause
 */
export function readEnvelope(
  octets: Uint8Array,
  check: (envelope: Statement) => void,
  parse: (octets: Uint8Array) => Element = parseDocument,
): Envelope {
  // It starts with `<envelope` or its prefixed form, and ends with its end tag: nothing before, nothing after.
  if (octets[0] !== 0x3c || octets.at(-1) !== 0x3e) refuse();
  // The strict parser refuses declarations, comments, processing instructions and CDATA.
  const whole = parse(octets);
  const { signature, ...envelope } = readParts(whole);
  check(envelope);
  if (signature === undefined) return { ...envelope, signer: undefined };
  named(signature, 'Signature', DS);
  const { verified, signer } = verify(whole, envelope.sender.fp);
  const signed = readParts(verified);
  if (signed.signature !== undefined) refuse();
  check(signed);
  return { ...signed, signer };
}

function readParts(whole: Element): Statement & Pick<Envelope, 'content'> & { readonly signature: Element | undefined } {
  const children = exactElements(named(whole, 'envelope', SCE), {});
  const [content, rpad, time, from, to, sender, signature, ...others] = children;
  if (others.length > 0 || !isPadding(textOf(named(rpad, 'rpad', SCE)))) refuse();
  const inside = named(content, 'content', SCE);
  if (Object.keys(inside.attrs).length > 0 || inside.foreign.length > 0) refuse();
  return {
    ...readContent(inside),
    time: parseDate(attributes(named(time, 'time', SCE), 'stamp').stamp) ?? refuse(),
    from: bareJidIn(named(from, 'from', SCE)),
    to: bareJidIn(named(to, 'to', SCE)),
    sender: readSender(named(sender, 'sender', SEC)),
    signature,
  };
}

/** A bare JID, written prepared. */
function bareJidIn(el: Element): BareJid {
  const { jid } = attributes(el, 'jid');
  return isPreparedJid(jid) && !isFull(jid) ? jid : refuse();
}

function readSender(el: Element): EnvelopeSender {
  const chain = el.attr('chain');
  const { fp, device } = chain === undefined ? attributes(el, 'fp', 'device') : attributes(el, 'fp', 'device', 'chain');
  if (!isFingerprint(fp) || !isDeviceId(device)) refuse();
  return { fp, device, ...(chain !== undefined && { chain }) };
}

function verify(whole: Element, fp: Fingerprint): { readonly verified: Element; readonly signer: Certificate } {
  let signer: Certificate | undefined;
  const { content } = verifyEnveloped(
    whole,
    (claimed, certificate) => {
      if (certificate === undefined || claimed !== fp) return undefined;
      signer = readCertificate(certificate);
      return signer;
    },
    { name: 'envelope', ns: SCE },
    { mode: 'envelope', x509: true },
  );
  return { verified: content, signer: signer ?? refuse() };
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
