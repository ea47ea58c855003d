/** The MAC of a PKCS#12 file: that of RFC 7292 (MacData), or PBMAC1 of RFC 9579. */

import { createHmac } from 'node:crypto';
import { equal } from '../../security/crypto/constant-time.ts';
import { Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { algorithmIn, inside, numberIn, octetsIn, type Ber } from './ber.ts';
import type { Spelling } from './passwords.ts';
import { pkcs12Kdf, Purpose, type KdfHash } from './pkcs12-kdf.ts';
import { hmacOf, readDerivation, type Hmac, type KeyDerivation } from './schemes.ts';
import { deriveKey, type Reading } from './unlock.ts';

export type Mac =
  | {
      readonly kind: 'pkcs12';
      readonly hash: KdfHash;
      readonly value: Uint8Array;
      readonly salt: Uint8Array;
      readonly iterations: number;
    }
  | { readonly kind: 'pbmac1'; readonly hmac: Hmac; readonly derivation: KeyDerivation; readonly value: Uint8Array };

const PBMAC1 = '1.2.840.113549.1.5.14';
const HASHES: Readonly<Record<string, KdfHash>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};
const OCTETS = { sha1: 20, sha224: 28, sha256: 32, sha384: 48, sha512: 64 } as const;

/** Reads MacData. Throws `unsupported` on an algorithm that is not known, `damaged` on what is broken. */
export function readMac(macData: Ber): Mac {
  const [digestInfo, salt, count, ...rest] = inside(macData);
  const [algorithm, digest] = inside(digestInfo);
  if (rest.length > 0) throw new PkiError('damaged');
  const { oid, parameters } = algorithmIn(algorithm);
  const value = octetsIn(digest);
  if (oid === PBMAC1) return readPbmac1(parameters, value);
  const hash = HASHES[oid];
  if (hash === undefined) throw new PkiError('unsupported');
  if (value.length !== OCTETS[hash]) throw new PkiError('damaged');
  return { kind: 'pkcs12', hash, value, salt: octetsIn(salt), iterations: count === undefined ? 1 : numberIn(count) };
}

function readPbmac1(parameters: Ber | undefined, value: Uint8Array): Mac {
  const [derive, authenticate, ...rest] = inside(parameters, Tag.sequence);
  const hmac = hmacOf(algorithmIn(authenticate).oid);
  if (hmac === undefined || rest.length > 0) throw new PkiError('unsupported');
  const derivation = readDerivation(derive);
  // RFC 9579, 5: the length of the key has to be there. One that is short would make a weak MAC of a strong password.
  if (derivation.keyLength === undefined || derivation.keyLength < 20) throw new PkiError('damaged');
  if (value.length !== OCTETS[hmac]) throw new PkiError('damaged');
  return { kind: 'pbmac1', hmac, derivation, value };
}

/** The octets of a password that a MAC depends on: two spellings that agree in them need one try. */
export const macPassword = (mac: Mac, spelling: Spelling): Uint8Array => (mac.kind === 'pkcs12' ? spelling.bmp : spelling.octets);

/** Whether the MAC over `content` is right under this spelling. Throws `too-costly`. */
export async function macHolds(mac: Mac, spelling: Spelling, content: Uint8Array, reading: Reading): Promise<boolean> {
  const key = await macKey(mac, spelling, reading);
  const right = createHmac(mac.kind === 'pkcs12' ? mac.hash : mac.hmac, key)
    .update(content)
    .digest();
  key.fill(0);
  return equal(right, mac.value);
}

function macKey(mac: Mac, spelling: Spelling, reading: Reading): Promise<Uint8Array> {
  if (mac.kind === 'pbmac1') return deriveKey(mac.derivation, spelling, mac.derivation.keyLength ?? 0, reading);
  if (mac.hash === 'sha1') reading.old.add('sha1-mac');
  const { hash, salt, iterations } = mac;
  const from = { hash, password: spelling.bmp, salt, iterations };
  return pkcs12Kdf(from, Purpose.mac, OCTETS[hash], reading.allowance, reading.pause);
}
