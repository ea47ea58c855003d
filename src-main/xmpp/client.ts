/**
 * The client: connects, secures, signs in, resumes or begins a session, and does it again when the connection ends.
 *
 *   offline ──start──► connecting ──► online ──► waiting ──► connecting ...
 *                          └──────────────┴────► stopped   (what only a person can mend)
 */

import { SignetError } from '../../src-shared/errors.ts';
import { bareOf, domainOf, localOf, type FullJid } from '../../src-shared/jid.ts';
import type { Element } from '../xml/element.ts';
import { bindResource, enableManagement, resumeSession } from './bind.ts';
import type { Client, ClientOptions, ClientState } from './client-types.ts';
import { connectSecure } from './connect.ts';
import { createHostMeta, type HostMeta } from './host-meta.ts';
import { createKeepalive, type Keepalive } from './keepalive.ts';
import { systemClock, systemTimers } from './ports.ts';
import { createBackoff, mayPass } from './reconnect.ts';
import { authenticate } from './sasl/negotiate.ts';
import { createSession, type SessionMachine } from './session.ts';
import { NS_SM } from './sm.ts';
import { StreamError } from './stream-error.ts';
import { createStream, type XmlStream } from './stream.ts';
import { systemResolver, type Target } from './targets.ts';
import { strict, trust, type Trust } from './tls/secure.ts';

export { registerAccount } from './register.ts';
export type { Client, ClientOptions, ClientState, ServerOptions } from './client-types.ts';

const NS_LIMITS = 'urn:xmpp:stream-limits:0';
/** XEP-0478 is silent: what servers of today take at least. */
const DEFAULT_MAX_STANZA = 65_536;
/** RFC 6120 §13.12: no server may refuse less. */
const LEAST_MAX_STANZA = 10_000;
/** We read no more than this ourselves (protocol 10). */
const MOST_MAX_STANZA = 262_144;
/** Work on incoming stanzas that outlives its connection by this holds up no longer: the session is given up. */
const SETTLE_MS = 30_000;
/** On saying goodbye: for the last acknowledgement. */
const LAST_ACK_MS = 1_000;
/** see-other-host is followed this many times in a row. */
const MAX_REDIRECTS = 3;

export function createClient(o: ClientOptions): Client {
  const timers = o.timers ?? systemTimers;
  const clock = o.clock ?? systemClock;
  const domain = domainOf(o.jid);
  const backoff = createBackoff(o.random);
  const onFault = o.onFault ?? (() => undefined);
  let believed: Trust | undefined;
  let hostMeta: HostMeta | undefined = o.hostMeta;
  let session: SessionMachine | undefined;
  let resumeId: string | undefined;
  let stream: XmlStream | undefined;
  let keepalive: Keepalive | undefined;
  let maxStanza = DEFAULT_MAX_STANZA;
  let redirect: Target | undefined;
  let redirects = 0;
  let running: AbortController | undefined;
  let loop: Promise<void> = Promise.resolve();
  let wake: (() => void) | undefined;

  /** The engine's functions must not throw; where one does, the connection goes on. */
  function guarded(run: () => void): void {
    try {
      run();
    } catch (error) {
      onFault(error);
    }
  }

  const tell = (state: ClientState) => {
    guarded(() => {
      o.onState(state);
    });
  };

  function endSession(): void {
    const ended = session;
    session = undefined;
    resumeId = undefined;
    const unacked = ended?.end() ?? [];
    if (unacked.length > 0) {
      guarded(() => {
        o.onUnacked(unacked);
      });
    }
  }

  /** What is still being worked on belongs to the old stream's count; resuming before it is done would count it twice. */
  async function settled(machine: SessionMachine, signal: AbortSignal): Promise<boolean> {
    let giveUp: () => void = () => undefined;
    const late = new Promise<boolean>((resolve) => {
      giveUp = () => {
        resolve(false);
      };
    });
    const cancel = timers.after(SETTLE_MS, giveUp);
    signal.addEventListener('abort', giveUp);
    const inTime = await Promise.race([machine.settle().then(() => true), late]);
    cancel();
    signal.removeEventListener('abort', giveUp);
    return inTime;
  }

  async function connect(signal: AbortSignal): Promise<XmlStream> {
    believed ??= trust(o.ca);
    hostMeta ??= createHostMeta({ trust: believed, random: o.random, timers, clock });
    const server = redirect ?? o.server;
    redirect = undefined;
    const resolver = o.resolver ?? systemResolver;
    const policy = o.policy ?? strict;
    const socket = await connectSecure({
      ...{ domain, server, proxy: o.proxy, policy, resolver, hostMeta, timers, clock, signal },
      ...{ trust: believed, random: o.random },
    });
    const onOctets = () => {
      keepalive?.received();
    };
    return createStream(socket, { domain, from: o.jid, timers, onOctets });
  }

  /** SASL, then the session of before or a new one. */
  async function signIn(next: XmlStream): Promise<{ resumed: boolean; jid: FullJid }> {
    const user = localOf(o.jid);
    if (user === undefined) throw new SignetError('bad-jid');
    const before = await next.open();
    // The person or the keychain may take long; the stream may end meanwhile.
    const password = () => Promise.race([o.password(), next.ended.then((error) => Promise.reject(error))]);
    await authenticate(next, before, { user, password, allowPlain: o.allowPlain ?? false }, o.random);
    const features = await next.open();
    maxStanza = stanzaLimit(features);
    const resumed = await tryResume(next);
    return resumed === undefined ? { resumed: false, jid: await begin(next, features) } : { resumed: true, jid: resumed };
  }

  /** One connection, from nothing to its end. @returns why it ended */
  async function connectOnce(signal: AbortSignal): Promise<SignetError> {
    tell({ kind: 'connecting' });
    if (session !== undefined && !(await settled(session, signal))) endSession();
    const next = await connect(signal);
    const abort = () => {
      next.fail(new SignetError('no-network'));
    };
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    try {
      const { resumed, jid } = await signIn(next);
      // From here on `stop` says goodbye.
      signal.removeEventListener('abort', abort);
      stream = next;
      redirects = 0;
      keepalive = createKeepalive({
        timers,
        clock,
        probe: () => session?.probe(),
        deaf: () => session?.paused ?? false,
        dead: () => {
          next.fail(new StreamError('no-network'));
        },
      });
      const since = clock.now();
      tell({ kind: 'online', resumed, jid });
      const reason = await next.ended;
      backoff.held(clock.now() - since);
      return reason;
    } catch (error) {
      next.fail(error instanceof SignetError ? error : new SignetError('internal', { cause: error }));
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      keepalive?.stop();
      keepalive = undefined;
      stream = undefined;
      session?.detach();
      if (resumeId === undefined) endSession();
    }
  }

  async function tryResume(next: XmlStream): Promise<FullJid | undefined> {
    if (session === undefined || resumeId === undefined) return undefined;
    const answer = await resumeSession(next, resumeId, session.h);
    if (answer.resumed) {
      session.resume(next, answer.h);
      return session.jid;
    }
    session.lastWord(answer.h);
    endSession();
    return undefined;
  }

  async function begin(next: XmlStream, features: Element): Promise<FullJid> {
    const jid = await bindResource(next, bareOf(o.jid), o.resource, o.random).catch((error: unknown) => {
      // The name is taken and the server keeps the other: it finds another one for us.
      if (!(error instanceof SignetError) || error.code !== 'stream-conflict' || o.resource === undefined) throw error;
      return bindResource(next, bareOf(o.jid), undefined, o.random);
    });
    const offered = features.child('sm', NS_SM) !== undefined;
    const enabled = offered ? await enableManagement(next) : { acknowledged: false, resumeId: undefined, early: [] };
    const machine = createSession({
      jid,
      acknowledged: enabled.acknowledged,
      maxStanza: () => maxStanza,
      deliver: o.deliver,
      onFault,
      onAckAsked: () => {
        keepalive?.expecting();
      },
      random: o.random,
      timers,
    });
    session = machine;
    resumeId = enabled.resumeId;
    // Modules first, so that none of them misses what comes; they may send and ask already.
    machine.attach(next);
    o.onSession(machine);
    machine.listen(enabled.early);
    return jid;
  }

  async function run(controller: AbortController): Promise<void> {
    const { signal } = controller;
    const stopping = () => signal.aborted;
    while (!stopping()) {
      const error = await connectOnce(signal).catch((e: unknown) =>
        e instanceof SignetError ? e : new SignetError('internal', { cause: e }),
      );
      if (stopping()) break;
      if (error.code === 'internal') onFault(error.cause ?? error);
      if (!mayPass(error.code)) {
        if (running === controller) running = undefined;
        endSession();
        tell({ kind: 'stopped', code: error.code });
        return;
      }
      if (error instanceof StreamError && error.redirect !== undefined && redirects < MAX_REDIRECTS) {
        redirects++;
        redirect = error.redirect;
        continue;
      }
      const ms = backoff.next();
      const slept = sleep(ms);
      tell({ kind: 'waiting', retryAt: clock.now() + ms, code: error.code });
      await slept;
    }
    endSession();
    tell({ kind: 'offline' });
  }

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = timers.after(ms, () => {
        wake = undefined;
        resolve();
      });
      wake = () => {
        cancel();
        wake = undefined;
        resolve();
      };
    });
  }

  function start(): void {
    if (running !== undefined) return;
    const controller = new AbortController();
    running = controller;
    backoff.reset();
    // One after the other: a client started again while it stops begins when it has stopped.
    loop = loop.then(() => run(controller));
  }

  async function sayGoodbye(last: XmlStream): Promise<void> {
    // Everything sent is confirmed and everything committed is acknowledged, so that nothing is sent twice.
    const machine = session;
    if (machine !== undefined && machine.unacked > 0) {
      machine.probe();
      const until = clock.now() + LAST_ACK_MS;
      while (machine.unacked > 0 && clock.now() < until && stream === last) await pause(10);
    }
    machine?.acknowledgeLast();
    resumeId = undefined;
    await last.close();
  }

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      timers.after(ms, resolve);
    });

  return {
    start,
    async stop() {
      const controller = running;
      if (controller === undefined) {
        await loop;
        return;
      }
      running = undefined;
      const last = stream;
      controller.abort();
      wake?.();
      if (last !== undefined) await sayGoodbye(last);
      await loop;
    },
    reconnectNow() {
      if (running === undefined) start();
      else if (stream !== undefined) keepalive?.probeNow();
      else {
        backoff.reset();
        wake?.();
      }
    },
    get session() {
      return session;
    },
    get maxStanza() {
      return maxStanza;
    },
  };
}

function stanzaLimit(features: Element): number {
  const text = features.child('limits', NS_LIMITS)?.childText('max-bytes')?.trim() ?? '';
  if (!/^[0-9]{1,15}$/.test(text)) return DEFAULT_MAX_STANZA;
  return Math.min(MOST_MAX_STANZA, Math.max(LEAST_MAX_STANZA, Number(text)));
}
