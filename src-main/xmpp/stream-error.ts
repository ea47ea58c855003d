/** Stream errors (RFC 6120 §4.9), received and sent. */

import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { xml, type Element } from '../xml/element.ts';
import { serialize } from '../xml/serialize.ts';
import type { Target } from './targets.ts';

export const NS_CLIENT = 'jabber:client';
export const NS_STREAM = 'http://etherx.jabber.org/streams';
const NS_STREAM_ERRORS = 'urn:ietf:params:xml:ns:xmpp-streams';

const XMPP_PORT = 5222;

/** Why a stream ended. */
export class StreamError extends SignetError {
  /** The defined condition, where a stream error was received or sent. */
  readonly condition: string | undefined;
  /** With see-other-host on a secured stream: where to go. */
  readonly redirect: Target | undefined;

  constructor(code: ErrorCode, condition?: string, redirect?: Target, cause?: unknown) {
    super(code, { cause });
    this.name = 'StreamError';
    this.condition = condition;
    this.redirect = redirect;
  }
}

const CODES: Readonly<Record<string, ErrorCode>> = {
  conflict: 'stream-conflict',
  'host-gone': 'server-not-found',
  'host-unknown': 'server-not-found',
  'resource-constraint': 'server-busy',
};

/** Reads `<stream:error/>`. */
export function receivedStreamError(element: Element): StreamError {
  const condition = element.elements().find((c) => c.ns === NS_STREAM_ERRORS && c.name !== 'text');
  const name = condition?.name ?? 'undefined-condition';
  const code = Object.hasOwn(CODES, name) ? (CODES[name] ?? 'stream-error') : 'stream-error';
  const redirect = name === 'see-other-host' ? otherHost(condition?.text().trim() ?? '') : undefined;
  return new StreamError(code, name, redirect);
}

/** RFC 6120 §4.9.3.19: a name, an IPv4 address or a bracketed IPv6 address, and perhaps a port. */
function otherHost(text: string): Target | undefined {
  const match = /^(\[[0-9A-Fa-f:.]{2,45}\]|[^\s:/[\]]{1,253})(?::([1-9][0-9]{0,4}))?$/.exec(text);
  const host = match?.[1]?.replace(/^\[|\]$/g, '');
  const port = Number(match?.[2] ?? XMPP_PORT);
  return host === undefined || port > 0xffff ? undefined : { host, port, tls: 'starttls' };
}

/**
 * Writes `<stream:error/>`, with the prefix of our stream header (RFC 6120 §4.8.5); `application` is an application-specific
 * condition beside the defined one.
 */
export function streamError(condition: string, application?: Element): string {
  const own = application === undefined ? '' : serialize(application, NS_CLIENT);
  return `<stream:error>${serialize(xml(condition, NS_STREAM_ERRORS), NS_CLIENT)}${own}</stream:error>`;
}
