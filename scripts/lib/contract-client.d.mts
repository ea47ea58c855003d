import type { CommandName, EventName, Events, Input, Output } from '../../src-shared/api.ts';

export interface ClientOptions {
  readonly profile: string;
  readonly caFile?: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onEvent?: <E extends EventName>(event: E, payload: Events[E]) => void;
  /** What it writes to stderr, line by line. */
  readonly onLog?: (line: string) => void;
}

export interface ContractClient {
  readonly pid: number | undefined;
  /** Exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
  /** @throws an Error with `code`, `message` and `hint` of the contract */
  invoke<C extends CommandName>(command: C, input?: Input<C>): Promise<Output<C>>;
  subscribe(listener: <E extends EventName>(event: E, payload: Events[E]) => void): () => void;
  /** SIGKILL. */
  kill(): Promise<number | string>;
  /** Ends its input and waits; by force after ten seconds. */
  stop(): Promise<number | string>;
}

/** Starts dist/main/headless.js (built before). */
export function startHeadless(options: ClientOptions): ContractClient;
