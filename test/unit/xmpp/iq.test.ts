import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import { createIq, readStanzaError } from '../../../src-main/xmpp/iq.ts';
import { IqTimeout, StanzaError } from '../../../src-main/xmpp/types.ts';
import type { BareJid, FullJid, Jid } from '../../../src-shared/jid.ts';
import { fakeTime } from '../../support/fake-time.ts';

const NS = 'jabber:client';
const ME = 'me@example.org' as BareJid;
const PEER = 'peer@example.net/phone' as FullJid;
const payload = xml('query', 'urn:example:q');

function setup() {
  const time = fakeTime();
  const sent: Element[] = [];
  const iq = createIq({ bare: ME, random: (n) => randomBytes(n), timers: time.timers, send: (stanza) => void sent.push(stanza) });
  const lastId = () => sent.at(-1)?.attr('id') ?? '';
  const answer = (from: string | undefined, id = lastId()) => iq.receive(xml('iq', NS, { type: 'result', id, from }));
  return { time, sent, iq, lastId, answer };
}

describe('requests', () => {
  it('carry an id from the system’s randomness, each its own', () => {
    const { iq, sent } = setup();
    for (let i = 0; i < 100; i++) iq.get(PEER, payload).catch(() => undefined);
    const ids = new Set(sent.map((s) => s.attr('id')));
    expect(ids.size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{20}$/);
  });

  it.each<[string, Jid | undefined, (string | undefined)[], (string | undefined)[]]>([
    ['a peer', PEER, [PEER], [undefined, ME, 'peer@example.net', 'peer@example.net/other', 'example.org']],
    ['our account', undefined, [undefined, ME], ['example.org', PEER, 'me@example.org/other']],
    ['our account by name', ME, [undefined, ME], ['example.org', PEER]],
    ['the server', 'example.org' as BareJid, ['example.org'], [undefined, ME, PEER]],
  ])('to %s are answered only from the address asked', async (_, to, accepted, ignored) => {
    for (const from of accepted) {
      const { iq, answer } = setup();
      const result = iq.get(to, payload);
      let settled = false;
      void result.then(() => (settled = true));
      for (const other of ignored) await answer(other);
      await Promise.resolve();
      expect(settled).toBe(false);
      await answer(from);
      expect((await result).attr('type')).toBe('result');
    }
  });

  it('reject with the error of the answer', async () => {
    const { iq, lastId } = setup();
    const result = iq.set(PEER, payload);
    const condition = xml('conflict', 'urn:ietf:params:xml:ns:xmpp-stanzas');
    const error = xml('error', NS, { type: 'wait' }, condition, xml('own', 'urn:example:e'));
    await iq.receive(xml('iq', NS, { type: 'error', id: lastId(), from: PEER }, error));
    await expect(result).rejects.toMatchObject({
      type: 'wait',
      condition: 'conflict',
      application: { name: 'own', ns: 'urn:example:e' },
    });
  });

  it('time out, and a late answer says nothing', async () => {
    const { iq, time, answer } = setup();
    const result = iq.get(PEER, payload, 1_000);
    time.advance(1_000);
    await expect(result).rejects.toBeInstanceOf(IqTimeout);
    await answer(PEER);
    expect(time.waiting).toBe(0);
  });

  it('end with the session, those of later too', async () => {
    const { iq, time } = setup();
    const open = iq.get(PEER, payload);
    iq.end();
    await expect(open).rejects.toBeInstanceOf(IqTimeout);
    await expect(iq.get(PEER, payload)).rejects.toBeInstanceOf(IqTimeout);
    expect(time.waiting).toBe(0);
  });

  it('are bounded', async () => {
    const { iq } = setup();
    for (let i = 0; i < 1_024; i++) iq.get(PEER, payload).catch(() => undefined);
    await expect(iq.get(PEER, payload)).rejects.toMatchObject({ code: 'server-busy' });
  });
});

describe('answers', () => {
  const ask = (children: Element[], attrs: Record<string, string | undefined> = {}) =>
    xml('iq', NS, { type: 'get', id: 'x1', from: PEER, ...attrs }, ...children);
  const errorOf = (stanza: Element | undefined) => {
    if (stanza === undefined) throw new Error('nothing was sent');
    const { type, condition } = readStanzaError(stanza);
    return { type, condition, to: stanza.attr('to'), id: stanza.attr('id'), kind: stanza.attr('type') };
  };
  const to = { to: PEER, id: 'x1', kind: 'error' };

  it('go to who asked, under the same id', async () => {
    const { iq, sent } = setup();
    iq.onGet('query', 'urn:example:q', async (_, from) => xml('query', 'urn:example:q', { from: await Promise.resolve(from) }));
    await iq.receive(ask([payload]));
    expect(sent).toHaveLength(1);
    expect(sent[0]?.attrs).toEqual({ type: 'result', id: 'x1', to: PEER });
    expect(sent[0]?.child('query', 'urn:example:q')?.attr('from')).toBe(PEER);
  });

  it('to our own server have no address where it gave none', async () => {
    const { iq, sent } = setup();
    iq.onSet('query', 'urn:example:q', (_, from) => {
      expect(from).toBeUndefined();
      return undefined;
    });
    await iq.receive(ask([payload], { type: 'set', from: undefined }));
    expect(sent[0]?.attrs).toEqual({ type: 'result', id: 'x1' });
  });

  it.each<[string, Element, object]>([
    ['an unknown payload', ask([payload]), { type: 'cancel', condition: 'service-unavailable', ...to }],
    [
      'a set where only get is known',
      ask([xml('known', 'urn:k')], { type: 'set' }),
      { type: 'cancel', condition: 'service-unavailable', ...to },
    ],
    ['no payload', ask([]), { type: 'modify', condition: 'bad-request', ...to }],
    ['two payloads', ask([payload, payload]), { type: 'modify', condition: 'bad-request', ...to }],
    ['an unknown type', ask([payload], { type: 'query' }), { type: 'modify', condition: 'bad-request', ...to }],
    ['no type', ask([payload], { type: undefined }), { type: 'modify', condition: 'bad-request', ...to }],
  ])('to %s are errors', async (_, stanza, expected) => {
    const { iq, sent } = setup();
    iq.onGet('known', 'urn:k', () => undefined);
    await iq.receive(stanza);
    expect(sent).toHaveLength(1);
    expect(errorOf(sent[0])).toEqual(expected);
  });

  it('tell the error of a handler, and nothing of what went wrong inside', async () => {
    const { iq, sent } = setup();
    iq.onGet('query', 'urn:example:q', () => {
      throw new StanzaError('auth', 'forbidden');
    });
    iq.onSet('query', 'urn:example:q', () => Promise.reject(new Error('secret')));
    await iq.receive(ask([payload]));
    expect(errorOf(sent[0])).toMatchObject({ type: 'auth', condition: 'forbidden' });
    await iq.receive(ask([payload], { type: 'set' }));
    expect(errorOf(sent[1])).toMatchObject({ condition: 'internal-server-error' });
    expect(JSON.stringify(sent)).not.toContain('secret');
  });

  it('are given for a handler that has none in 30 s', async () => {
    const { iq, sent, time } = setup();
    iq.onGet('query', 'urn:example:q', () => new Promise(() => undefined));
    const done = iq.receive(ask([payload]));
    time.advance(30_000);
    await done;
    expect(errorOf(sent[0])).toMatchObject({ condition: 'internal-server-error' });
  });

  it('are never given to answers, nor to what has no id', async () => {
    const { iq, sent } = setup();
    for (const type of ['result', 'error']) await iq.receive(xml('iq', NS, { type, id: 'unknown', from: PEER }));
    await iq.receive(ask([payload], { id: undefined }));
    expect(sent).toEqual([]);
  });

  it('end with the removal of their handler; one payload has one handler', async () => {
    const { iq, sent } = setup();
    const remove = iq.onGet('query', 'urn:example:q', () => undefined);
    expect(() => iq.onGet('query', 'urn:example:q', () => undefined)).toThrow('already');
    remove();
    await iq.receive(ask([payload]));
    expect(errorOf(sent[0])).toMatchObject({ condition: 'service-unavailable' });
  });
});
