/**
 * Rates of protocol 10 around exchanges: for one kind of name (a full JID, or a peer device) how many are open, when the
 * last new one was, and how many failed. Values of time are milliseconds since the epoch.
 */

const MINUTE = 60_000;
/** 1 new exchange a minute. */
export const NEW_EVERY = MINUTE;
/** Each exchange has this long. */
export const EXCHANGE_TIME = MINUTE;
/** 5 failures in this long … */
export const FAILURE_WINDOW = 10 * MINUTE;
export const FAILURES = 5;
/** … and one waits this long. */
export const FAILURE_WAIT = 10 * MINUTE;
/** Exchanges open at once, with all peers. */
export const MAX_OPEN = 32;
/** Names kept in memory at once: beyond it nothing new is let in until old ones run out. */
const MAX_NAMES = 4_096;

interface Record {
  /** When the last counted exchange was begun. */
  lastNew: number | undefined;
  /** When exchanges failed, oldest first, within the window. */
  failures: number[];
  /** Until when it waits. */
  waitsUntil: number;
}

export class Rates {
  readonly #records = new Map<string, Record>();

  /** When a new exchange is let in: `now` or before, or the time at which to try again. */
  nextAt(name: string, now: number): number {
    this.#prune(now);
    const record = this.#records.get(name);
    if (record === undefined) return this.#records.size < MAX_NAMES ? now : now + MINUTE;
    return Math.max(record.waitsUntil, record.lastNew === undefined ? 0 : record.lastNew + NEW_EVERY);
  }

  begun(name: string, now: number): void {
    this.#of(name).lastNew = now;
  }

  /** It ended in a way that is neither counted nor failed. */
  uncount(name: string): void {
    const record = this.#records.get(name);
    if (record !== undefined) record.lastNew = undefined;
  }

  failed(name: string, now: number): void {
    const record = this.#of(name);
    record.failures = [...record.failures.filter((at) => now - at < FAILURE_WINDOW), now];
    if (record.failures.length < FAILURES) return;
    record.failures = [];
    record.waitsUntil = now + FAILURE_WAIT;
  }

  /** Takes the last failure back: the user has consented since. */
  forgive(name: string): void {
    const record = this.#records.get(name);
    if (record === undefined) return;
    record.failures.pop();
    record.lastNew = undefined;
  }

  #of(name: string): Record {
    const known = this.#records.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#records.keys();
    if (oldest !== undefined && this.#records.size >= MAX_NAMES) this.#records.delete(oldest);
    const fresh: Record = { lastNew: undefined, failures: [], waitsUntil: 0 };
    this.#records.set(name, fresh);
    return fresh;
  }

  #prune(now: number): void {
    for (const [name, { lastNew, failures, waitsUntil }] of this.#records) {
      const recent = lastNew !== undefined && now - lastNew < NEW_EVERY;
      if (!recent && waitsUntil <= now && failures.every((at) => now - at >= FAILURE_WINDOW)) this.#records.delete(name);
    }
  }
}

/** CKYi that count as seen, for an hour (5.1). */
export class SeenCookies {
  static readonly KEPT = 60 * MINUTE;
  static readonly MAX = 65_536;
  readonly #seen = new Map<string, number>();

  has(cookie: string, now: number): boolean {
    this.#prune(now);
    return this.#seen.has(cookie);
  }

  /** Whether there is room for one more; where not, nothing new is let in. */
  hasRoom(now: number): boolean {
    this.#prune(now);
    return this.#seen.size < SeenCookies.MAX;
  }

  add(cookie: string, now: number): void {
    this.#seen.set(cookie, now);
  }

  /** In order of time, so the walk ends at the first that is kept. */
  #prune(now: number): void {
    for (const [cookie, at] of this.#seen) {
      if (now - at < SeenCookies.KEPT) return;
      this.#seen.delete(cookie);
    }
  }
}
