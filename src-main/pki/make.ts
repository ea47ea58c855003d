/** What the client makes for itself: self-signed credentials (protocol 4) and requests for issued ones (RFC 2986). */

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { BareJid } from '../../src-shared/jid.ts';
import { utf8 } from '../security/crypto/encoding.ts';
import type { Random } from '../security/ports.ts';
import { makeCredential, type Credential } from './credential.ts';
import { der, encodeTime, integer, objectId, Tag } from './der.ts';
import { ID_ON_XMPP_ADDR } from './extensions.ts';
import { newKey, signatureAlgorithm, signed } from './signing.ts';

const YEAR = 365 * 24 * 60 * 60 * 1000;
const LIFETIME = 5 * YEAR;
/** Clocks differ: valid from a little before it was made. */
const BACKDATE = 60 * 60 * 1000;
const SERIAL_OCTETS = 16;
/** ub-common-name of RFC 5280, A.1. The whole address is in subjectAltName. */
const MAX_COMMON_NAME = 64;
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14';

export interface SelfSignedOptions {
  readonly jid: BareJid;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Source of the serial number; the key comes from the platform's own generator. */
  readonly random: Random;
  /** A key to go on with; a new one of P-256 where it is left out. */
  readonly privateKey?: KeyObject;
}

/**
 * A self-signed credential: ECDSA P-256 (or the given key), subjectAltName id-on-xmppAddr = bare JID, key usage
 * digitalSignature (critical), 5 years. Throws `bad-key` on a given key that protocol 2 has no place for.
 */
export function makeSelfSigned({ jid, now, random, privateKey = newKey('P-256') }: SelfSignedOptions): Credential {
  const tbs = der(
    Tag.sequence,
    der(0xa0, integer(2)),
    der(Tag.integer, serial(random)),
    signatureAlgorithm(privateKey),
    name(jid),
    der(Tag.sequence, encodeTime(now - BACKDATE), encodeTime(now - BACKDATE + LIFETIME)),
    name(jid),
    publicInfo(privateKey),
    der(0xa3, extensions(jid)),
  );
  return makeCredential([signed(tbs, privateKey)], privateKey);
}

/**
 * A request for a certificate that names this address (RFC 2986, with the extensionRequest of RFC 2985, 5.4.2), DER.
 * Throws `bad-key` on a key that protocol 2 has no place for.
 */
export function makeRequest(jid: BareJid, privateKey: KeyObject): Uint8Array {
  const wanted = der(Tag.sequence, objectId(EXTENSION_REQUEST), der(Tag.set, extensions(jid)));
  const info = der(Tag.sequence, integer(0), name(jid), publicInfo(privateKey), der(0xa0, wanted));
  return signed(info, privateKey);
}

const publicInfo = (privateKey: KeyObject): Uint8Array => createPublicKey(privateKey).export({ format: 'der', type: 'spki' });

/** Positive and of full length, so that its DER has one spelling. */
function serial(random: Random): Uint8Array {
  const octets = Uint8Array.from(random(SERIAL_OCTETS));
  octets[0] = ((octets[0] ?? 0) & 0x7f) | 0x40;
  return octets;
}

function name(jid: BareJid): Uint8Array {
  const commonName = Array.from(jid).slice(0, MAX_COMMON_NAME).join('');
  return der(Tag.sequence, der(Tag.set, der(Tag.sequence, objectId('2.5.4.3'), der(Tag.utf8String, utf8(commonName)))));
}

const extensions = (jid: BareJid): Uint8Array => der(Tag.sequence, altName(jid), keyUsage());

function altName(jid: BareJid): Uint8Array {
  const other = der(0xa0, objectId(ID_ON_XMPP_ADDR), der(0xa0, der(Tag.utf8String, utf8(jid))));
  return der(Tag.sequence, objectId('2.5.29.17'), der(Tag.octetString, der(Tag.sequence, other)));
}

function keyUsage(): Uint8Array {
  // digitalSignature is bit 0: seven unused bits
  const bits = der(Tag.bitString, Uint8Array.of(7, 0x80));
  return der(Tag.sequence, objectId('2.5.29.15'), der(Tag.boolean, Uint8Array.of(0xff)), der(Tag.octetString, bits));
}
