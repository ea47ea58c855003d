/** Alice and Bob: two engines, contacts of each other, on one real Prosody with one real keyring. */

import type { Message } from '../../src-shared/models.ts';
import { systemClock, type Clock } from '../../src-main/xmpp/ports.ts';
import { befriend, signIn, startEngine, type EngineSetup, type TestEngine } from './engines.ts';
import { useKeyring } from './keyring.ts';
import { startProsody, type Prosody } from './prosody.ts';

export const A = 'alice@localhost';
export const B = 'bob@localhost';

export interface Pair {
  readonly prosody: Prosody;
  alice: TestEngine;
  bob: TestEngine;
  stop(): Promise<void>;
}

export interface PairSetup {
  readonly alice?: EngineSetup;
  readonly bob?: EngineSetup;
  /** Where the engines connect to instead of Prosody itself. */
  readonly port?: (prosody: Prosody) => Promise<number>;
}

export async function startPair(setup: PairSetup = {}): Promise<Pair> {
  const keyring = await useKeyring();
  const prosody = await startProsody({ accounts: { alice: 'apple', bob: 'banana', mallory: 'mango' } });
  const port = (await setup.port?.(prosody)) ?? prosody.directTlsPort;
  const at = { ...prosody, directTlsPort: port };
  const [alice, bob] = await Promise.all([
    startEngine({ ca: [prosody.ca], ...setup.alice }),
    startEngine({ ca: [prosody.ca], ...setup.bob }),
  ]);
  await Promise.all([signIn(alice, at, 'alice', 'apple'), signIn(bob, at, 'bob', 'banana')]);
  await befriend(alice, A, bob, B);
  const pair: Pair = {
    prosody,
    alice,
    bob,
    async stop() {
      await Promise.all([pair.alice.remove(), pair.bob.remove()]);
      await prosody.stop();
      await keyring.stop();
    },
  };
  return pair;
}

/** Stops the engine and starts one on the same profile, which signs in by itself; resolves when it is online. */
export async function startAgain(engine: TestEngine, prosody: Prosody, setup: EngineSetup = {}): Promise<TestEngine> {
  await engine.stop();
  const again = await startEngine({ ca: [prosody.ca], profile: engine.profile, ...setup });
  await online(again);
  return again;
}

/** Resolves when the engine is, or becomes, signed in. */
export async function online(engine: TestEngine): Promise<void> {
  const account = await engine.call('account.get', {});
  if (account?.connection.kind !== 'online')
    await engine.until('account.changed', (a) => a?.connection.kind === 'online', 20_000, 0);
}

/** Sends, and resolves with what the other side was shown. */
export async function say(from: TestEngine, to: string, body: string, by: TestEngine): Promise<Message> {
  const arrived = by.until('message.arrived', (m) => !m.mine && m.body === body);
  await from.call('message.send', { to, body });
  return arrived;
}

/** Bodies of a conversation in order of display, of one side's messages. */
export async function bodies(engine: TestEngine, jid: string, mine: boolean): Promise<string[]> {
  const { items } = await engine.call('message.list', { jid, limit: 200 });
  return items
    .filter((m) => m.mine === mine)
    .map((m) => m.body)
    .reverse();
}

/** How many associations came to stand, as this engine told. */
export const stood = (engine: TestEngine): number =>
  engine.events.filter((e) => e.event === 'association.changed' && (e.payload as { state: string }).state === 'stands').length;

/** Real time plus an offset that a test can move: streams and servers go on meanwhile. */
export function shiftableClock(): Clock & { shift(ms: number): void } {
  let offset = 0;
  return {
    now: () => systemClock.now() + offset,
    shift(ms) {
      offset += ms;
    },
  };
}
