/**
 * STARTTLS (RFC 6120 §5), mandatory: what is said before TLS is read octet by octet and forgotten, so that nothing that
 * was sent in the clear can be taken for something said inside TLS.
 */

import type { Socket } from 'node:net';
import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import type { Element } from '../xml/element.ts';
import { StreamParser } from '../xml/parser.ts';
import type { Timers } from './ports.ts';
import { NS_STREAM } from './stream-error.ts';
import { headerError, streamHeader } from './stream.ts';

const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls';

const PREFACE_MS = 15_000;
/** Octets that a server may send in the clear. */
const MAX_PREFACE = 16 * 1024;

/**
 * Asks for TLS and resolves when the server said `<proceed/>`; the socket then has no reader, and nothing is buffered.
 * @throws SignetError tls-required (not offered, or refused), tls-failed (octets after `<proceed/>`), stream-error (a
 *   stream error in the clear, see-other-host among them: it is not believed), stream-malformed, connect-timeout, no-network
 */
export function requestTls(socket: Socket, domain: string, timers: Timers): Promise<void> {
  return new Promise((resolve, reject) => {
    let received = 0;
    let asked = false;
    let proceed = false;

    const fail = (code: ErrorCode, cause?: unknown) => {
      done();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(new SignetError(code, { cause }));
    };
    const onStanza = (element: Element) => {
      if (element.is('error', NS_STREAM)) throw new SignetError('stream-error');
      if (!asked) {
        if (element.is('features', NS_STREAM) && element.child('starttls', NS_TLS) === undefined)
          throw new SignetError('tls-required');
        if (!element.is('features', NS_STREAM)) throw new SignetError('stream-malformed');
        asked = true;
        socket.write(`<starttls xmlns='${NS_TLS}'/>`);
      } else if (element.is('proceed', NS_TLS)) proceed = true;
      else throw new SignetError(element.is('failure', NS_TLS) ? 'tls-required' : 'stream-malformed');
    };
    const parser = new StreamParser({
      onOpen(root) {
        const error = headerError(root, domain);
        if (error !== undefined) throw error;
      },
      onStanza,
      onClose() {
        throw new SignetError('stream-error');
      },
    });
    const onData = (octets: Buffer) => {
      received += octets.length;
      try {
        if (received > MAX_PREFACE) throw new SignetError('stream-malformed');
        for (let i = 0; i < octets.length; i++) {
          // RFC 6120 §5.4.3.3: the handshake begins at the octet after the '>' of <proceed/>; the server is silent till then.
          if (proceed) throw new SignetError('tls-failed');
          parser.write(octets.subarray(i, i + 1));
        }
      } catch (error) {
        fail(error instanceof SignetError ? error.code : 'stream-malformed', error);
        return;
      }
      if (!proceed) return;
      parser.stop();
      done();
      resolve();
    };
    const onGone = (cause?: unknown) => {
      fail('no-network', cause);
    };
    const cancel = timers.after(PREFACE_MS, () => {
      fail('connect-timeout');
    });
    const done = () => {
      cancel();
      socket.off('data', onData).off('error', onGone).off('end', onGone).off('close', onGone);
      socket.pause();
    };
    socket.on('data', onData).on('error', onGone).on('end', onGone).on('close', onGone);
    socket.write(streamHeader(domain));
  });
}
