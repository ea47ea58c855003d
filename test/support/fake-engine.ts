/** An engine that answers what a test tells it to: for the router and the framing only, never in place of a real part. */

import type { EventName } from '../../src-shared/api.ts';
import type { EngineApi, EventListener, Handlers } from '../../src-main/ipc/engine-api.ts';

export interface FakeEngine extends EngineApi {
  /** Tells an event, whatever its payload. */
  emit(event: string, payload: unknown): void;
  /** Every call that came through, in order. */
  readonly calls: (readonly [command: string, input: unknown])[];
  readonly stops: () => number;
}

/** @param answers by command; a function is called with the input, every command not named answers null */
export function fakeEngine(answers: Readonly<Record<string, (input: unknown) => unknown>> = {}): FakeEngine {
  const listeners = new Set<EventListener>();
  const calls: [string, unknown][] = [];
  let stopped = 0;
  const handlers = new Proxy({} as Handlers, {
    get: (_, command: string) => (input: unknown) => {
      calls.push([command, input]);
      return answers[command]?.(input) ?? null;
    },
  });
  return {
    handlers,
    calls,
    stops: () => stopped,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    emit(event, payload) {
      for (const listener of listeners) listener(event as EventName, payload as never);
    },
    stop() {
      stopped += 1;
      return Promise.resolve();
    },
  };
}
