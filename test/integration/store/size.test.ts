import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BareJid } from '../../../src-shared/jid.ts';
import { cacheCopy } from '../../../src-main/store/outside-copy.ts';
import { createRestoreGuard } from '../../../src-main/store/restore-guard.ts';
import { openStore } from '../../../src-main/store/store.ts';
import { seedMessages } from '../../support/seed.ts';
import { bob, message, random, tempStore } from '../../support/store.ts';

/**
 * A sanity check, not a benchmark: the bounds are several times what an idle machine takes, so that only a plan that
 * walks the whole table breaks them.
 */
describe('a store with 100,000 messages in one conversation', () => {
  const temp = tempStore();
  let { store } = temp;
  afterAll(() => {
    store.close();
    temp.remove();
  });
  const p95 = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)] ?? Infinity;
  const timed = (fn: (i: number) => unknown, runs: number) =>
    p95(
      Array.from({ length: runs }, (_, i) => {
        const from = performance.now();
        fn(i);
        return performance.now() - from;
      }),
    );

  beforeAll(() => {
    const from = performance.now();
    seedMessages(store, bob, 100_000);
    console.log(`100,000 messages seeded in ${((performance.now() - from) / 1_000).toFixed(1)} s`);
    store.transaction(() => {
      for (let i = 0; i < 1_000; i++)
        store.messages.add(message({ conversation: `c${String(i)}@example.org` as BareJid, at: i }));
    });
  });

  it('opens, gives its newest page and any page of its depths at once', () => {
    store.close();
    const opening = performance.now();
    store = openStore({ dir: temp.dir, key: temp.key });
    const opened = performance.now() - opening;
    const newest = timed(() => store.messages.list(bob, { limit: 50 }), 100);
    const deep = timed((i) => store.messages.list(bob, { limit: 50, before: 1 + i * 990 }), 100);
    const conversations = timed(() => store.conversations.list({ limit: 100 }), 50);
    console.log(`open ${opened.toFixed(1)} ms; p95: page ${newest.toFixed(2)}, deep page ${deep.toFixed(2)}, conversations ${conversations.toFixed(2)} ms`); // prettier-ignore
    expect(opened).toBeLessThan(200);
    expect(newest).toBeLessThan(20);
    expect(deep).toBeLessThan(20);
    expect(conversations).toBeLessThan(30);
  });

  it('reads no more pages for a page of messages than it must', () => {
    // Not a clock: the plan itself. A scan or a sort here would be the end of the bound.
    const page = store.messages.list(bob, { limit: 50, before: 50_000 });
    expect(page.items).toHaveLength(50);
    expect(page.items[0]?.id).toBe(49_999);
    expect(page.next).toBe(49_950);
  });

  it('stores and marks a message sent while the socket waits', async () => {
    const guard = createRestoreGuard({ store, outside: cacheCopy(temp.dir, { XDG_CACHE_HOME: temp.dir }), random });
    await guard.checkAtStart();
    const times: number[] = [];
    for (let i = 0; i < 50; i++) {
      const from = performance.now();
      await store.commit(() => {
        store.messages.add(message({ mine: true, at: Date.UTC(2026, 0, 2) + i, state: { kind: 'queued', waits: 'nothing' } }));
        guard.raise();
      });
      await guard.settle();
      times.push(performance.now() - from);
    }
    const bound = p95(times);
    console.log(`p95 of add, commit, settle: ${bound.toFixed(2)} ms`);
    expect(bound).toBeLessThan(60);
  });
});
