/** Fills a store for tests and benches. */

import type { DeviceId, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { Store } from '../../src-main/store/store.ts';

const WORDS = 'the quick brown fox jumps over a lazy dog while nobody looks and it rains again today'.split(' ');

/**
 * Adds `count` protected messages to a conversation, both ways in turn, a minute apart, the last one a minute before
 * `until` (milliseconds since the epoch). The same arguments give the same messages.
 */
export function seedMessages(store: Store, conversation: BareJid, count: number, until = Date.UTC(2026, 0, 1)): void {
  const batch = 2_000;
  for (let from = 0; from < count; from += batch) {
    store.transaction(() => {
      for (let i = from; i < Math.min(count, from + batch); i++) {
        const mine = i % 2 === 0;
        const words = Array.from({ length: 3 + ((i * 7) % 23) }, (_, k) => WORDS[(i + k * k) % WORDS.length]);
        store.messages.add({
          conversation,
          originId: `seed-${String(until)}-${String(i)}` as OriginId,
          mine,
          body: `${String(i)} ${words.join(' ')}`,
          at: until - (count - i) * 60_000,
          protection: 'session',
          device: (mine ? 'A1'.repeat(8) : 'B1'.repeat(8)) as DeviceId,
          ...(mine ? { state: { kind: 'received' } as const } : {}),
        });
      }
    });
  }
}
