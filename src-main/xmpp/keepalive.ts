/** Notices a dead path: after a while of silence, or when an answer is due, something must come within 30 s. */

import type { Clock, Timers } from './ports.ts';

const IDLE_MS = 60_000;
const ANSWER_MS = 30_000;
/** After waking up or a change of network we do not want to wait that long. */
const QUICK_MS = 5_000;

export interface Keepalive {
  /** Octets came. */
  received(): void;
  /** Something was sent that the server answers. */
  expecting(): void;
  /** Asks the server now, and gives it 5 s. */
  probeNow(): void;
  stop(): void;
}

export interface KeepaliveOptions {
  readonly timers: Timers;
  readonly clock: Clock;
  /** Sends something that the server answers. */
  readonly probe: () => void;
  /** Nothing came. */
  readonly dead: () => void;
  /** True while we do not read: silence then means nothing. */
  readonly deaf: () => boolean;
}

export function createKeepalive({ timers, clock, probe, dead, deaf }: KeepaliveOptions): Keepalive {
  let last = clock.now();
  let due: number | undefined;
  let cancel: (() => void) | undefined;
  let wakeAt = Infinity;
  let stopped = false;

  // Timers are not moved at every octet: they fire, look at the clock, and sleep on.
  function arm(at: number): void {
    if (stopped || at >= wakeAt) return;
    cancel?.();
    wakeAt = at;
    cancel = timers.after(Math.max(0, at - clock.now()), check);
  }

  function check(): void {
    wakeAt = Infinity;
    const now = clock.now();
    if (deaf()) {
      last = now;
      due = undefined;
    }
    if (due !== undefined && now >= due) {
      stop();
      dead();
      return;
    }
    if (due === undefined && now - last >= IDLE_MS) {
      due = now + ANSWER_MS;
      probe();
    }
    arm(due ?? last + IDLE_MS);
  }

  function stop(): void {
    stopped = true;
    cancel?.();
  }

  arm(last + IDLE_MS);
  return {
    received() {
      last = clock.now();
      due = undefined;
    },
    expecting() {
      due ??= clock.now() + ANSWER_MS;
      arm(due);
    },
    probeNow() {
      due = clock.now() + QUICK_MS;
      probe();
      arm(due);
    },
    stop,
  };
}
