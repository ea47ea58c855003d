/** TLS before anything else (RFC 6120 §5, §13.7; RFC 7590): version, trust and identity. */

import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  rootCertificates,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { asciiDomain } from './dial.ts';
import type { Timers } from './ports.ts';

const HANDSHAKE_MS = 15_000;
const ALPN = 'xmpp-client';

/** OpenSSL's and Node's words for "this chain or this name does not hold"; anything else is a failed handshake. */
const CERTIFICATE_ERRORS = new Set([
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REJECTED',
  'CERT_REVOKED',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_CHAIN_TOO_LONG',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_FORMAT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

/**
 * The trust to use: the platform's authorities and these in addition. Make it once an account: reading all authorities
 * takes some milliseconds.
 */
export function trust(ca: readonly string[] = []): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(ca.length === 0 ? {} : { ca: [...rootCertificates, ...ca] }) });
}

/**
 * The certificate must name the domain of the account, whatever host SRV led to, as a subjectAltName: a subject's
 * common name counts for nothing (RFC 9525 §2).
 */
function checkIdentity(domain: string, certificate: PeerCertificate): Error | undefined {
  // Node's types say that there always are alternative names; a certificate without them proves otherwise.
  const names: string | undefined = certificate.subjectaltname;
  if (names === undefined || names === '')
    return Object.assign(new Error('no subjectAltName'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
  return checkServerIdentity(domain, certificate);
}

/**
 * Does the handshake on a connected socket, which must have no reader any more.
 * @throws SignetError server-certificate, tls-failed, connect-timeout; the socket is destroyed then
 */
export function secure(
  socket: Socket,
  jidDomain: string,
  context: SecureContext,
  timers: Timers,
  direct: boolean,
): Promise<TLSSocket> {
  const domain = asciiDomain(jidDomain);
  return new Promise((resolve, reject) => {
    const tls = connect({
      socket,
      secureContext: context,
      rejectUnauthorized: true,
      checkServerIdentity: (_host, certificate) => checkIdentity(domain, certificate),
      // An address is not a server name (RFC 6066 §3).
      ...(isIP(domain) === 0 ? { servername: domain } : {}),
      ...(direct ? { ALPNProtocols: [ALPN] } : {}),
    });
    const fail = (code: ErrorCode, cause?: unknown) => {
      done();
      tls.on('error', () => undefined);
      tls.destroy();
      socket.destroy();
      reject(new SignetError(code, { cause }));
    };
    const onError = (error: NodeJS.ErrnoException) => {
      fail(CERTIFICATE_ERRORS.has(error.code ?? '') ? 'server-certificate' : 'tls-failed', error);
    };
    const onClose = () => {
      fail('tls-failed');
    };
    const cancel = timers.after(HANDSHAKE_MS, () => {
      fail('connect-timeout');
    });
    const done = () => {
      cancel();
      tls.off('error', onError);
      tls.off('close', onClose);
    };
    tls.once('error', onError);
    tls.once('close', onClose);
    tls.once('secureConnect', () => {
      if (!tls.authorized) {
        fail('server-certificate');
        return;
      }
      done();
      resolve(tls);
    });
  });
}
