/** Reads a file by its content, never by its name: PKCS#12, PKCS#7, PEM, or one DER value of any kind that we know. */

import { PkiError } from '../errors.ts';
import { inside, octetsIn, readBer } from './ber.ts';
import { foundCertificate, foundCrl, foundKey, foundRequest, type FileContents, type Found } from './contents.ts';
import { isLegacyEncrypted, unlockLegacy } from './legacy-pem.ts';
import { Allowance, MAX_FILE_OCTETS } from './limits.ts';
import { spellings, wipe, type Spelling } from './passwords.ts';
import { isPem, readPem, type PemBlock } from './pem.ts';
import type { Pause } from './pkcs12-kdf.ts';
import { isPkcs12, readPkcs12 } from './pkcs12.ts';
import { isPkcs7, readPkcs7 } from './pkcs7.ts';
import { recognise } from './recognise.ts';
import { readScheme } from './schemes.ts';
import { unlock, type Reading } from './unlock.ts';

export interface ReadOptions {
  /** What the user typed; undefined where nothing was asked yet. */
  readonly password?: string | undefined;
  readonly pause: Pause;
}

type Read = Pick<FileContents, 'format' | 'found'> & Partial<FileContents>;

/**
 * Everything that is in a file. What is broken in it is listed as a fault beside what is whole; a file of which nothing can
 * be used throws the first fault.
 * @throws PkiError `unknown-format`, `damaged`, `unsupported`, `file-too-large`, `too-costly`, `password-needed`,
 *   `password-wrong`, or the code of a fault; nothing else, whatever the octets are
 */
export async function readFile(octets: Uint8Array, { password, pause }: ReadOptions): Promise<FileContents> {
  if (octets.length > MAX_FILE_OCTETS) throw new PkiError('file-too-large');
  const reading: Reading = { allowance: new Allowance(), pause, old: new Set() };
  const text = textOf(octets);
  const read = isPem(text) ? await readPemFile(text, password, reading) : await readValue(bare(octets, text), password, reading);
  const useless = read.found.every(({ kind }) => kind === 'other' || kind === 'fault');
  // A PKCS#12 file that opened is one, even where nothing in it is for us.
  if (useless && read.found.length > 0 && read.format !== 'pkcs12')
    throw new PkiError(read.found.find((one) => one.kind === 'fault')?.code ?? 'unknown-format');
  return { authenticated: true, ...read, old: [...reading.old] };
}

/** PEM is ASCII in whatever encoding an editor saved it. */
function textOf(octets: Uint8Array): string {
  if (octets[0] === 0xff && octets[1] === 0xfe) return Buffer.from(octets.subarray(2)).toString('utf16le');
  return Buffer.from(octets)
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
}

/** Base64 of DER without the lines around it is what some directories hand out. */
function bare(octets: Uint8Array, text: string): Uint8Array {
  if (!/^MI[A-Za-z0-9+/\s]{14,}={0,2}\s*$/.test(text)) return octets;
  const base64 = text.replaceAll(/\s/g, '');
  return base64.length % 4 === 0 ? Uint8Array.from(Buffer.from(base64, 'base64')) : octets;
}

async function readPemFile(text: string, password: string | undefined, reading: Reading): Promise<Read> {
  const found: Found[] = [];
  let authenticated = true;
  for (const block of readPem(text)) {
    const read = await readBlock(block, password, reading);
    found.push(...read.found);
    authenticated &&= read.authenticated ?? true;
  }
  return { format: 'pem', found, authenticated };
}

/** What a block is goes by what is in it. What is wrong with one says nothing about the others, but for what the file may cost. */
async function readBlock(block: PemBlock, password: string | undefined, reading: Reading): Promise<Read> {
  try {
    return await valueIn(block, password, reading);
  } catch (error) {
    if (!(error instanceof PkiError) || error.code === 'file-too-large' || error.code === 'too-costly') throw error;
    if (error.code === 'unknown-format') return { format: 'pem', found: [{ kind: 'other' }] };
    return { format: 'pem', found: [{ kind: 'fault', of: kindOfLabel(block.label), code: error.code }] };
  }
}

async function valueIn(block: PemBlock, password: string | undefined, reading: Reading): Promise<Read> {
  const { octets } = block;
  if (octets === undefined) throw new PkiError('damaged');
  if (isLegacyEncrypted(block)) {
    const open = (spelling: Spelling): Promise<Uint8Array> => Promise.resolve(unlockLegacy(block, octets, spelling, reading));
    return readValue(await withPassword(password, open), password, reading);
  }
  // OpenSSL's form with trust settings behind the certificate, which are not ours to take over
  return readValue(block.label === 'TRUSTED CERTIFICATE' ? firstValue(octets) : octets, password, reading);
}

const kindOfLabel = (label: string): Extract<Found, { kind: 'fault' }>['of'] => {
  if (label.endsWith('PRIVATE KEY')) return 'key';
  if (label.endsWith('CERTIFICATE')) return 'certificate';
  if (label.endsWith('CRL')) return 'crl';
  return label.endsWith('REQUEST') ? 'request' : 'part';
};

/** The octets of the first of several values, by its length. */
function firstValue(octets: Uint8Array): Uint8Array {
  const [, first = 0, a = 0, b = 0] = octets;
  return first === 0x82 ? octets.subarray(0, 4 + a * 256 + b) : octets;
}

async function readValue(octets: Uint8Array, password: string | undefined, reading: Reading): Promise<Read> {
  const one = (found: Found): Read => ({ format: 'der', found: [found] });
  const kind = recognise(octets);
  switch (kind) {
    case 'certificate':
      return one(foundCertificate(octets));
    case 'crl':
      return one(foundCrl(octets));
    case 'request':
      return one(foundRequest(octets));
    case 'pkcs8':
    case 'pkcs1':
    case 'sec1':
      return one(foundKey(octets, kind));
    case 'encrypted-pkcs8':
      return one(await encryptedKey(octets, password, reading));
    case 'public-key':
      return one({ kind: 'other' });
    case 'container':
    case 'unknown':
      return readContainer(octets, password, reading);
  }
}

/** What other programs write in BER. */
async function readContainer(octets: Uint8Array, password: string | undefined, reading: Reading): Promise<Read> {
  if (octets[0] !== 0x30) throw new PkiError('unknown-format');
  const file = readBer(octets);
  if (isPkcs12(file)) return { format: 'pkcs12', ...(await readPkcs12(file, password, reading)) };
  if (isPkcs7(file)) return { format: 'pkcs7', found: readPkcs7(file) };
  throw new PkiError('unknown-format');
}

/** EncryptedPrivateKeyInfo (RFC 5958, 3). */
async function encryptedKey(octets: Uint8Array, password: string | undefined, reading: Reading): Promise<Found> {
  const [algorithm, ciphertext] = inside(readBer(octets));
  const scheme = readScheme(algorithm);
  return foundKey(await withPassword(password, (spelling) => unlock(scheme, spelling, octetsIn(ciphertext), reading)), 'pkcs8');
}

/** Tries the spellings of the password until one opens something that is a key. */
async function withPassword(
  password: string | undefined,
  open: (spelling: Spelling) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (password === undefined) throw new PkiError('password-needed');
  const all = spellings(password);
  try {
    for (const spelling of all) {
      try {
        const der = await open(spelling);
        if (recognise(der) !== 'unknown') return der;
      } catch (error) {
        if (!(error instanceof PkiError) || error.code !== 'password-wrong') throw error;
      }
    }
  } finally {
    wipe(all);
  }
  throw new PkiError('password-wrong');
}
