/**
 * Messages of a secure room (protocol 8): 6.2's EncryptedData under a key of the sender's chain in the epoch, and an
 * envelope that the device's credential signs. One member cannot write as another, the server can for nobody.
 */

import { bareOf, type BareJid, type Jid } from '../../../src-shared/jid.ts';
import type { OriginId } from '../../../src-shared/ids.ts';
import { tryJid } from '../../jid/jid.ts';
import type { Element } from '../../xml/element.ts';
import { advance, digestOf, messageKey, traceOf, type Numbers, type SkippedKey } from '../association/chains.ts';
import { AES256_GCM, DS, SEC, XE } from '../crypto/algorithms.ts';
import { IV_LENGTH, TAG_LENGTH, open as decrypt, seal as encrypt } from '../crypto/aes-gcm.ts';
import { equal } from '../crypto/constant-time.ts';
import { concat, toBase64 } from '../crypto/encoding.ts';
import { readEnvelope, writeEnvelope, type Envelope } from '../envelope.ts';
import { cipherValue, exactChildren, exactMethod, inNamespace, refuse, textOf } from '../exact.ts';
import { MAX_STANZA_OUT, MessageError, encryptedData, protectedStanza, type Kind, type ProtectedStanza } from '../message.ts';
import type { Random } from '../ports.ts';
import type { SigningCredential } from '../xmlsec/signature.ts';
import { LAST_N, c16Of, chainOf, withChain, type Epoch } from './epoch.ts';
import { contentKey } from './keys.ts';
import type { Member } from './roster.ts';

export interface RoomDraft {
  readonly kind: Kind;
  readonly room: BareJid;
  /** The own place in the roster; its credential signs. */
  readonly from: Member;
  readonly signer: SigningCredential;
  readonly originId: OriginId;
  readonly content: readonly Element[];
  /** Milliseconds since the epoch. */
  readonly time: number;
}

export interface RoomProtected {
  readonly stanza: ProtectedStanza;
  /** With the own chain advanced: to be in durable storage **before** the stanza leaves. */
  readonly epoch: Epoch;
  /** `C16:SLOT:n` */
  readonly chain: string;
}

/** @throws MessageError `chain-exhausted` at n = 99,999: an epoch is due before; `too-long` */
export function protectInRoom(draft: RoomDraft, epoch: Epoch, random: Random, maxStanza = MAX_STANZA_OUT): RoomProtected {
  const { room, from, originId, content, time, signer } = draft;
  const { chain, epoch: opened } = chainOf(epoch, from.slot);
  if (chain.n > LAST_N) throw new MessageError('chain-exhausted');
  const { mk, next } = advance('sha256', chain);
  const key = contentKey(mk);
  mk.fill(0);
  const name = `${c16Of(epoch)}:${String(from.slot)}:${String(chain.n)}`;
  const sender = { fp: from.fp, device: from.device, chain: name };
  const envelope = writeEnvelope({ originId, content, time, from: from.jid, to: room, sender, signer }, random);
  const iv = random(IV_LENGTH);
  const c = concat(iv, encrypt(key, iv, envelope));
  key.fill(0);
  const x = encryptedData(`<KeyName>${name}</KeyName>`, toBase64(c));
  const stanza = protectedStanza({ kind: draft.kind, to: room, originId }, 'groupchat', x, maxStanza);
  return { stanza, epoch: withChain(opened, from.slot, next), chain: name };
}

export interface RoomReader {
  readonly room: BareJid;
  /** The epoch of a C16, where its keys are here. Synchronous; changes nothing. */
  epochOf(c16: string): Epoch | undefined;
  /** Who has a slot in that epoch. */
  memberOf(epoch: Epoch, slot: number): Member | undefined;
  /** What the store keeps of a sender chain's numbers. */
  numbers(epoch: Epoch, slot: number): Numbers;
  /** The own slot's messages come from the own store; the reflection is the acknowledgement. */
  isOwn(c16: string, slot: number): boolean;
}

/** What a message that passed every check changes, all in the transaction that stores it. */
export interface RoomChange {
  readonly epoch: Epoch;
  readonly slot: number;
  readonly n: number;
  readonly skipped: readonly SkippedKey[];
  readonly unskipped?: number;
  readonly trace: Uint8Array;
}

export type RoomOpening =
  | {
      readonly kind: 'opened';
      readonly sender: Member;
      readonly chain: string;
      readonly originId: OriginId;
      readonly time: number;
      readonly content: readonly Element[];
      readonly change: RoomChange;
    }
  | { readonly kind: 'unprotected' | 'error-stanza' | 'undecryptable' }
  /** Our own, reflected. */
  | { readonly kind: 'own'; readonly chain: string }
  /** Of an epoch whose keys are not here: kept where its Charter is known, a fork where it is not. */
  | { readonly kind: 'no-keys'; readonly c16: string; readonly chain: string }
  | { readonly kind: 'copy' | 'number-reused'; readonly sender: Member };

/** Opens a groupchat message. Nothing changes here. */
export function openInRoom(stanza: Element, reader: RoomReader): RoomOpening {
  if (stanza.attr('type') === 'error') return { kind: 'error-stanza' };
  const xs = stanza.childrenOf('x', SEC);
  if (!xs.some((x) => x.child('EncryptedData', XE) !== undefined)) return { kind: 'unprotected' };
  try {
    const { name, c } = readEncryptedData(xs);
    const { c16, slot, n } = readName(name);
    if (!isFrom(stanza, reader.room)) refuse();
    if (reader.isOwn(c16, slot)) return { kind: 'own', chain: name };
    const epoch = reader.epochOf(c16);
    if (epoch === undefined) return { kind: 'no-keys', c16, chain: name };
    const sender = reader.memberOf(epoch, slot) ?? refuse();
    return openFrom(sender, epoch, n, name, c, reader);
  } catch (error) {
    // Library code under the strict readers may throw its own coded errors; whatever it is, the answer is one.
    if (!(error instanceof Error)) throw error;
    return { kind: 'undecryptable' };
  }
}

function openFrom(sender: Member, epoch: Epoch, n: number, name: string, c: Uint8Array, reader: RoomReader): RoomOpening {
  const { slot } = sender;
  const digestOfC = digestOf(c);
  const numbers = reader.numbers(epoch, slot);
  const used = numbers.used(n);
  if (used !== undefined) return { kind: equal(used, traceOf(digestOfC)) ? 'copy' : 'number-reused', sender };
  const { chain, epoch: opened } = chainOf(epoch, slot);
  const found = messageKey('sha256', chain, n, (m) => numbers.skipped(m), LAST_N) ?? refuse();
  const { receive, skipped, unskipped } = found.change;
  const key = contentKey(found.mk);
  try {
    const octets = decrypt(key, c.subarray(0, IV_LENGTH), c.subarray(IV_LENGTH));
    const { signer, originId, time, content } = readEnvelope(octets, (envelope) => {
      checkSender(envelope, sender, name, reader.room);
    });
    if (signer === undefined) refuse();
    return {
      kind: 'opened',
      ...{ sender, chain: name, originId, time, content },
      change: {
        epoch: unskipped === undefined ? withChain(opened, slot, receive) : opened,
        ...{ slot, n, skipped, trace: traceOf(digestOfC) },
        ...(unskipped !== undefined && { unskipped }),
      },
    };
  } catch (error) {
    for (const { mk } of skipped) mk.fill(0);
    throw error;
  } finally {
    key.fill(0);
    // A kept key stays with the store until the transaction erases it.
    if (unskipped === undefined) found.mk.fill(0);
  }
}

/** "A receiver requires jid, fp and device of that slot, chain = KeyName"; the signature is by `sender/@fp`. */
function checkSender(
  { from, to, sender }: Pick<Envelope, 'from' | 'to' | 'sender'>,
  member: Member,
  chain: string,
  room: BareJid,
): void {
  if (from !== member.jid || sender.fp !== member.fp || sender.device !== member.device) refuse();
  if (sender.chain !== chain || to !== room) refuse();
}

/** "the outer `from` has the room's bare JID" */
function isFrom(stanza: Element, room: BareJid): boolean {
  const from: Jid | undefined = tryJid(stanza.attr('from') ?? '');
  return from !== undefined && bareOf(from) === room;
}

/** EncryptedData of 6.2's shape, whose KeyInfo holds only a KeyName. */
function readEncryptedData(xs: readonly Element[]): { readonly name: string; readonly c: Uint8Array } {
  const [x, ...others] = xs;
  if (x === undefined || others.length > 0) refuse();
  const [data] = exactChildren(x, {}, 'EncryptedData');
  const type = { Type: `${XE}Element` };
  const [method, keyInfo, cipherData] = exactChildren(inNamespace(data, XE), type, 'EncryptionMethod', 'KeyInfo', 'CipherData');
  exactMethod(inNamespace(method, XE), AES256_GCM);
  const [keyName] = exactChildren(inNamespace(keyInfo, DS), {}, 'KeyName');
  const c = cipherValue(inNamespace(cipherData, XE));
  if (c.length < IV_LENGTH + TAG_LENGTH) refuse();
  return { name: textOf(inNamespace(keyName, DS)), c };
}

const NAME = /^([0-9A-F]{16}):(0|[1-9][0-9]{0,4}):(0|[1-9][0-9]{0,4})$/;

function readName(name: string): { readonly c16: string; readonly slot: number; readonly n: number } {
  const [, c16, slot, n] = NAME.exec(name) ?? refuse();
  return { c16: c16 ?? refuse(), slot: Number(slot), n: Number(n) };
}
