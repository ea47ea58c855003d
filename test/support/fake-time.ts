/** A clock and timers that only move when a test moves them. */

import type { Clock, Timers } from '../../src-main/xmpp/ports.ts';

export interface FakeTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Moves on, running what is due in order. */
  advance(ms: number): void;
  /** Timers that wait. */
  readonly waiting: number;
}

export function fakeTime(start = 1_700_000_000_000): FakeTime {
  let now = start;
  let due: { at: number; run: () => void }[] = [];
  return {
    clock: { now: () => now },
    timers: {
      after(ms, run) {
        const entry = { at: now + ms, run };
        due.push(entry);
        return () => {
          due = due.filter((e) => e !== entry);
        };
      },
    },
    advance(ms) {
      const until = now + ms;
      for (;;) {
        const [first] = due.filter((e) => e.at <= until).sort((a, b) => a.at - b.at);
        if (first === undefined) break;
        due = due.filter((e) => e !== first);
        now = Math.max(now, first.at);
        first.run();
      }
      now = until;
    },
    get waiting() {
      return due.length;
    },
  };
}
