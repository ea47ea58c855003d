/** What the end-to-end benches stand on: a private server, and people on it that see each other. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EngineApi } from '../../src-main/ipc/engine-api.ts';
import { startHeadless, type ContractClient } from '../../scripts/lib/contract-client.mjs';
import { startProsody, type Prosody } from '../../scripts/lib/prosody.mjs';
import type { CommandName, EventName, Events, Input, Output } from '../../src-shared/api.ts';

/** One person, in this process or another, by the contract. */
export interface Person {
  readonly jid: string;
  invoke<C extends CommandName>(command: C, input: Input<C>): Promise<Output<C>>;
  subscribe(listener: <E extends EventName>(event: E, payload: Events[E]) => void): () => void;
}

export interface Stage {
  readonly prosody: Prosody;
  readonly dir: string;
  /** An account with a random password, not signed in. */
  account(user: string): Promise<{ readonly jid: string; readonly password: string }>;
  /** An engine in a process of its own, signed in. */
  headless(user: string, env?: Readonly<Record<string, string>>): Promise<Person & { readonly client: ContractClient }>;
  server(): { host: string; port: number; tls: 'direct' };
  end(): Promise<void>;
}

export async function setStage(): Promise<Stage> {
  const prosody = await startProsody();
  const dir = await mkdtemp(join(tmpdir(), 'signet-bench-'));
  const clients: ContractClient[] = [];
  const server = () => ({ host: prosody.host, port: prosody.directTlsPort, tls: 'direct' as const });
  const account = async (user: string) => {
    const password = Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('hex');
    await prosody.register(user, password);
    return { jid: `${user}@${prosody.domain}`, password };
  };
  return {
    prosody,
    dir,
    account,
    server,
    async headless(user, env = {}) {
      const { jid, password } = await account(user);
      const client = startHeadless({ profile: join(dir, user), caFile: prosody.caFile, env });
      clients.push(client);
      await client.invoke('account.signIn', { jid, password, server: server() });
      return {
        jid,
        client,
        invoke: (command, input) => client.invoke(command, input),
        subscribe: (listener) => client.subscribe(listener),
      };
    },
    async end() {
      await Promise.all(clients.map((client) => client.stop()));
      await prosody.stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** An engine of this process as a person. */
export function personOf(jid: string, engine: EngineApi): Person {
  return {
    jid,
    invoke: async (command, input) => {
      const handler = engine.handlers[command] as (given: unknown) => unknown;
      return (await handler(input)) as never;
    },
    subscribe: (listener) => engine.subscribe(listener),
  };
}

/** Resolves with the first event that fits. */
export function told<E extends EventName>(
  person: Person,
  event: E,
  fits: (payload: Events[E]) => boolean,
  ms = 20_000,
): Promise<Events[E]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end();
      reject(new Error(`no ${event} in time`));
    }, ms);
    const end = person.subscribe((name: EventName, told: unknown) => {
      const payload = told as Events[E];
      if (name !== event || !fits(payload)) return;
      clearTimeout(timer);
      end();
      resolve(payload);
    });
  });
}

/** Subscribed both ways, and each sees the other online. */
export async function befriend(a: Person, b: Person): Promise<void> {
  const sees = (who: Person, whom: Person) =>
    told(who, 'contact.changed', (c) => c.jid === whom.jid && c.subscription === 'both' && c.presence !== 'offline');
  const done = Promise.all([sees(a, b), sees(b, a)]);
  await b.invoke('contact.add', { jid: a.jid });
  await a.invoke('contact.add', { jid: b.jid });
  await done;
}

export const percentile = (times: readonly number[], p: number): number => {
  const sorted = [...times].sort((x, y) => x - y);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN;
};
