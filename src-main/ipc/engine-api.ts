/** What a host drives: the engine as the contract sees it (src-shared/api.ts). `engine.ts` implements it. */

import type { CommandName, EventName, Events, Output, Parsed } from '../../src-shared/api.ts';

/** One function a command; it gets an input that its schema has already accepted. */
export type Handlers = {
  readonly [C in CommandName]: (input: Parsed<C>) => Promise<Output<C>> | Output<C>;
};

export type EventListener = <E extends EventName>(event: E, payload: Events[E]) => void;

export interface EngineApi {
  readonly handlers: Handlers;
  /** Events carry changes, in the order in which they happened. Returns the removal. */
  subscribe(listener: EventListener): () => void;
  /** Ends the connection, flushes and closes the store. Safe to call twice. */
  stop(): Promise<void>;
}

/** What a host tells the engine when it makes one. */
export interface EngineOptions {
  /** The profile's folder; made if missing. */
  readonly profile: string;
  /** The host's name, for `app.info`. */
  readonly host: string;
  /** Certificates (PEM) trusted beside the system's. */
  readonly ca?: readonly string[];
}
