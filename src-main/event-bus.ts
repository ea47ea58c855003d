import type { EventName, Events } from '../src-shared/api.ts';

export type EventListener = <E extends EventName>(event: E, payload: Events[E]) => void;

/** The engine's one outlet: services emit, hosts listen. A listener that throws does not stop the others. */
export class EventBus {
  readonly #listeners = new Set<EventListener>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  emit<E extends EventName>(event: E, payload: Events[E]): void {
    for (const listener of this.#listeners) {
      try {
        listener(event, payload);
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  /** Returns the removal. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}
