/**
 * Writing a credential as PKCS#12 (RFC 7292): certificates and key under PBES2 with AES-256-CBC, the whole under a MAC with
 * SHA-256. All three keys cost the same number of rounds: whoever guesses takes the cheapest.
 */

import { createCipheriv, createHmac, pbkdf2, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { concat } from '../../security/crypto/encoding.ts';
import { sha256 } from '../../security/crypto/hash.ts';
import type { Random } from '../../security/ports.ts';
import { der, integer, NULL, objectId, Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { Allowance } from './limits.ts';
import { spell, wipe, type Spelling } from './passwords.ts';
import { pkcs12Kdf, Purpose, type Pause } from './pkcs12-kdf.ts';
import { strength } from './strength.ts';

const platformPbkdf2 = promisify(pbkdf2);

/** Rounds of PBKDF2 and of the MAC's derivation. */
const ITERATIONS = 600_000;
const SALT_OCTETS = 16;
const IV_OCTETS = 16;
const BMP_STRING = 0x1e;

export interface Pkcs12Content {
  /** End entity first; DER. */
  readonly chain: readonly Uint8Array[];
  readonly privateKey: KeyObject;
  /** Shown by other programs. */
  readonly name: string;
}

export interface WritePorts {
  readonly random: Random;
  readonly pause: Pause;
}

/** The file. Throws `password-weak` where the passphrase is not strong. */
export async function writePkcs12(content: Pkcs12Content, passphrase: string, ports: WritePorts): Promise<Uint8Array> {
  if (strength(passphrase) !== 'strong') throw new PkiError('password-weak');
  const spelling = spell(passphrase);
  const key = content.privateKey.export({ format: 'der', type: 'pkcs8' });
  try {
    const beside = attributes(content);
    const certificates = content.chain.map((one, i) => certBag(one, i === 0 ? beside : []));
    const [certificateSafe, shrouded] = await Promise.all([
      encrypt(der(Tag.sequence, ...certificates), spelling, ports),
      encrypt(key, spelling, ports),
    ]);
    const keyBag = bag(SHROUDED_KEY, der(Tag.sequence, shrouded.algorithm, der(Tag.octetString, shrouded.ciphertext)), beside);
    const safes = der(Tag.sequence, encryptedData(certificateSafe), data(der(Tag.sequence, keyBag)));
    return der(Tag.sequence, integer(3), data(safes), await macData(safes, spelling, ports));
  } finally {
    key.fill(0);
    wipe([spelling]);
  }
}

const DATA = objectId('1.2.840.113549.1.7.1');
const ENCRYPTED_DATA = objectId('1.2.840.113549.1.7.6');
const SHROUDED_KEY = '1.2.840.113549.1.12.10.1.2';
const HMAC_SHA256 = der(Tag.sequence, objectId('1.2.840.113549.2.9'), NULL);

const explicit = (number: number, value: Uint8Array): Uint8Array => der(0xa0 | number, value);
const data = (octets: Uint8Array): Uint8Array => der(Tag.sequence, DATA, explicit(0, der(Tag.octetString, octets)));

interface Encrypted {
  readonly algorithm: Uint8Array;
  readonly ciphertext: Uint8Array;
}

function encryptedData({ algorithm, ciphertext }: Encrypted): Uint8Array {
  const info = der(Tag.sequence, DATA, algorithm, der(0x80, ciphertext));
  return der(Tag.sequence, ENCRYPTED_DATA, explicit(0, der(Tag.sequence, integer(0), info)));
}

/** PBES2 (RFC 8018, 6.2): PBKDF2 with HMAC-SHA-256, AES-256-CBC. */
async function encrypt(plain: Uint8Array, { octets }: Spelling, { random }: WritePorts): Promise<Encrypted> {
  const salt = random(SALT_OCTETS);
  const iv = random(IV_OCTETS);
  const key = await platformPbkdf2(octets, salt, ITERATIONS, 32, 'sha256');
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const head = cipher.update(plain);
  const ciphertext = concat(head, cipher.final());
  key.fill(0);
  const derivation = der(Tag.sequence, der(Tag.octetString, salt), integer(ITERATIONS), HMAC_SHA256);
  const parameters = der(
    Tag.sequence,
    der(Tag.sequence, objectId('1.2.840.113549.1.5.12'), derivation),
    der(Tag.sequence, objectId('2.16.840.1.101.3.4.1.42'), der(Tag.octetString, iv)),
  );
  return { algorithm: der(Tag.sequence, objectId('1.2.840.113549.1.5.13'), parameters), ciphertext };
}

async function macData(safes: Uint8Array, { bmp }: Spelling, { random, pause }: WritePorts): Promise<Uint8Array> {
  const salt = random(SALT_OCTETS);
  const from = { hash: 'sha256', password: bmp, salt, iterations: ITERATIONS } as const;
  const key = await pkcs12Kdf(from, Purpose.mac, 32, new Allowance(), pause);
  const mac = createHmac('sha256', key).update(safes).digest();
  key.fill(0);
  const algorithm = der(Tag.sequence, objectId('2.16.840.1.101.3.4.2.1'), NULL);
  const digestInfo = der(Tag.sequence, algorithm, der(Tag.octetString, mac));
  return der(Tag.sequence, digestInfo, der(Tag.octetString, salt), integer(ITERATIONS));
}

function bag(id: string, value: Uint8Array, beside: readonly Uint8Array[]): Uint8Array {
  const attributes = beside.length === 0 ? [] : [der(Tag.set, ...beside)];
  return der(Tag.sequence, objectId(id), explicit(0, value), ...attributes);
}

function certBag(certificate: Uint8Array, beside: readonly Uint8Array[]): Uint8Array {
  const value = der(Tag.sequence, objectId('1.2.840.113549.1.9.22.1'), explicit(0, der(Tag.octetString, certificate)));
  return bag('1.2.840.113549.1.12.10.1.3', value, beside);
}

/** friendlyName and localKeyId, which ties the key to its certificate (RFC 7292, 4.2). */
function attributes({ chain, name }: Pkcs12Content): readonly Uint8Array[] {
  const friendly = Buffer.from(name, 'utf16le').swap16();
  const [certificate = new Uint8Array()] = chain;
  return [
    attribute('1.2.840.113549.1.9.20', der(BMP_STRING, friendly)),
    attribute('1.2.840.113549.1.9.21', der(Tag.octetString, sha256(certificate).subarray(0, 20))),
  ];
}

const attribute = (oid: string, value: Uint8Array): Uint8Array => der(Tag.sequence, objectId(oid), der(Tag.set, value));
