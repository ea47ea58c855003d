/**
 * Reading PKCS#12 (RFC 7292): a PFX holds an AuthenticatedSafe, which holds SafeContents, some of them encrypted, which hold
 * bags, some of them encrypted once more. The MAC over all of it comes first and says which spelling of the password counts.
 */

import { Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { explicit, inside, numberIn, octetsIn, oidIn, readBer, type Ber } from './ber.ts';
import { foundCertificate, foundCrl, foundKey, type Found } from './contents.ts';
import { MAX_ITEMS, MAX_NESTED_BAGS } from './limits.ts';
import { spellings, wipe, type Spelling } from './passwords.ts';
import { macHolds, macPassword, readMac, type Mac } from './pkcs12-mac.ts';
import { readScheme } from './schemes.ts';
import { unlock, type Reading } from './unlock.ts';

const DATA = '1.2.840.113549.1.7.1';
const ENCRYPTED_DATA = '1.2.840.113549.1.7.6';

const BAG = '1.2.840.113549.1.12.10.1.';
const X509_CERTIFICATE = '1.2.840.113549.1.9.22.1';
const X509_CRL = '1.2.840.113549.1.9.23.1';
const FRIENDLY_NAME = '1.2.840.113549.1.9.20';
const LOCAL_KEY_ID = '1.2.840.113549.1.9.21';
const BMP_STRING = 0x1e;
const SET = Tag.set;

interface Pkcs12 {
  readonly found: readonly Found[];
  readonly authenticated: boolean;
}

/** Whether this is a PFX: version 3 and then a ContentInfo, whatever is in it. */
export function isPkcs12(file: Ber): boolean {
  const [version, content] = file.tag === Tag.sequence ? file.children : [];
  return version?.tag === Tag.integer && version.value.at(-1) === 3 && content?.children[0]?.tag === Tag.oid;
}

/**
 * Everything in the file. Throws PkiError `password-needed` or `password-wrong`, `unsupported` where it is protected in a way
 * that is not read here (a recipient's key instead of a password, too), `too-costly`, `file-too-large`, `damaged`.
 */
export async function readPkcs12(file: Ber, password: string | undefined, reading: Reading): Promise<Pkcs12> {
  const [version, authSafe, macData, ...rest] = inside(file);
  if (numberIn(version) !== 3 || rest.length > 0) throw new PkiError('damaged');
  const content = dataIn(authSafe);
  const mac = macData === undefined ? undefined : readMac(macData);
  const all = spellings(password);
  try {
    const usable = mac === undefined ? all : [await rightSpelling(mac, all, content, reading), ...all];
    return { found: await new Safes(usable, mac !== undefined, reading).read(content), authenticated: mac !== undefined };
  } catch (error) {
    // Nothing was typed, so nothing was wrong with it.
    const untold = password === undefined && error instanceof PkiError && error.code === 'password-wrong';
    throw untold ? new PkiError('password-needed', { cause: error }) : error;
  } finally {
    wipe(all);
  }
}

/** The octets of a ContentInfo of type data. Integrity by a signature instead of a MAC is `unsupported`. */
function dataIn(contentInfo: Ber | undefined): Uint8Array {
  const [type, content] = inside(contentInfo);
  if (oidIn(type) !== DATA) throw new PkiError('unsupported');
  return octetsIn(explicit(content, 0));
}

async function rightSpelling(mac: Mac, all: readonly Spelling[], content: Uint8Array, reading: Reading): Promise<Spelling> {
  const tried = new Set<string>();
  for (const spelling of all) {
    const octets = Buffer.from(macPassword(mac, spelling)).toString('hex');
    if (tried.has(octets)) continue;
    tried.add(octets);
    if (await macHolds(mac, spelling, content, reading)) return spelling;
  }
  throw new PkiError('password-wrong');
}

function isBer(octets: Uint8Array): boolean {
  try {
    readBer(octets);
    return true;
  } catch {
    return false;
  }
}

interface Beside {
  readonly name?: string;
  readonly keyId?: string;
}

/** One walk through the safes, with what it needs all the way down. */
class Safes {
  readonly #spellings: readonly Spelling[];
  readonly #proven: boolean;
  readonly #reading: Reading;
  #items = 0;

  /** @param proven the MAC held under the first spelling, so what does not open is damaged, not locked */
  constructor(usable: readonly Spelling[], proven: boolean, reading: Reading) {
    this.#spellings = usable;
    this.#proven = proven;
    this.#reading = reading;
  }

  async read(authenticatedSafe: Uint8Array): Promise<Found[]> {
    const found: Found[] = [];
    for (const contentInfo of inside(readBer(authenticatedSafe))) {
      const [type, content] = inside(contentInfo);
      switch (oidIn(type)) {
        case DATA:
          found.push(...(await this.#bags(readBer(octetsIn(explicit(content, 0))), 0)));
          break;
        case ENCRYPTED_DATA: {
          const safe = await this.#decrypted(explicit(content, 0));
          found.push(...(await this.#bags(readBer(safe), 0)));
          safe.fill(0);
          break;
        }
        default:
          // EnvelopedData, which only a recipient's key opens, and what may come: the other parts are read all the same.
          found.push({ kind: 'fault', of: 'part', code: 'unsupported' });
      }
    }
    return found;
  }

  /** EncryptedData of RFC 5652, 8, whose content is of type data. */
  #decrypted(encryptedData: Ber): Promise<Uint8Array> {
    const [, info] = inside(encryptedData);
    const [type, algorithm, content] = inside(info);
    if (oidIn(type) !== DATA) throw new PkiError('unsupported');
    return this.#unlock(algorithm, octetsIn(content, 0x80));
  }

  async #unlock(algorithm: Ber | undefined, ciphertext: Uint8Array): Promise<Uint8Array> {
    const scheme = readScheme(algorithm);
    for (const spelling of this.#spellings) {
      try {
        const plain = await unlock(scheme, spelling, ciphertext, this.#reading);
        // A wrong key may leave a padding that looks right, and RC4 has none.
        if (isBer(plain)) return plain;
      } catch (error) {
        if (!(error instanceof PkiError) || error.code !== 'password-wrong') throw error;
      }
    }
    throw new PkiError(this.#proven ? 'damaged' : 'password-wrong');
  }

  async #bags(safeContents: Ber, depth: number): Promise<Found[]> {
    if (depth > MAX_NESTED_BAGS) throw new PkiError('damaged');
    const found: Found[] = [];
    for (const bag of inside(safeContents)) {
      if (++this.#items > MAX_ITEMS) throw new PkiError('file-too-large');
      const [id, wrapped, attributes] = inside(bag);
      const value = explicit(wrapped, 0);
      const beside = attributesIn(attributes);
      switch (oidIn(id)) {
        case `${BAG}1`:
          found.push(foundKey(Uint8Array.from(value.raw), 'pkcs8', beside));
          break;
        case `${BAG}2`: {
          const [algorithm, ciphertext] = inside(value);
          found.push(foundKey(await this.#unlock(algorithm, octetsIn(ciphertext)), 'pkcs8', beside));
          break;
        }
        case `${BAG}3`:
          found.push(certBag(value, beside));
          break;
        case `${BAG}4`:
          found.push(crlBag(value));
          break;
        case `${BAG}6`:
          found.push(...(await this.#bags(value, depth + 1)));
          break;
        default:
          found.push({ kind: 'other' });
      }
    }
    return found;
  }
}

function certBag(value: Ber, beside: Beside): Found {
  const [type, content] = inside(value);
  return oidIn(type) === X509_CERTIFICATE ? foundCertificate(octetsIn(explicit(content, 0)), beside) : { kind: 'other' };
}

function crlBag(value: Ber): Found {
  const [type, content] = inside(value);
  return oidIn(type) === X509_CRL ? foundCrl(octetsIn(explicit(content, 0))) : { kind: 'other' };
}

/** friendlyName and localKeyId (RFC 2985, 5.5). What is not as they say is left out: nothing rests on it. */
function attributesIn(attributes: Ber | undefined): Beside {
  const beside: { name?: string; keyId?: string } = {};
  for (const attribute of attributes?.tag === SET ? attributes.children : []) {
    const [type, values] = attribute.children;
    const value = values?.children[0];
    if (type?.tag !== Tag.oid || value === undefined) continue;
    if (oidIn(type) === FRIENDLY_NAME && value.tag === BMP_STRING) beside.name = bmpText(value.value);
    if (oidIn(type) === LOCAL_KEY_ID && value.tag === Tag.octetString) beside.keyId = Buffer.from(value.value).toString('hex');
  }
  return beside;
}

const MAX_NAME = 256;

function bmpText(octets: Uint8Array): string {
  const units = new TextDecoder('utf-16be').decode(octets);
  return units.slice(0, MAX_NAME).replaceAll(/\p{Cc}/gu, '');
}
