/** The time as lists show it: moves every half minute, so that "12:41" becomes "Yesterday" without a reload. */

class Clock {
  now = $state(Date.now());

  /** Returns what stops it. */
  start(everyMs = 30_000): () => void {
    const timer = setInterval(() => {
      this.now = Date.now();
    }, everyMs);
    return () => {
      clearInterval(timer);
    };
  }
}

export const clock = new Clock();
