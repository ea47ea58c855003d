/**
 * SCRAM, the client's side (RFC 5802, RFC 7677): both sides prove that they know the password and neither shows it.
 *
 *   C -> S  client-first    n,,n=user,r=cnonce
 *   C <- S  server-first    r=cnonce snonce,s=salt,i=iterations
 *   C -> S  client-final    c=biws,r=...,p=proof
 *   C <- S  server-final    v=signature
 */

import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { SignetError } from '../../../src-shared/errors.ts';

const derive = promisify(pbkdf2);

export type ScramHash = 'sha1' | 'sha256' | 'sha512';

const MIN_ITERATIONS = 4_096;
const MAX_ITERATIONS = 10_000_000;
const MIN_SALT = 8;
const MAX_SALT = 1_024;
const MAX_NONCE = 1_024;
const MAX_MESSAGE = 8_192;

const GS2_HEADER = 'n,,';
const HASH_LENGTH: Readonly<Record<ScramHash, number>> = { sha1: 20, sha256: 32, sha512: 64 };
/** RFC 5802 §7 printable: %x21-2B / %x2D-7E. */
const PRINTABLE = /^[\x21-\x2b\x2d-\x7e]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export interface ScramClient {
  /** client-first-message. */
  readonly first: string;
  /**
   * Takes server-first-message, gives client-final-message. The derivation runs off the event loop.
   * @throws SignetError auth-weak (iterations or salt out of bounds), auth-unsupported (attribute 'm'), auth-failed (an
   *   error of the server), server-proof (anything else that is not allowed)
   */
  answer(serverFirst: string): Promise<string>;
  /**
   * Takes server-final-message; returns only if the server proved that it knows the password.
   * @throws SignetError server-proof, or auth-failed where the server says that our proof does not hold
   */
  verify(serverFinal: string): void;
}

/** @param user and `password` prepared by SASLprep already; `nonce` is printable ASCII without a comma */
export function scramClient(hash: ScramHash, user: string, password: string, nonce: string): ScramClient {
  const hmac = (key: Uint8Array, text: string | Uint8Array): Buffer => createHmac(hash, key).update(text).digest();
  const h = (octets: Uint8Array): Buffer => createHash(hash).update(octets).digest();
  // RFC 5802 §5.1: ',' and '=' of a name are written =2C and =3D.
  const clientFirstBare = `n=${user.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`;
  let expected: Buffer | undefined;

  return {
    first: GS2_HEADER + clientFirstBare,

    async answer(serverFirst) {
      const { serverNonce, salt, iterations } = readServerFirst(serverFirst, nonce);
      const length = HASH_LENGTH[hash];
      // SaltedPassword := Hi(Normalize(password), salt, i)   [RFC 5802 §3]
      const saltedPassword = await derive(Buffer.from(password, 'utf8'), salt, iterations, length, hash);
      // ClientKey := HMAC(SaltedPassword, "Client Key");  StoredKey := H(ClientKey)
      const clientKey = hmac(saltedPassword, 'Client Key');
      const storedKey = h(clientKey);
      // AuthMessage := client-first-message-bare + "," + server-first-message + "," + client-final-message-without-proof
      const withoutProof = `c=${Buffer.from(GS2_HEADER).toString('base64')},r=${serverNonce}`;
      const authMessage = `${clientFirstBare},${serverFirst},${withoutProof}`;
      // ClientSignature := HMAC(StoredKey, AuthMessage);  ClientProof := ClientKey XOR ClientSignature
      const proof = hmac(storedKey, authMessage).map((octet, i) => octet ^ (clientKey[i] ?? 0));
      // ServerKey := HMAC(SaltedPassword, "Server Key");  ServerSignature := HMAC(ServerKey, AuthMessage)
      expected = hmac(hmac(saltedPassword, 'Server Key'), authMessage);
      saltedPassword.fill(0);
      clientKey.fill(0);
      return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`;
    },

    verify(serverFinal) {
      const [first = ''] = serverFinal.split(',', 1);
      if (first.startsWith('e=')) throw new SignetError('auth-failed');
      const signature = first.startsWith('v=') ? base64(first.slice(2)) : undefined;
      if (
        expected === undefined ||
        signature === undefined ||
        signature.length !== expected.length ||
        !timingSafeEqual(signature, expected)
      )
        throw new SignetError('server-proof');
    },
  };
}

interface ServerFirst {
  readonly serverNonce: string;
  readonly salt: Buffer;
  readonly iterations: number;
}

/** server-first-message = [reserved-mext ","] nonce "," salt "," iteration-count ["," extensions] */
function readServerFirst(message: string, nonce: string): ServerFirst {
  if (message.length > MAX_MESSAGE) throw new SignetError('server-proof');
  const [r = '', s = '', i = ''] = message.split(',');
  if (r.startsWith('m=')) throw new SignetError('auth-unsupported');
  if (r.startsWith('e=')) throw new SignetError('auth-failed');
  if (!r.startsWith('r=') || !s.startsWith('s=') || !i.startsWith('i=')) throw new SignetError('server-proof');

  const serverNonce = r.slice(2);
  // The server must have added something of its own to our nonce.
  const ours = serverNonce.startsWith(nonce) && serverNonce.length > nonce.length;
  if (!ours || serverNonce.length > MAX_NONCE || !PRINTABLE.test(serverNonce)) throw new SignetError('server-proof');

  const salt = base64(s.slice(2));
  if (salt === undefined) throw new SignetError('server-proof');
  if (salt.length < MIN_SALT || salt.length > MAX_SALT) throw new SignetError('auth-weak');

  if (!/^[1-9][0-9]*$/.test(i.slice(2))) throw new SignetError('server-proof');
  const iterations = Number(i.slice(2));
  if (iterations < MIN_ITERATIONS || iterations > MAX_ITERATIONS) throw new SignetError('auth-weak');
  return { serverNonce, salt, iterations };
}

function base64(text: string): Buffer | undefined {
  return text !== '' && BASE64.test(text) ? Buffer.from(text, 'base64') : undefined;
}
