/** TLS before anything else (RFC 6120 §5, §13.7; RFC 7590; RFC 9325): version, trust and identity. */

import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { connect, createSecureContext, DEFAULT_CIPHERS, type SecureContext, type TLSSocket } from 'node:tls';
import { SignetError, type ErrorCode } from '../../../src-shared/errors.ts';

import type { Clock, Timers } from '../ports.ts';
import { asciiDomain } from '../targets.ts';
import { authorities, type Authorities } from './authorities.ts';
import { inspect, type CertificateReport } from './certificate.ts';

const HANDSHAKE_MS = 15_000;
const ALPN = 'xmpp-client';
/** RFC 9325 §4: at least 112 bits, which rules out RSA under 2,048 bits and signatures with SHA-1. */
const CIPHERS = `${DEFAULT_CIPHERS}:@SECLEVEL=2`;

/** Whom to believe, ready for handshakes. */
export interface Trust {
  readonly context: SecureContext;
  readonly authorities: Authorities;
}

/** What is said about the server's certificate before anything is said to the server. */
export interface CertificatePolicy {
  /** Every check was passed. */
  passed(report: CertificateReport): void;
  /** Some check was not: true only where the user made an exception for this very certificate. */
  excepted(report: CertificateReport): boolean;
}

/** No exceptions. */
export const strict: CertificatePolicy = { passed: () => undefined, excepted: () => false };

/** Make it once an account: the authorities take some 20 ms. @param ca PEM, trusted in addition to the platform's */
export function trust(ca: readonly string[] = []): Trust {
  const believed = authorities(ca);
  return {
    context: createSecureContext({ minVersion: 'TLSv1.2', ciphers: CIPHERS, ca: [...believed.pem] }),
    authorities: believed,
  };
}

export interface HandshakeOptions {
  /** Of the account: the certificate must name it, whatever host was led to. */
  readonly domain: string;
  readonly trust: Trust;
  readonly policy: CertificatePolicy;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Without STARTTLS before it (XEP-0368). */
  readonly direct: boolean;
  /** A name that the domain delegated to (XEP-0487): the server is called by it, and may prove that it is that one. */
  readonly delegate?: string | undefined;
}

/**
 * Does the handshake on a connected socket, which must have no reader any more.
 * @throws SignetError server-certificate, tls-failed, connect-timeout; the socket is destroyed then
 */
export function secure(socket: Socket, o: HandshakeOptions): Promise<TLSSocket> {
  const domain = asciiDomain(o.domain);
  const name = o.delegate ?? domain;
  return new Promise((resolve, reject) => {
    const tls = connect({
      socket,
      secureContext: o.trust.context,
      // Everything is checked below, before a word is said, so that a person can be told all that does not hold.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      // An address is not a server name (RFC 6066 §3).
      ...(isIP(name) === 0 ? { servername: name } : {}),
      ...(o.direct ? { ALPNProtocols: [ALPN] } : {}),
    });
    const fail = (code: ErrorCode, cause?: unknown) => {
      done();
      tls.on('error', () => undefined);
      tls.destroy();
      socket.destroy();
      reject(new SignetError(code, { cause }));
    };
    const onError = (cause?: unknown) => {
      fail('tls-failed', cause);
    };
    const cancel = o.timers.after(HANDSHAKE_MS, () => {
      fail('connect-timeout');
    });
    const done = () => {
      cancel();
      tls.off('error', onError);
      tls.off('close', onError);
    };
    tls.once('error', onError);
    tls.once('close', onError);
    tls.once('secureConnect', () => {
      let holds: boolean;
      try {
        holds = judge(tls, domain, o);
      } catch (error) {
        fail('server-certificate', error);
        return;
      }
      if (!holds) {
        fail('server-certificate');
        return;
      }
      done();
      resolve(tls);
    });
  });
}

function judge(tls: TLSSocket, domain: string, o: HandshakeOptions): boolean {
  const report = inspect({
    peer: tls.getPeerCertificate(true),
    domain,
    delegate: o.delegate,
    // Node's types say Error; it is the code.
    pathError: tls.authorized ? undefined : String(tls.authorizationError),
    authorities: o.trust.authorities,
    now: o.clock.now(),
  });
  if (report.failed.length > 0) return o.policy.excepted(report);
  o.policy.passed(report);
  return true;
}
