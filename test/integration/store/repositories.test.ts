import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BareJid } from '../../../src-shared/jid.ts';
import type { Cookie } from '../../../src-shared/ids.ts';
import type { FullJid } from '../../../src-shared/jid.ts';
import { openStore, type Store } from '../../../src-main/store/store.ts';
import type { SecurityAssociation } from '../../../src-main/security/association/association.ts';
import type { ReceiveChange } from '../../../src-main/security/association/chains.ts';
import type { AssociationRow, ReceiveRow } from '../../../src-main/store/associations.ts';
import { alice, association, bob, device, fp, keyId, message, originId, random, tempStore } from '../../support/store.ts';

const DAY = 86_400_000;
let store: Store;
let temp: ReturnType<typeof tempStore>;

beforeEach(() => {
  temp = tempStore();
  store = temp.store;
});
afterEach(() => {
  temp.remove();
});

describe('messages', () => {
  it('come back as they were stored, after a restart too', () => {
    const added = [
      store.messages.add(message({ mine: true, state: { kind: 'queued', waits: 'device' }, fp: fp(1), archiveId: 'a1' })),
      store.messages.add(message({ mine: true, state: { kind: 'failed', code: 'message-rejected' }, fromOtherDevice: true })),
      store.messages.add(
        message({ protection: 'unreadable', body: '', unreadable: 'unknown-key', warn: 'late', signed: true, receipt: 'owed' }),
      ),
    ];
    store.close();
    store = openStore({ dir: temp.dir, key: temp.key });
    expect(added.map((m) => store.messages.get(m?.id ?? 0))).toEqual(added);
    expect(store.messages.add(message())?.id).toBe(4);
    store.close();
  });

  it('show once for (sender, device, origin-id)', () => {
    const first = message({ originId: originId('x') });
    expect(store.messages.add(first)).toBeDefined();
    expect(store.messages.add({ ...first, at: 9_000, body: 'again' })).toBeUndefined();
    expect(store.messages.add({ ...first, device: device(0xb2) })).toBeDefined();
    expect(store.messages.add({ ...first, mine: true })).toBeDefined();
    expect(store.messages.add({ ...first, conversation: alice })).toBeDefined();
    expect(store.conversations.get(bob)?.unread).toBe(2);
    expect(store.messages.byOriginId(bob, originId('x'), false).map((m) => m.device)).toEqual([device(0xb1), device(0xb2)]);
  });

  it('that open later keep their place, and are dropped where they are there already', () => {
    const { device: _unknown, ...sealed } = message({
      originId: originId('x'),
      protection: 'unreadable',
      body: '',
      unreadable: 'unknown-key',
    });
    const first = store.messages.add(sealed);
    const second = store.messages.add(message({ originId: originId('y'), at: 2_000 }));
    const opened = store.messages.update(first?.id ?? 0, {
      body: 'hello',
      protection: 'session',
      device: device(0xb1),
      unreadable: null,
    });
    expect(opened).toMatchObject({ id: first?.id, at: first?.at, body: 'hello', protection: 'session' });
    expect(opened).not.toHaveProperty('unreadable');
    expect(store.messages.list(bob, { limit: 9 }).items.map((m) => m.id)).toEqual([second?.id, first?.id]);

    const late = store.messages.add({ ...sealed, at: 3_000 });
    expect(store.messages.update(late?.id ?? 0, { device: device(0xb1) })).toBeUndefined();
    expect(store.messages.get(late?.id ?? 0)).toEqual(late);
  });

  it('change their state one step at a time', () => {
    const m = store.messages.add(message({ mine: true, state: { kind: 'queued', waits: 'nothing' } }));
    for (const state of [
      { kind: 'sending' },
      { kind: 'sent' },
      { kind: 'received' },
      { kind: 'failed', code: 'message-rejected' },
    ] as const) {
      expect(store.messages.update(m?.id ?? 0, { state })?.state).toEqual(state);
      expect(store.messages.get(m?.id ?? 0)?.state).toEqual(state);
    }
    expect(store.messages.update(999, { state: { kind: 'sent' } })).toBeUndefined();
  });

  it('are paged newest first, each once, whatever the order in which they came', () => {
    let round = 0;
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 7 }),
        (times, limit) => {
          const jid = `room${String(round++)}@example.org` as BareJid;
          store.transaction(() => {
            for (const at of times) store.messages.add(message({ conversation: jid, at }));
          });
          const seen: { id: number; at: number }[] = [];
          let before: number | undefined;
          do {
            const page = store.messages.list(jid, { before, limit });
            expect(page.items.length).toBeLessThanOrEqual(limit);
            if (page.next !== undefined) expect(page.items.length).toBe(limit);
            seen.push(...page.items);
            before = page.next;
          } while (before !== undefined);
          const expected = [...seen].sort((a, b) => b.at - a.at || b.id - a.id);
          expect(seen.map((m) => m.id)).toEqual(expected.map((m) => m.id));
          expect(seen.length).toBe(times.length);
          expect(new Set(seen.map((m) => m.id)).size).toBe(times.length);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('conversations', () => {
  it('show their last message and what is unread', () => {
    store.messages.add(message({ body: 'one', at: 1_000 }));
    const two = store.messages.add(message({ body: 'two', at: 2_000 }));
    store.messages.add(message({ body: 'from the archive', at: 500 }));
    store.messages.add(message({ body: 'three', at: 3_000 }));
    expect(store.conversations.get(bob)).toMatchObject({ unread: 4, lastAt: 3_000, last: { body: 'three', mine: false } });
    expect(store.conversations.markRead(bob, two?.id ?? 0)).toMatchObject({ unread: 1, readUpTo: two?.id });
    store.messages.add(message({ body: 'older than what was read', at: 700 }));
    expect(store.conversations.get(bob)?.unread).toBe(1);
  });

  it('stay right when a message goes', () => {
    const one = store.messages.add(message({ body: 'one', at: 1_000 }));
    const two = store.messages.add(message({ body: 'two', at: 2_000 }));
    store.messages.remove(two?.id ?? 0);
    expect(store.conversations.get(bob)).toMatchObject({ unread: 1, lastAt: 1_000, last: { id: one?.id, body: 'one' } });
    store.messages.remove(one?.id ?? 0);
    const empty = store.conversations.get(bob);
    expect(empty).toMatchObject({ unread: 0 });
    expect(empty).not.toHaveProperty('last');
  });

  it('are listed most recent first, in pages', () => {
    for (let i = 0; i < 7; i++) store.messages.add(message({ conversation: `c${String(i)}@example.org` as BareJid, at: i % 3 }));
    const first = store.conversations.list({ limit: 4 });
    const second = store.conversations.list({ limit: 4, before: first.next });
    expect([...first.items, ...second.items].map((c) => c.jid.slice(0, 2))).toEqual(['c5', 'c2', 'c4', 'c1', 'c6', 'c3', 'c0']);
    expect(second.next).toBeUndefined();
  });

  it('remember the draft and the choices, and go with everything in them', () => {
    store.conversations.ensure(bob, 5);
    store.conversations.setDraft(bob, 'half a');
    store.conversations.setEverProtected(bob);
    store.conversations.setUnprotectedAllowed(bob, true);
    expect(store.conversations.ensure(bob, 9)).toMatchObject({
      draft: 'half a',
      everProtected: true,
      unprotectedAllowed: true,
      lastAt: 5,
    });
    const m = store.messages.add(message({ mine: true, state: { kind: 'queued', waits: 'nothing' } }));
    store.outbox.add(m?.id ?? 0, bob, 'nothing');
    store.conversations.remove(bob);
    expect(store.conversations.get(bob)).toBeUndefined();
    expect(store.messages.get(m?.id ?? 0)).toBeUndefined();
    expect(store.outbox.list()).toEqual([]);
  });
});

describe('the outbox', () => {
  it('keeps the order written, per conversation, until each is acknowledged', () => {
    const ids = [bob, alice, bob].map((conversation) => {
      const m = store.messages.add(message({ conversation, mine: true, state: { kind: 'queued', waits: 'connection' } }));
      store.outbox.add(m?.id ?? 0, conversation, 'connection');
      return m?.id ?? 0;
    });
    expect(store.outbox.list().map((o) => o.id)).toEqual(ids);
    store.outbox.update(ids[0] ?? 0, { waits: 'nothing', tries: 1, stanza: '<message/>' });
    expect(store.outbox.list(bob)).toEqual([
      { id: ids[0], conversation: bob, waits: 'nothing', tries: 1, nextAt: 0, stanza: '<message/>' },
      { id: ids[2], conversation: bob, waits: 'connection', tries: 0, nextAt: 0 },
    ]);
    store.outbox.update(ids[0] ?? 0, { stanza: null });
    expect(store.outbox.get(ids[0] ?? 0)).not.toHaveProperty('stanza');
    store.outbox.remove(ids[0] ?? 0);
    expect(store.outbox.list(bob).map((o) => o.id)).toEqual([ids[2]]);
  });
});

describe('resend (protocol 6.4)', () => {
  it('is answered once a device that the record names, for 30 days', () => {
    const m = store.messages.add(message({ mine: true }))?.id ?? 0;
    const to = { jid: bob, fp: fp(1), device: device(1) };
    store.recipients.add(m, [to, { ...to, device: device(2) }], 1_000);
    expect(store.recipients.list(m)).toEqual([to, { ...to, device: device(2) }]);
    expect(store.recipients.answer(m, { ...to, fp: fp(2) }, 2_000)).toBe(false);
    expect(store.recipients.answer(m, { ...to, jid: alice }, 2_000)).toBe(false);
    expect(store.recipients.answer(m, { ...to, device: device(3) }, 2_000)).toBe(false);
    expect(store.recipients.answer(m, to, 2_000)).toBe(true);
    expect(store.recipients.answer(m, to, 2_001)).toBe(false);
    expect(store.recipients.answer(m, { ...to, device: device(2) }, 1_000 + 30 * DAY)).toBe(false);
    store.expire(1_000 + 30 * DAY);
    expect(store.recipients.list(m)).toEqual([]);
  });

  it('remembers what waits and how often it was asked for', () => {
    const m = store.messages.add(message({ protection: 'waiting', body: '' }))?.id ?? 0;
    const row = {
      id: m,
      sender: `${bob}/phone` as FullJid,
      originId: originId('x'),
      stanza: '<message/>',
      arrivedAt: 5,
      stamp: 4,
    };
    store.waiting.add(row);
    store.waiting.asked(m, 7);
    expect(store.waiting.get(m)).toEqual({ ...row, asks: 1, askedAt: 7 });
    expect(store.waiting.list(bob)).toHaveLength(1);
    expect(store.waiting.list('bob@example.or')).toEqual([]);
    expect(store.waiting.byOriginId(originId('x'))).toHaveLength(1);
    expect(store.waiting.byOriginId(originId('y'))).toEqual([]);
    expect(store.waiting.list(`${bob}/phone`)).toHaveLength(1);
    expect(store.waiting.list(`${bob}/phon`)).toEqual([]);
    store.messages.remove(m);
    expect(store.waiting.list()).toEqual([]);
  });

  it('asks for nothing that nobody would answer any more: 30 days', () => {
    const m = store.messages.add(message({ protection: 'unreadable', body: '' }))?.id ?? 0;
    store.waiting.add({ id: m, sender: bob, originId: originId('x'), stanza: '<message/>', arrivedAt: 5 });
    store.expire(5 + 30 * DAY - 1);
    expect(store.waiting.get(m)).toBeDefined();
    store.expire(5 + 30 * DAY);
    expect(store.waiting.get(m)).toBeUndefined();
    expect(store.messages.get(m)?.protection).toBe('unreadable');
  });

  it('keeps the capabilities of the thousand programs met last, since anybody who sees us can invent more', () => {
    for (let i = 0; i < 1_010; i++) store.capabilities.put('sha-1', String(i), ['xmpp:sec'], i);
    expect(store.capabilities.get('sha-1', '9')).toBeUndefined();
    expect(store.capabilities.get('sha-1', '10')).toEqual(['xmpp:sec']);
    expect(store.capabilities.get('sha-1', '1009')).toEqual(['xmpp:sec']);
  });
});

describe('associations', () => {
  // The store's own types and those of security/ must stay the same shape: this compiles or it does not.
  const same: (a: AssociationRow, b: SecurityAssociation) => [SecurityAssociation, AssociationRow] = (a, b) => [a, b];
  const sameChange: (change: ReceiveChange) => ReceiveRow = (change) => change;

  it('come back as they were stored', () => {
    const a = association(1, { algorithms: { ...association(1).algorithms, agreement: { algorithm: 'http://www.w3.org/2001/04/xmlenc#dh', length: 4096 } } }); // prettier-ignore
    store.associations.add(a, 1_000);
    expect(store.associations.get(a.keyId)).toEqual(a);
    expect(same(a, a)[0]).toBe(a);
  });

  it('replace what stood between the same two, and nothing else', () => {
    store.associations.add(association(1), 1_000);
    store.associations.add(association(2, { peer: { jid: bob, fp: fp(0xb), device: device(0xb2) } }), 1_500);
    store.associations.add(association(3, { establishedAt: 2_000 }), 2_000);
    expect(store.associations.list(bob, device(0xb1)).map((a) => [a.keyId, a.replacedAt])).toEqual([
      [keyId(3), undefined],
      [keyId(1), 2_000],
    ]);
    expect(store.associations.get(keyId(2))).not.toHaveProperty('replacedAt');
    expect(() => {
      store.associations.add(association(3), 3_000);
    }).toThrow();
    expect(store.associations.get(keyId(3))).not.toHaveProperty('replacedAt');
  });

  it('advance a sending chain forwards only', () => {
    store.associations.add(association(1), 1_000);
    const ck = random(32);
    store.associations.advanceSending(keyId(1), { ck, n: 1 }, 1_100);
    expect(store.associations.get(keyId(1))?.send).toEqual({ ck, n: 1 });
    for (const n of [0, 1]) {
      expect(() => {
        store.associations.advanceSending(keyId(1), { ck: random(32), n }, 1_200);
      }).toThrow('did not advance');
    }
    expect(store.associations.get(keyId(1))?.send).toEqual({ ck, n: 1 });
    expect(store.associations.lastUsed(keyId(1))).toBe(1_100);
  });

  it('keep jumped keys and traces, each n once', () => {
    store.associations.add(association(1), 1_000);
    const [mk0, mk1, ck, trace] = [random(32), random(32), random(32), random(8)];
    const change = sameChange({ receive: { ck, n: 3 }, skipped: [{ n: 0, mk: mk0 }, { n: 1, mk: mk1 }] }); // prettier-ignore
    store.associations.receive(keyId(1), 2, trace, change, 2_000);
    expect(store.associations.get(keyId(1))?.receive).toEqual({ ck, n: 3 });
    expect(store.associations.skippedKey(keyId(1), 0)).toEqual(mk0);
    expect(store.associations.usedNumber(keyId(1), 2)).toEqual(trace);
    expect(store.associations.usedNumber(keyId(1), 0)).toBeUndefined();
    store.associations.receive(keyId(1), 0, trace, { receive: { ck, n: 3 }, skipped: [], unskipped: 0 }, 2_000);
    expect(store.associations.skippedKey(keyId(1), 0)).toBeUndefined();
    expect(() => {
      store.associations.receive(keyId(1), 2, trace, { receive: { ck: random(32), n: 4 }, skipped: [] }, 3_000);
    }).toThrow();
    expect(store.associations.get(keyId(1))?.receive).toEqual({ ck, n: 3 });
    store.expire(2_000 + 30 * DAY - 1);
    expect(store.associations.skippedKey(keyId(1), 1)).toEqual(mk1);
    store.expire(2_000 + 30 * DAY);
    expect(store.associations.skippedKey(keyId(1), 1)).toBeUndefined();
  });

  it('are erased with all their keys', () => {
    store.associations.add(association(1), 1_000);
    store.associations.receive(
      keyId(1),
      2,
      random(8),
      { receive: { ck: random(32), n: 3 }, skipped: [{ n: 1, mk: random(32) }] },
      2_000,
    );
    expect(store.associations.eraseByPeer(bob, fp(0xc))).toEqual([]);
    expect(store.associations.eraseByPeer(bob, fp(0xb))).toEqual([keyId(1)]);
    expect(store.associations.skippedKey(keyId(1), 1)).toBeUndefined();
    expect(store.associations.all()).toEqual([]);
  });

  it('that were replaced go after 30 days; a restored store encrypts on none', () => {
    store.associations.add(association(1), 1_000);
    store.associations.add(association(2, { establishedAt: 2_000 }), 2_000);
    store.expire(2_000 + 30 * DAY - 1);
    expect(store.associations.all()).toHaveLength(2);
    store.expire(2_000 + 30 * DAY);
    expect(store.associations.all().map((a) => a.keyId)).toEqual([keyId(2)]);
    store.associations.turnAllDecryptOnly();
    expect(store.associations.get(keyId(2))?.decryptOnly).toBe(true);
  });
});

describe('what else is kept', () => {
  it('the account', () => {
    expect(store.account.get()).toBeUndefined();
    const account = {
      jid: alice,
      device: device(1),
      fp: fp(1),
      privateKey: random(138),
      chain: [random(500), random(0), random(3)],
      preferences: { allowPlain: false, presence: 'online', remembered: true, server: { host: 'h', port: 5223, tls: 'direct' } },
    } as const;
    store.account.put(account);
    expect(store.account.get()).toEqual(account);
    store.account.setDevice(device(2));
    store.account.setResumption('{"id":"x"}');
    store.account.setRosterVersion('ver7');
    expect(store.account.get()).toEqual({ ...account, device: device(2), resumption: '{"id":"x"}', rosterVersion: 'ver7' });
  });

  it('contacts, and who asks outlives a new roster', () => {
    const contact = { jid: bob, inRoster: true, name: 'Bob', subscription: 'both', asked: false, groups: ['Friends'] } as const;
    const stranger = {
      jid: alice,
      inRoster: false,
      subscription: 'none',
      asked: false,
      asking: 'x'.repeat(5_000),
      groups: [],
    } as const;
    store.contacts.put(contact);
    store.contacts.put(stranger);
    expect(store.contacts.get(bob)).toEqual(contact);
    expect(store.contacts.get(alice)?.asking).toHaveLength(1_024);
    store.contacts.replaceRoster([{ ...contact, jid: 'eve@example.org' as BareJid }]);
    expect(store.contacts.list().map((c) => [c.jid, c.inRoster])).toEqual([
      [alice, false],
      ['eve@example.org', true],
    ]);
    store.contacts.remove(alice);
    expect(store.contacts.get(alice)).toBeUndefined();
  });

  it('verdicts, capabilities, settings, cookies for an hour, what was seen', () => {
    const verdict = { jid: bob, fp: fp(1), verdict: 'first-use', why: 'met-first', since: 1, verdictSince: 1, chain: [random(9)], vouchers: [fp(2)] } as const; // prettier-ignore
    store.verdicts.put(verdict);
    store.verdicts.put({ ...verdict, verdict: 'verified', why: 'compared', verdictSince: 2 });
    expect(store.verdicts.list(bob)).toEqual([{ ...verdict, verdict: 'verified', why: 'compared', verdictSince: 2 }]);
    expect(store.verdicts.get(alice, fp(1))).toBeUndefined();

    store.capabilities.put('sha-1', 'v', ['xmpp:sec'], 1);
    expect(store.capabilities.get('sha-1', 'v')).toEqual(['xmpp:sec']);
    expect(store.capabilities.get('sha-256', 'v')).toBeUndefined();

    expect(store.settings.set({ theme: 'dark', language: undefined })).toMatchObject({ theme: 'dark', language: 'system' });
    expect(store.settings.get().theme).toBe('dark');

    const cky = '0'.repeat(32) as Cookie;
    store.cookies.add(cky, 10_000);
    expect(store.cookies.seen(cky, 10_000 + 3_599_999)).toBe(true);
    expect(store.cookies.seen(cky, 10_000 + 3_600_000)).toBe(false);

    expect(store.seen.mark(bob, device(1), originId('x'), 1)).toBe(true);
    expect(store.seen.mark(bob, device(1), originId('x'), 2)).toBe(false);
    expect(store.seen.mark(bob, '', originId('x'), 2)).toBe(true);
  });
});
