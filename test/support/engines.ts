/** Real engines on a real Prosody with a real Secret Service, in temp folders: what the integration tests drive. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CommandName, EventName, Events, Input, Output } from '../../src-shared/api.ts';
import { composeEngine, type EnginePorts } from '../../src-main/engine.ts';
import { createKeychain } from '../../src-main/keychain/keychain.ts';
import { createRouter } from '../../src-main/ipc/router.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import { cacheCopy } from '../../src-main/store/outside-copy.ts';
import { systemClock, systemTimers } from '../../src-main/xmpp/ports.ts';
import { ContractFailure } from './contract-failure.ts';
import type { Prosody } from './prosody.ts';

export interface TestEngine {
  readonly profile: string;
  call<C extends CommandName>(command: C, input: Input<C>): Promise<Output<C>>;
  /** Everything told so far. */
  readonly events: readonly { readonly event: EventName; readonly payload: unknown; readonly at: number }[];
  /** The next (or a past, with `from` 0) event that fits. */
  until<E extends EventName>(event: E, fits?: (payload: Events[E]) => boolean, ms?: number, from?: number): Promise<Events[E]>;
  stop(): Promise<void>;
  /** Ends the process's part and removes the profile. */
  remove(): Promise<void>;
}

export interface EngineSetup {
  readonly profile?: string;
  readonly ca?: readonly string[];
  readonly ports?: Partial<EnginePorts>;
}

export async function startEngine(setup: EngineSetup = {}): Promise<TestEngine> {
  const profile = setup.profile ?? (await mkdtemp(join(tmpdir(), 'signet-profile-')));
  const cache = `${profile}.cache`;
  const engine = await composeEngine({
    profile,
    host: 'test',
    ...(setup.ca !== undefined && { ca: setup.ca }),
    keychain: createKeychain(),
    clock: systemClock,
    timers: systemTimers,
    random: systemRandom,
    outside: (dir) => cacheCopy(dir, { XDG_CACHE_HOME: cache }),
    log: (event, code) => {
      if (process.env['SIGNET_TEST_LOG'] !== undefined) console.error(`[${profile.slice(-6)}]`, event, code ?? '');
    },
    ...setup.ports,
  });
  const router = createRouter(engine, {
    log: (line) => {
      if (process.env['SIGNET_TEST_LOG'] !== undefined) console.error(line);
    },
  });
  const events: { event: EventName; payload: unknown; at: number }[] = [];
  const watchers = new Set<() => void>();
  engine.subscribe((event, payload) => {
    events.push({ event, payload, at: performance.now() });
    for (const look of watchers) look();
  });
  const stop = (): Promise<void> => engine.stop();
  return {
    profile,
    events,
    async call<C extends CommandName>(command: C, input: Input<C>) {
      const reply = await router.invoke(command, input);
      if (!reply.ok) throw new ContractFailure(reply.error);
      return reply.value as Output<C>;
    },
    until(event, fits = () => true, ms = 10_000, from = events.length) {
      return new Promise((resolve, reject) => {
        let next = from;
        const look = (): void => {
          for (; next < events.length; next += 1) {
            const told = events[next];
            if (told?.event === event && fits(told.payload as never)) {
              clearTimeout(timer);
              watchers.delete(look);
              resolve(told.payload as never);
              return;
            }
          }
        };
        const timer = setTimeout(() => {
          watchers.delete(look);
          reject(new Error(`no ${event} within ${String(ms)} ms; last: ${JSON.stringify(events.slice(-8))}`));
        }, ms);
        watchers.add(look);
        look();
      });
    },
    stop,
    async remove() {
      await stop();
      await rm(profile, { recursive: true, force: true });
      await rm(cache, { recursive: true, force: true });
    },
  };
}

/** Signs an account of this Prosody in. */
export async function signIn(engine: TestEngine, prosody: Prosody, user: string, password: string): Promise<void> {
  await engine.call('account.signIn', {
    jid: `${user}@${prosody.domain}`,
    password,
    server: { host: prosody.host, port: prosody.directTlsPort, tls: 'direct' },
  });
}

/** Subscribed both ways. */
export async function befriend(a: TestEngine, aJid: string, b: TestEngine, bJid: string): Promise<void> {
  const both = (jid: string) => (contact: Events['contact.changed']) =>
    contact.jid === jid && contact.subscription === 'both' && contact.presence !== 'offline';
  const done = Promise.all([a.until('contact.changed', both(bJid)), b.until('contact.changed', both(aJid))]);
  await b.call('contact.add', { jid: aJid });
  await a.call('contact.add', { jid: bJid });
  await done;
}
