/** In-band registration of an account (XEP-0077 §3.1), on a secured stream, before SASL. */

import { SignetError, type ErrorCode } from '../../src-shared/errors.ts';
import { domainOf, localOf } from '../../src-shared/jid.ts';
import { xml, type Element } from '../xml/element.ts';
import { serialize } from '../xml/serialize.ts';
import type { ServerOptions } from './client-types.ts';
import { connectSecure } from './connect.ts';
import { createHostMeta } from './host-meta.ts';
import { readStanzaError } from './iq.ts';
import { systemClock, systemTimers } from './ports.ts';
import { NS_CLIENT } from './stream-error.ts';
import { createStream, type XmlStream } from './stream.ts';
import { systemResolver } from './targets.ts';
import { strict, trust } from './tls/secure.ts';

const NS_REGISTER = 'jabber:iq:register';
const NS_REGISTER_FEATURE = 'http://jabber.org/features/iq-register';
const NS_FORMS = 'jabber:x:data';

export interface RegisterOptions extends ServerOptions {
  readonly password: string;
}

/**
 * Makes the account `jid` with this password; signing in is another connection.
 * @throws SignetError account-exists, registration-closed, registration-failed (a form that asks for more than a name and
 *   a password, among others), server-busy, and those of connecting
 */
export async function registerAccount(o: RegisterOptions): Promise<void> {
  const user = localOf(o.jid);
  if (user === undefined) throw new SignetError('bad-jid');
  const domain = domainOf(o.jid);
  const timers = o.timers ?? systemTimers;
  const clock = o.clock ?? systemClock;
  const believed = trust(o.ca);
  const socket = await connectSecure({
    domain,
    server: o.server,
    proxy: o.proxy,
    trust: believed,
    policy: o.policy ?? strict,
    resolver: o.resolver ?? systemResolver,
    hostMeta: o.hostMeta ?? createHostMeta({ trust: believed, random: o.random, timers, clock }),
    random: o.random,
    timers,
    clock,
    signal: new AbortController().signal,
  });
  const stream = createStream(socket, { domain, timers });
  try {
    const features = await stream.open();
    if (features.child('register', NS_REGISTER_FEATURE) === undefined) throw new SignetError('registration-closed');
    const ask = (type: 'get' | 'set', query: Element) =>
      request(stream, type, domain, Buffer.from(o.random(15)).toString('base64url'), query);
    const form = (await ask('get', xml('query', NS_REGISTER))).child('query', NS_REGISTER);
    if (form === undefined) throw new SignetError('registration-failed');
    await ask('set', xml('query', NS_REGISTER, {}, ...filledIn(form, user, o.password)));
  } finally {
    await stream.close();
  }
}

async function request(stream: XmlStream, type: 'get' | 'set', to: string, id: string, query: Element): Promise<Element> {
  stream.write(serialize(xml('iq', NS_CLIENT, { type, id, to }, query), NS_CLIENT));
  const answer = await stream.next();
  if (!answer.is('iq', NS_CLIENT) || answer.attr('id') !== id) throw new SignetError('registration-failed');
  if (answer.attr('type') === 'result') return answer;
  const { condition } = readStanzaError(answer);
  throw new SignetError(
    Object.hasOwn(REFUSALS, condition) ? (REFUSALS[condition] ?? 'registration-failed') : 'registration-failed',
  );
}

const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  conflict: 'account-exists',
  forbidden: 'registration-closed',
  'not-allowed': 'registration-closed',
  'not-authorized': 'registration-closed',
  'service-unavailable': 'registration-closed',
  'feature-not-implemented': 'registration-closed',
  'resource-constraint': 'server-busy',
};

/** XEP-0077: where there is a data form it is used, and the plain fields otherwise. */
function filledIn(form: Element, user: string, password: string): Element[] {
  const data = form.child('x', NS_FORMS);
  return data === undefined ? filledFields(form, user, password) : [filledForm(data, user, password)];
}

function filledFields(form: Element, user: string, password: string): Element[] {
  const fields = form.elements().filter((f) => f.ns === NS_REGISTER && f.name !== 'instructions' && f.name !== 'registered');
  return fields.map((field) => {
    if (field.name === 'username') return xml('username', NS_REGISTER, {}, user);
    if (field.name === 'password') return xml('password', NS_REGISTER, {}, password);
    // `key` is the server's own, given back as it came; every plain field is required, and we have no more to give.
    if (field.name === 'key') return xml('key', NS_REGISTER, {}, field.text());
    throw new SignetError('registration-failed');
  });
}

function filledForm(data: Element, user: string, password: string): Element {
  const fields: Element[] = [];
  const known: Readonly<Record<string, string>> = { username: user, password };
  for (const field of data.childrenOf('field')) {
    const name = field.attr('var') ?? '';
    const hidden = field.attr('type') === 'hidden';
    const value = Object.hasOwn(known, name) ? known[name] : hidden ? field.childText('value') : undefined;
    if (value !== undefined) fields.push(xml('field', NS_FORMS, { var: name }, xml('value', NS_FORMS, {}, value)));
    else if (field.child('required') !== undefined) throw new SignetError('registration-failed');
  }
  return xml('x', NS_FORMS, { type: 'submit' }, ...fields);
}
