/**
 * The Charter (protocol 8): the signed change from one epoch of a room to the next, roster and keys in one message.
 * Strict in, exact out. A Charter that was read here is well formed and signed; whether it counts says chain.ts.
 */

import { isDeviceId, isFingerprint, type DeviceId, type Fingerprint } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { isPreparedBare } from '../../jid/jid.ts';
import { readCertificate } from '../../pki/certificate.ts';
import { xml, type Element } from '../../xml/element.ts';
import { DS, KW_AES256, SEC, XE } from '../crypto/algorithms.ts';
import { fromBase64, hexUpper, toBase64 } from '../crypto/encoding.ts';
import {
  ANY,
  DEVICE,
  algorithm,
  between,
  element,
  exactly,
  obeys,
  signatureX509,
  transformsFit,
  type ElementLaw,
} from '../xmlsec/law.ts';
import { XmlsecError } from '../xmlsec/errors.ts';
import { signEnveloped, verifyEnveloped, type SigningCredential } from '../xmlsec/signature.ts';
import { RoomError } from './errors.ts';
import { MAX_CHANGES } from './plan.ts';
import type { Member, Role } from './roster.ts';
import { MAX_HEIGHT, nodeName, readNodeName, type NodeId, type TreeId } from './tree.ts';

/** A parent's key under kek of a child's. */
export interface WrappedKey {
  readonly child: NodeId;
  readonly node: NodeId;
  /** 40 octets. */
  readonly wrapped: Uint8Array;
}

export interface Charter {
  readonly room: BareJid;
  readonly epoch: number;
  /** C_(e-1) in hex, 64 zeros at epoch 0. */
  readonly previous: string;
  readonly tree: TreeId;
  readonly height: number;
  /** The root of the roster's hash tree after the change, in hex. */
  readonly roster: string;
  readonly confirm: string;
  /** The author's. */
  readonly device: DeviceId;
  readonly removes: readonly number[];
  readonly adds: readonly Member[];
  readonly keys: readonly WrappedKey[];
}

export interface SignedCharter extends Charter {
  /** C_e in hex: the hash of c14n(Charter without its Signature). */
  readonly c: string;
  readonly signer: Fingerprint;
  /** DER of the signer's certificate, whose SHA-256 is `signer`. It gives no verdict. */
  readonly certificate: Uint8Array;
}

export const NO_PREVIOUS = '0'.repeat(64);

const HEX64 = /^[0-9A-F]{64}$/;
const HEX32 = /^[0-9A-F]{32}$/;
const TREE = /^[0-9A-F]{16}$/;
const HEIGHT = /^(?:0|[1-9]|1[0-6])$/;
export const SLOT = /^(?:0|[1-9][0-9]{0,4})$/;
/** 2^40 epochs are more than any room lives. */
export const EPOCH = /^(?:0|[1-9][0-9]{0,11})$/;
/** A removal of 100 from a tree of the greatest height, which also grew. */
const MAX_WRAPS = MAX_CHANGES * (2 * MAX_HEIGHT - 1) + 2 * MAX_HEIGHT;

const name = (ns: string) => exactly(1, element(ns, ANY));
const encryptedKey = element(XE, {
  EncryptionMethod: exactly(1, algorithm(XE, KW_AES256)),
  KeyInfo: exactly(1, element(DS, { KeyName: name(DS) })),
  CipherData: exactly(1, element(XE, { CipherValue: exactly(1, element(XE, 'base64')) })),
  CarriedKeyName: name(XE),
});

export const memberAttributes = { slot: SLOT, jid: ANY, role: /^(?:admin|member)$/, fp: HEX64, device: DEVICE };

const law: ElementLaw = element(
  SEC,
  {
    Remove: between(0, MAX_CHANGES, element(SEC, {}, { attributes: { slot: SLOT } })),
    Add: between(0, MAX_CHANGES, element(SEC, {}, { attributes: memberAttributes })),
    EncryptedKey: between(0, MAX_WRAPS, encryptedKey),
    Signature: exactly(1, signatureX509),
  },
  {
    attributes: {
      room: ANY,
      epoch: EPOCH,
      previous: HEX64,
      tree: TREE,
      height: HEIGHT,
      roster: HEX64,
      confirm: HEX32,
      device: DEVICE,
    },
  },
);

/**
 * Reads a Charter and verifies its signature under the certificate that it carries.
 * @throws RoomError `malformed`, `bad-signature`
 */
export function readCharter(el: Element): SignedCharter {
  if (!el.is('Charter', SEC) || !obeys(el, law) || !transformsFit(el)) throw new RoomError('malformed');
  const { content, signer, digest, certificate } = verified(el);
  if (certificate === undefined) throw new RoomError('malformed');
  const tree = content.attr('tree') ?? '';
  const room = content.attr('room') ?? '';
  const device = content.attr('device') ?? '';
  if (!isPreparedBare(room) || !isDeviceId(device)) throw new RoomError('malformed');
  return {
    ...{ room, device, tree, signer, certificate },
    c: hexUpper(digest),
    epoch: Number(content.attr('epoch')),
    previous: content.attr('previous') ?? '',
    height: Number(content.attr('height')),
    roster: content.attr('roster') ?? '',
    confirm: content.attr('confirm') ?? '',
    removes: content.childrenOf('Remove').map((remove) => Number(remove.attr('slot'))),
    adds: content.childrenOf('Add').map(readMember),
    keys: content.childrenOf('EncryptedKey', XE).map((key) => readWrapped(key, tree)),
  };
}

function verified(el: Element): ReturnType<typeof verifyEnveloped> {
  try {
    return verifyEnveloped(
      el,
      (_, certificate) => (certificate === undefined ? undefined : readCertificate(certificate)),
      { name: 'Charter', ns: SEC },
      { mode: 'prefix-free', x509: true },
    );
  } catch (cause) {
    throw new RoomError(cause instanceof XmlsecError && cause.code === 'malformed' ? 'malformed' : 'bad-signature', { cause });
  }
}

/** A member of an Add or a Roster's Member, whose attributes obey {@link memberAttributes}. @throws RoomError `malformed` */
export function readMember(el: Element): Member {
  const [slot, jid, role, fp, device] = ['slot', 'jid', 'role', 'fp', 'device'].map((key) => el.attr(key) ?? '');
  if (jid === undefined || !isPreparedBare(jid) || fp === undefined || !isFingerprint(fp)) throw new RoomError('malformed');
  if (device === undefined || !isDeviceId(device)) throw new RoomError('malformed');
  if (Number(slot) >= 2 ** MAX_HEIGHT) throw new RoomError('malformed');
  return { slot: Number(slot), jid, role: role as Role, fp, device };
}

function readWrapped(el: Element, tree: TreeId): WrappedKey {
  return {
    child: readNodeName(el.child('KeyInfo', DS)?.childText('KeyName') ?? '', tree),
    node: readNodeName(el.childText('CarriedKeyName') ?? '', tree),
    wrapped: readCipherValue(el),
  };
}

/** The 40 octets of a wrapped key. @throws RoomError `malformed` */
function readCipherValue(el: Element): Uint8Array {
  let octets: Uint8Array;
  try {
    octets = fromBase64(el.child('CipherData')?.childText('CipherValue') ?? '');
  } catch (cause) {
    throw new RoomError('malformed', { cause });
  }
  if (octets.length !== 40) throw new RoomError('malformed');
  return octets;
}

/** The element of a Charter, signed. */
export function writeCharter(charter: Charter, credential: SigningCredential): Element {
  const { room, epoch, previous, tree, height, roster, confirm, device } = charter;
  const unsigned = xml(
    'Charter',
    SEC,
    { room, epoch: String(epoch), previous, tree, height: String(height), roster, confirm, device },
    ...charter.removes.map((slot) => xml('Remove', SEC, { slot: String(slot) })),
    ...charter.adds.map((member) => writeMember('Add', member)),
    ...charter.keys.map(({ child, node, wrapped }) =>
      xml(
        'EncryptedKey',
        XE,
        {},
        xml('EncryptionMethod', XE, { Algorithm: KW_AES256 }),
        xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, nodeName(tree, child))),
        xml('CipherData', XE, {}, xml('CipherValue', XE, {}, toBase64(wrapped))),
        xml('CarriedKeyName', XE, {}, nodeName(tree, node)),
      ),
    ),
  );
  return signEnveloped(unsigned, credential, { mode: 'prefix-free', x509: true });
}

export function writeMember(name: 'Add' | 'Member', { slot, jid, role, fp, device }: Member): Element {
  return xml(name, SEC, { slot: String(slot), jid, role, fp, device });
}
