import { describe, expect, it, vi } from 'vitest';
import type { BareJid } from '../../../../src-shared/jid.ts';
import { IqTimeout, StanzaError } from '../../../../src-main/xmpp/types.ts';
import { readRosterItem, roster, type RosterItem, type RosterOptions } from '../../../../src-main/xmpp/modules/rfc6121-roster.ts';
import { element, outcome, settled, testSession } from './support.ts';

const romeo = 'romeo@example.net' as BareJid;
const item = (inside: string, group = '') => element(`<item xmlns='jabber:iq:roster' ${inside}>${group}</item>`);
const query = (items: string, ver = '') => `<query xmlns='jabber:iq:roster'${ver}>${items}</query>`;
const push = (items: string, from = '', ver = '') => `<iq id='push' type='set' ${from}>${query(items, ver)}</iq>`;
const itemOf = (jid: string, more: Partial<RosterItem> = {}): RosterItem => ({
  jid: jid as BareJid,
  name: undefined,
  subscription: 'none',
  asked: false,
  groups: [],
  ...more,
});

function start(kept?: RosterOptions['kept']) {
  const far = testSession();
  const onItems = vi.fn<RosterOptions['onItems']>();
  const onPush = vi.fn<RosterOptions['onPush']>();
  const module = roster.setup(far.session, { onItems, onPush, kept });
  return { far, module, onItems, onPush };
}

async function loaded(items = "<item jid='romeo@example.net' subscription='both'/>") {
  const all = start();
  const load = all.module.load();
  await all.far.result(all.far.take(), query(items));
  await load;
  return all;
}

describe('an item (RFC 6121 §2.1.2)', () => {
  it('has address, name, subscription, ask and groups', () => {
    const groups = '<group>Friends</group><group>Montague</group><group>Friends</group><group/>';
    expect(readRosterItem(item("jid='romeo@example.net' name='Romeo' subscription='to' ask='subscribe'", groups))).toEqual({
      jid: romeo,
      name: 'Romeo',
      subscription: 'to',
      asked: true,
      groups: ['Friends', 'Montague'],
    });
    expect(readRosterItem(item("jid='romeo@example.net' name=''"))).toEqual(itemOf('romeo@example.net'));
  });

  it.each(['', "jid='@'", "jid='romeo@example.net/orchard'", "jid='romeo@example.net' subscription='love'"])(
    'is none with %j',
    (attrs) => {
      expect(readRosterItem(item(attrs))).toBeUndefined();
    },
  );

  it('is bounded: a name has 1,023 octets, an item 64 groups', () => {
    const groups = Array.from({ length: 100 }, (_, i) => `<group>g${String(i)}</group>`).join('');
    const read = readRosterItem(item(`jid='romeo@example.net' name='${'é'.repeat(600)}'`, groups));
    expect(Buffer.byteLength(read?.name ?? '')).toBe(1022);
    expect(read?.groups).toHaveLength(64);
  });
});

describe('the roster', () => {
  it('is asked for and handed over as a whole (§2.1.3)', async () => {
    const { far, module, onItems } = start();
    const load = module.load();
    const request = far.take();
    expect(request.attr('type')).toBe('get');
    expect(request.attr('to')).toBeUndefined();
    expect(request.elements()).toEqual([element(query(''))]);
    expect(module.loaded).toBe(false);
    await far.result(
      request,
      query("<item jid='romeo@example.net' name='Romeo' subscription='both'/><item jid='@'/><item jid='nurse@example.com'/>"),
    );
    await load;
    expect(onItems).toHaveBeenCalledExactlyOnceWith(
      [itemOf('romeo@example.net', { name: 'Romeo', subscription: 'both' }), itemOf('nurse@example.com')],
      undefined,
    );
    expect(module.get(romeo)?.name).toBe('Romeo');
    expect(module.loaded).toBe(true);
  });

  it('says where it cannot be had', async () => {
    const { far, module } = start();
    await Promise.all([
      expect(module.load()).rejects.toThrow(StanzaError),
      far.error(far.take(), 'wait', 'internal-server-error'),
    ]);
    await Promise.all([expect(module.load()).rejects.toThrow(IqTimeout), far.timeOut()]);
  });

  it('holds at most 10,000 items', async () => {
    // A stanza is bounded too, so the rest comes as pushes.
    const many = Array.from({ length: 3000 }, (_, i) => `<item jid='a${String(i)}@b.example'/>`).join('');
    const { module, far, onPush } = await loaded(many);
    expect(module.items()).toHaveLength(3000);
    for (let i = 3000; i < 10_000; i += 1) await far.receive(push(`<item jid='a${String(i)}@b.example'/>`));
    onPush.mockClear();
    await far.receive(push("<item jid='one.too@many.example'/>"));
    expect(module.items()).toHaveLength(10_000);
    expect(onPush).not.toHaveBeenCalled();
    await far.receive(push("<item jid='a1@b.example' name='still changes'/>"));
    expect(onPush).toHaveBeenCalledOnce();
  });

  it('keeps what was pushed while the list was under way', async () => {
    const { far, module, onItems, onPush } = start();
    const load = module.load();
    const request = far.take();
    await Promise.all([
      far.result(request, query("<item jid='romeo@example.net'/><item jid='gone@example.net'/>")),
      far.receive(push("<item jid='romeo@example.net' subscription='both'/>")),
      far.receive(push("<item jid='gone@example.net' subscription='remove'/>")),
    ]);
    await load;
    await settled();
    expect(module.items()).toEqual([itemOf('romeo@example.net', { subscription: 'both' })]);
    const told = [...onItems.mock.calls.map(([items]) => items.length), ...onPush.mock.calls];
    expect(told.length).toBeGreaterThan(0);
  });
});

describe('a push (§2.1.6)', () => {
  it.each(['', "from='juliet@capulet.example'"])('counts from our own account (%s)', async (from) => {
    const { far, module, onPush } = await loaded();
    await far.receive(push("<item jid='nurse@example.com' subscription='from'/>", from, " ver='ver7'"));
    expect(outcome(far.take())).toBe('result');
    const nurse = itemOf('nurse@example.com', { subscription: 'from' });
    expect(onPush).toHaveBeenCalledExactlyOnceWith({ jid: 'nurse@example.com', item: nurse, version: 'ver7' });
    expect(module.get('nurse@example.com' as BareJid)).toEqual(nurse);
  });

  it('removes', async () => {
    const { far, module, onPush } = await loaded();
    await far.receive(push("<item jid='romeo@example.net' subscription='remove'/>"));
    expect(onPush).toHaveBeenCalledExactlyOnceWith({ jid: romeo, item: undefined, version: undefined });
    expect(module.items()).toEqual([]);
  });

  it.each([
    'mallory@evil.example/x',
    'mallory@evil.example',
    'capulet.example',
    'juliet@capulet.example/balcony',
    'juliet@capulet.example.evil.example',
  ])('is forged from %s: refused, and nothing changes', async (from) => {
    const { far, module, onPush } = await loaded();
    await far.receive(push("<item jid='mallory@evil.example' subscription='both'/>", `from='${from}'`));
    expect(outcome(far.take())).toBe('service-unavailable');
    await far.receive(push("<item jid='romeo@example.net' subscription='remove'/>", `from='${from}'`));
    expect(outcome(far.take())).toBe('service-unavailable');
    expect(onPush).not.toHaveBeenCalled();
    expect(module.items()).toEqual([itemOf('romeo@example.net', { subscription: 'both' })]);
  });

  it('has exactly one item', async () => {
    const { far, onPush } = await loaded();
    await far.receive(push("<item jid='a@b.example'/><item jid='c@d.example'/>"));
    await far.receive(push(''));
    expect(onPush).not.toHaveBeenCalled();
  });

  it('is nothing to a session that ended', async () => {
    const { far, module, onPush } = await loaded();
    module.teardown();
    await far.receive(push("<item jid='nurse@example.com'/>"));
    expect(outcome(far.take())).toBe('service-unavailable');
    expect(onPush).not.toHaveBeenCalled();
  });
});

describe('changes', () => {
  it('sets an item (§2.3.1) and removes one (§2.5.1)', async () => {
    const { far, module } = await loaded();
    const set = module.set('nurse@example.com' as BareJid, 'Nurse', ['Servants']);
    const request = far.take();
    expect(request.elements()).toEqual([
      element(query("<item jid='nurse@example.com' name='Nurse'><group>Servants</group></item>")),
    ]);
    await far.result(request);
    await set;
    const removal = module.remove('nurse@example.com' as BareJid);
    const second = far.take();
    expect(second.elements()).toEqual([element(query("<item jid='nurse@example.com' subscription='remove'/>"))]);
    await Promise.all([expect(removal).rejects.toThrow('item-not-found'), far.error(second, 'cancel', 'item-not-found')]);
  });
});

describe('versions (§2.6)', () => {
  const kept = { version: 'ver11', items: [itemOf('romeo@example.net')] };

  it('takes the copy where the server says it is up to date', async () => {
    const { far, module, onItems } = start(kept);
    const load = module.load();
    const request = far.take();
    expect(request.elements()).toEqual([element(query('', " ver='ver11'"))]);
    await far.result(request);
    await load;
    expect(onItems).toHaveBeenCalledExactlyOnceWith(kept.items, 'ver11');
  });

  it('takes the new list where there is one', async () => {
    const { far, module, onItems } = start(kept);
    const load = module.load();
    await far.result(far.take(), query('', " ver='ver14'"));
    await load;
    expect(onItems).toHaveBeenCalledExactlyOnceWith([], 'ver14');
  });
});
