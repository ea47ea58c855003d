/** What the stream takes instead of globals (style rule 10). */

/** Milliseconds since the epoch. */
export interface Clock {
  now(): number;
}

export interface Timers {
  /** Runs `run` once after `ms` milliseconds; the function returned prevents it. */
  after(ms: number, run: () => void): () => void;
}

/** `random(n)` gives n fresh octets from the system. */
export type Random = (octets: number) => Uint8Array;

export const systemClock: Clock = { now: () => Date.now() };

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
