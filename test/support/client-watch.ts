/** A client under test, with everything it tells kept in order. */

import { randomBytes } from 'node:crypto';
import type { Element } from '../../src-main/xml/element.ts';
import type { ClientOptions, ClientState } from '../../src-main/xmpp/client-types.ts';
import { createClient, type Client } from '../../src-main/xmpp/client.ts';
import type { Outgoing, Session } from '../../src-main/xmpp/types.ts';
import type { BareJid } from '../../src-shared/jid.ts';

const WAIT_MS = 10_000;

export interface Watched {
  readonly client: Client;
  readonly states: ClientState[];
  readonly sessions: Session[];
  readonly delivered: Element[];
  readonly unacked: Outgoing[][];
  readonly faults: unknown[];
  /** Waits until this is true of what was told. */
  until(condition: () => boolean, what?: string): Promise<void>;
  online(times?: number): Promise<Session>;
  /** Waits for a state of this kind. */
  state<K extends ClientState['kind']>(kind: K): Promise<Extract<ClientState, { kind: K }>>;
}

export function watch(jid: string, options: Partial<ClientOptions> = {}): Watched {
  const states: ClientState[] = [];
  const sessions: Session[] = [];
  const delivered: Element[] = [];
  const unacked: Outgoing[][] = [];
  const faults: unknown[] = [];
  const client = createClient({
    jid: jid as BareJid,
    password: () => 'secret',
    random: (n) => randomBytes(n),
    deliver: (stanza) => void delivered.push(stanza),
    onState: (state) => void states.push(state),
    onSession: (session) => void sessions.push(session),
    onUnacked: (stanzas) => void unacked.push([...stanzas]),
    onFault: (error) => void faults.push(error),
    ...options,
  });

  const until = async (condition: () => boolean, what = 'a condition'): Promise<void> => {
    const end = Date.now() + WAIT_MS;
    while (!condition()) {
      if (Date.now() > end)
        throw new Error(`waited for ${what}; states: ${JSON.stringify(states)}, faults: ${faults.map(String).join()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  return {
    client,
    states,
    sessions,
    delivered,
    unacked,
    faults,
    until,
    async online(times = 1) {
      await until(() => states.filter((s) => s.kind === 'online').length >= times, `being online ${String(times)} times`);
      const { session } = client;
      if (session === undefined) throw new Error('online without a session');
      return session;
    },
    async state<K extends ClientState['kind']>(kind: K) {
      const find = () => states.find((s): s is Extract<ClientState, { kind: K }> => s.kind === kind);
      await until(() => find() !== undefined, kind);
      const found = find();
      if (found === undefined) throw new Error(`no state ${kind}`);
      return found;
    },
  };
}
