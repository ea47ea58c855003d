import { describe, expect, it } from 'vitest';
import { watchAttention } from '../../../src-main/host/attention.ts';
import type { Notification } from '../../../src-main/host/host.ts';
import { hostTexts } from '../../../src-main/host/texts.ts';
import { fakeEngine } from '../../support/fake-engine.ts';

async function watched({ notifications = true, focused = false } = {}) {
  const engine = fakeEngine({
    'settings.get': () => ({ notifications }),
    'conversation.list': () => ({ items: [{ jid: 'bob@localhost', name: 'Bob', unread: 2 }] }),
  });
  const [notes, counts]: [Notification[], number[]] = [[], []];
  let now = 0;
  watchAttention(
    engine,
    { focused: () => focused, notify: (n) => notes.push(n), setUnread: (n) => counts.push(n) },
    hostTexts('de-AT'),
    () => now,
  );
  await new Promise(setImmediate);
  const arrives = (from: string, mine = false): void => {
    engine.emit('message.arrived', { conversation: from, mine, body: 'a secret text' });
  };
  return { engine, notes, counts, arrives, later: (ms: number) => (now += ms) };
}

describe('attention', () => {
  it('counts what is unread, and says so only when it changes', async () => {
    const { engine, counts } = await watched();
    engine.emit('conversation.changed', { jid: 'eve@localhost', unread: 3 });
    engine.emit('conversation.changed', { jid: 'eve@localhost', unread: 3 });
    engine.emit('conversation.removed', { jid: 'bob@localhost' });
    expect(counts).toEqual([2, 5, 3]);
  });

  it('names the sender and nothing of the text', async () => {
    const { notes, arrives } = await watched();
    arrives('bob@localhost');
    arrives('eve@localhost');
    expect(notes).toEqual([
      { title: 'Bob', body: 'Neue Nachricht' },
      { title: 'eve@localhost', body: 'Neue Nachricht' },
    ]);
  });

  it('is quiet for our own messages, in front of the window, when switched off, and for a while after each', async () => {
    const own = await watched();
    own.arrives('bob@localhost', true);
    expect(own.notes).toEqual([]);
    own.arrives('bob@localhost');
    own.arrives('bob@localhost');
    expect(own.notes).toHaveLength(1);
    own.later(3_000);
    own.arrives('bob@localhost');
    expect(own.notes).toHaveLength(2);
    own.engine.emit('settings.changed', { notifications: false });
    own.later(3_000);
    own.arrives('bob@localhost');
    expect(own.notes).toHaveLength(2);
    const looking = await watched({ focused: true });
    looking.arrives('bob@localhost');
    expect(looking.notes).toEqual([]);
  });
});
