/** One conversation, driven as a person drives it, without a DOM. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Message } from '../../src-shared/models.ts';
import { alice, bob, contact, conversation, message, NOW, protection, type World } from '../../src-renderer/gallery/world.ts';
import { memoryKeep, settle, start, type Started } from './support.ts';
import type { ChatModel } from '../../src-renderer/stores/chat.svelte.ts';
import type { ProtectionState, ProtectionView } from '../../src-shared/models.ts';

function bobWorld(
  state: ProtectionState,
  view: Partial<ProtectionView> = {},
  messages: readonly Message[] = [],
  unread = 0,
): Partial<World> {
  return {
    contacts: [contact(bob, { name: 'Bob' })],
    conversations: [conversation(bob, { name: 'Bob', protection: state, unread, draft: 'half a thought' })],
    messages: { [bob]: messages },
    protection: { [bob]: protection(bob, state, view) },
  };
}

async function chatWith(change: Partial<World>): Promise<Started & { chat: ChatModel }> {
  const started = await start(change);
  const { chat } = started.app;
  if (!chat) throw new Error('no conversation was opened');
  return { ...started, chat };
}

const bodies = (chat: ChatModel): readonly string[] => chat.messages.map((m) => m.body);

describe('what is written', () => {
  it('goes out protected and is shown once, though answer and event both tell of it', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session'));
    chat.type('  Good evening  ');
    expect(await chat.send()).toBe('sent');
    expect(inputs('message.send')).toEqual([{ to: bob, body: 'Good evening', protection: 'protected' }]);
    expect(bodies(chat)).toEqual(['Good evening']);
    expect(chat.draft).toBe('');
  });

  it('moves through sending, sent and received', async () => {
    const { chat } = await chatWith(bobWorld('session'));
    chat.type('a');
    await chat.send();
    expect(chat.messages[0]?.state?.kind).toBe('queued');
    await vi.waitFor(() => {
      expect(chat.messages[0]?.state?.kind).toBe('received');
    });
  });

  it('comes back into the composer when the engine refuses it', async () => {
    const { chat } = await chatWith({ ...bobWorld('session'), fails: { 'message.send': 'message-rejected' } });
    chat.type('precious');
    expect(await chat.send()).toBe('nothing');
    expect(chat.draft).toBe('precious');
    expect(chat.problem).toBe('message-rejected');
  });

  it('keeps what was typed while the engine was refusing', async () => {
    const { chat } = await chatWith({ ...bobWorld('session'), fails: { 'message.send': 'internal' } });
    chat.type('first');
    const sending = chat.send();
    chat.type('second');
    await sending;
    expect(chat.draft).toBe('first\nsecond');
  });

  it('is not sent when empty, too long, or when the conversation is stopped', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session'));
    chat.type('   ');
    expect(await chat.send()).toBe('nothing');
    chat.type('x'.repeat(100_001));
    expect(await chat.send()).toBe('nothing');
    expect(chat.problem).toBe('message-too-long');
    const stopped = await chatWith(bobWorld('stopped'));
    stopped.chat.type('hello');
    expect(await stopped.chat.send()).toBe('nothing');
    expect([...inputs('message.send'), ...stopped.inputs('message.send')]).toEqual([]);
  });
});

describe('unprotected', () => {
  const none = { credentials: [], devices: [] };

  it('asks first where there is no protection, and sends nothing by itself', async () => {
    const { chat, inputs } = await chatWith(bobWorld('none', none));
    chat.type('hello');
    expect(await chat.send()).toBe('asks');
    expect(inputs('message.send')).toEqual([]);
    expect(chat.draft).toBe('hello');
  });

  it('goes out after the explicit choice, and the choice is told to the engine first', async () => {
    const { chat, engine } = await chatWith(bobWorld('none', none));
    chat.type('hello');
    await chat.send('unprotected');
    const order = engine.calls.map((c) => c.command).filter((c) => c === 'conversation.allowUnprotected' || c === 'message.send');
    expect(order).toEqual(['conversation.allowUnprotected', 'message.send']);
    expect(chat.messages.at(-1)?.protection).toBe('none');
    expect(chat.mode).toBe('unprotected');
  });

  it('is asked once a conversation, until it is forbidden again', async () => {
    const { chat } = await chatWith(bobWorld('none', { ...none, unprotectedAllowed: true }));
    chat.type('hello');
    expect(await chat.send()).toBe('sent');
    await chat.allowUnprotected(false);
    chat.type('again');
    expect(await chat.send()).toBe('asks');
  });

  it('waits for protection when the user prefers that', async () => {
    const { chat, inputs } = await chatWith(bobWorld('none', none));
    chat.type('hello');
    await chat.send('protected');
    expect(inputs('message.send')).toEqual([{ to: bob, body: 'hello', protection: 'protected' }]);
    expect(chat.messages.at(-1)?.state).toEqual({ kind: 'queued', waits: 'device' });
  });

  it.each(['verified', 'session', 'sealed', 'look'] as const)(
    'is never the way while the state is %s, whatever was allowed before',
    async (state) => {
      const { chat, inputs } = await chatWith(bobWorld(state, { unprotectedAllowed: true }));
      expect(chat.mode).toBe('protected');
      chat.type('hello');
      await chat.send();
      expect(inputs('message.send')).toEqual([{ to: bob, body: 'hello', protection: 'protected' }]);
    },
  );

  it('is never the way while protection is required', async () => {
    const { chat } = await chatWith(bobWorld('none', { ...none, unprotectedAllowed: true, required: true }));
    expect(chat.mode).toBe('protected');
  });
});

describe('the draft', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'], shouldAdvanceTime: true }));
  afterEach(() => void vi.useRealTimers());

  it('is what the engine kept, and is kept again while one types', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session'));
    expect(chat.draft).toBe('half a thought');
    chat.type('a whole');
    chat.type('a whole thought');
    await vi.advanceTimersByTimeAsync(600);
    expect(inputs('conversation.setDraft')).toEqual([{ jid: bob, draft: 'a whole thought' }]);
  });

  it('is kept at once when the conversation is left', async () => {
    const { app, chat, inputs } = await chatWith(bobWorld('session'));
    chat.type('later');
    app.leave();
    await vi.advanceTimersByTimeAsync(1);
    expect(inputs('conversation.setDraft')).toEqual([{ jid: bob, draft: 'later' }]);
  });

  it('tells that one types, once, and that one stopped', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session'));
    chat.type('h');
    chat.type('he');
    await vi.advanceTimersByTimeAsync(4000);
    chat.type('hel');
    expect(inputs('conversation.setTyping')).toEqual([{ jid: bob, typing: true }]);
    await vi.advanceTimersByTimeAsync(5100);
    expect(inputs('conversation.setTyping')).toEqual([
      { jid: bob, typing: true },
      { jid: bob, typing: false },
    ]);
  });
});

describe('what is read', () => {
  const three = [1, 2, 3].map((id) => message(id, bob, `m${String(id)}`));

  it('marks the first unread message and tells the engine up to where somebody looked', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session', {}, three, 2));
    expect(chat.unreadFrom).toBe(2);
    chat.seen();
    chat.seen();
    await settle();
    expect(inputs('conversation.markRead')).toEqual([{ jid: bob, upTo: 3 }]);
  });

  it('says nothing about what was read before', async () => {
    const { chat, inputs } = await chatWith(bobWorld('session', {}, [message(1, bob, 'mine', { mine: true })]));
    chat.seen();
    await settle();
    expect(inputs('conversation.markRead')).toEqual([]);
  });
});

describe('the log', () => {
  it('loads older pages until the beginning, each message once', async () => {
    const all = Array.from({ length: 120 }, (_, i) => message(i + 1, bob, String(i + 1), { at: NOW - (120 - i) * 1000 }));
    const { chat } = await chatWith(bobWorld('session', {}, all));
    expect(chat.messages).toHaveLength(50);
    await chat.loadOlder();
    expect(chat.prepended).toBe(true);
    await chat.loadOlder();
    expect(chat.messages.map((m) => m.id)).toEqual(all.map((m) => m.id));
    expect(chat.atBeginning).toBe(true);
    await chat.loadOlder();
    expect(chat.messages).toHaveLength(120);
  });

  it('keeps what came while the first page was on its way', async () => {
    const { chat, engine } = await chatWith(bobWorld('session', {}, [message(1, bob, 'one')]));
    engine.emit('message.arrived', message(2, bob, 'two'));
    expect(bodies(chat)).toEqual(['one', 'two']);
  });

  it('replaces an unreadable message once it was repaired, in its place', async () => {
    const broken = message(1, bob, '', { protection: 'unreadable', unreadable: 'unknown-key' });
    const { chat, engine } = await chatWith(bobWorld('session', {}, [broken, message(2, bob, 'two')]));
    engine.emit('message.changed', message(1, bob, 'one'));
    expect(bodies(chat)).toEqual(['one', 'two']);
  });

  it('retries and discards a failed message', async () => {
    const failed = message(1, bob, 'no', { mine: true, state: { kind: 'failed', code: 'message-rejected' } });
    const { chat } = await chatWith(bobWorld('session', {}, [failed]));
    await chat.retry(1);
    await vi.waitFor(() => {
      expect(chat.messages[0]?.state?.kind).toBe('received');
    });
    await chat.discard(1);
    expect(chat.messages).toEqual([]);
  });

  it('says what failed and loads again', async () => {
    const { chat, engine } = await chatWith({
      ...bobWorld('session', {}, [message(1, bob, 'one')]),
      fails: { 'message.list': 'internal' },
    });
    expect(chat.status).toBe('failed');
    engine.world.fails = {};
    await chat.open();
    expect(bodies(chat)).toEqual(['one']);
  });

  it('finds without case and accents, newest first, and goes round', async () => {
    const { chat } = await chatWith(
      bobWorld('session', {}, [message(1, bob, 'Café'), message(2, bob, 'tea'), message(3, bob, 'the cafe there')]),
    );
    chat.openSearch();
    chat.find('CAFE');
    expect(chat.matches).toEqual([3, 1]);
    chat.step(1);
    expect(chat.match).toBe(1);
    chat.step(1);
    expect(chat.match).toBe(3);
    chat.closeSearch();
    expect(chat.matches).toEqual([]);
  });
});

describe('the key', () => {
  it('is decided on and compared through the contract', async () => {
    const view = protection(bob, 'look');
    const { app, chat, inputs } = await chatWith(bobWorld('look'));
    const fp = view.credentials[0]?.fp;
    if (!fp) throw new Error('no credential');
    await chat.compare(fp, true);
    expect(inputs('protection.compare')).toEqual([{ jid: bob, fp, matches: true }]);
    expect(app.protectionOf(bob)).toBe('verified');
    await chat.decide(fp, false);
    expect(app.protectionOf(bob)).toBe('stopped');
  });
});

it('knows nobody but Bob here', async () => {
  const { app } = await start(bobWorld('session'), memoryKeep());
  expect(app.account?.jid).toBe(alice);
  expect(app.selected).toBe(bob);
});
