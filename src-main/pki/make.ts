/** Credentials that the client makes for itself (protocol 4). */

import { generateKeyPairSync, sign } from 'node:crypto';
import type { BareJid } from '../../src-shared/jid.ts';
import { utf8 } from '../security/crypto/encoding.ts';
import type { Random } from '../security/ports.ts';
import { makeCredential, type Credential } from './credential.ts';
import { der, encodeTime, oidContents, Tag } from './der.ts';
import { ID_ON_XMPP_ADDR } from './extensions.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const LIFETIME = 5 * YEAR;
/** Clocks differ: valid from a little before it was made. */
const BACKDATE = 60 * 60 * 1000;
const SERIAL_OCTETS = 16;
/** ub-common-name of RFC 5280, A.1. The whole address is in subjectAltName. */
const MAX_COMMON_NAME = 64;

const oid = (dotted: string): Uint8Array => der(Tag.oid, oidContents(dotted));
const ECDSA_WITH_SHA256 = der(Tag.sequence, oid('1.2.840.10045.4.3.2'));

export interface SelfSignedOptions {
  readonly jid: BareJid;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Source of the serial number; the key comes from the platform's own generator. */
  readonly random: Random;
}

/**
 * A self-signed credential: ECDSA P-256, subjectAltName id-on-xmppAddr = bare JID, key usage digitalSignature (critical),
 * 5 years.
 */
export function makeSelfSigned({ jid, now, random }: SelfSignedOptions): Credential {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const tbs = der(
    Tag.sequence,
    der(0xa0, der(Tag.integer, Uint8Array.of(2))),
    der(Tag.integer, serial(random)),
    ECDSA_WITH_SHA256,
    name(jid),
    der(Tag.sequence, encodeTime(now - BACKDATE), encodeTime(now - BACKDATE + LIFETIME)),
    name(jid),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, der(Tag.sequence, altName(jid), keyUsage())),
  );
  // signatureValue: a BIT STRING without unused bits, of the DER form of r and s
  const signature = der(Tag.bitString, Uint8Array.of(0), sign('sha256', tbs, privateKey));
  return makeCredential([der(Tag.sequence, tbs, ECDSA_WITH_SHA256, signature)], privateKey);
}

/** Positive and of full length, so that its DER has one spelling. */
function serial(random: Random): Uint8Array {
  const octets = Uint8Array.from(random(SERIAL_OCTETS));
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets;
}

function name(jid: BareJid): Uint8Array {
  const commonName = Array.from(jid).slice(0, MAX_COMMON_NAME).join('');
  return der(Tag.sequence, der(Tag.set, der(Tag.sequence, oid('2.5.4.3'), der(Tag.utf8String, utf8(commonName)))));
}

function altName(jid: BareJid): Uint8Array {
  const other = der(0xa0, oid(ID_ON_XMPP_ADDR), der(0xa0, der(Tag.utf8String, utf8(jid))));
  return der(Tag.sequence, oid('2.5.29.17'), der(Tag.octetString, der(Tag.sequence, other)));
}

function keyUsage(): Uint8Array {
  // digitalSignature is bit 0: seven unused bits
  const bits = der(Tag.bitString, Uint8Array.of(7, 0x80));
  return der(Tag.sequence, oid('2.5.29.15'), der(Tag.boolean, Uint8Array.of(0xff)), der(Tag.octetString, bits));
}
