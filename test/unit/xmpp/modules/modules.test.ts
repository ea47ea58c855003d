import { describe, expect, it, vi } from 'vitest';

import { boundedCapsCache, verOf } from '../../../../src-main/xmpp/modules/xep0115-caps.ts';
import { ownDisco, setupModules } from '../../../../src-main/xmpp/modules/index.ts';
import type { BareJid, FullJid, Jid } from '../../../../src-shared/jid.ts';
import { element, outcome, settled, testSession } from './support.ts';

const software = { name: 'Signet', version: '0.1.0', node: 'urn:signet' };
const sec = { software, features: ['xmpp:sec'], notify: ['xmpp:sec:credentials'] };

function start() {
  const far = testSession();
  const onPresence = vi.fn<(bare: BareJid) => void>();
  const modules = setupModules(far.session, {
    ...sec,
    capsCache: boundedCapsCache(),
    roster: { onItems: vi.fn(), onPush: vi.fn() },
    subscriptions: { onSubscription: vi.fn() },
    onPresence,
  });
  return { far, modules, onPresence };
}

const contacts = `<query xmlns='jabber:iq:roster'><item jid='both@a.example' subscription='both'/><item jid='from@a.example' subscription='from'/>
  <item jid='to@a.example' subscription='to'/><item jid='none@b.example' subscription='none'/></query>`;

async function begun() {
  const all = start();
  const done = all.modules.begin({ show: 'online' });
  const requests = [all.far.take(), all.far.take()];
  for (const request of requests) {
    await all.far.result(request, request.child('query', 'jabber:iq:roster') === undefined ? '' : contacts);
  }
  return { ...all, offers: await done, presence: all.far.take(), requests };
}

describe('what we say we can', () => {
  it('has the features of the modules and of the services, each once, sorted', () => {
    const info = ownDisco({ ...sec, features: ['xmpp:sec', 'urn:xmpp:ping'] });
    expect(info.identities).toEqual([{ category: 'client', type: 'pc', lang: '', name: 'Signet' }]);
    expect(info.features).toEqual([
      'http://jabber.org/protocol/caps',
      'http://jabber.org/protocol/chatstates',
      'http://jabber.org/protocol/disco#info',
      'http://jabber.org/protocol/disco#items',
      'jabber:iq:version',
      'urn:xmpp:ping',
      'urn:xmpp:receipts',
      'urn:xmpp:sid:0',
      'xmpp:sec',
      'xmpp:sec:credentials+notify',
    ]);
  });

  it('is what the hash in our presence stands for', async () => {
    const { far, presence } = await begun();
    const ver = presence.child('c', 'http://jabber.org/protocol/caps')?.attr('ver') ?? '';
    expect(ver).toBe(verOf(ownDisco(sec)));
    await far.receive(
      `<iq type='get' id='1' from='both@a.example/x'><query xmlns='http://jabber.org/protocol/disco#info' node='urn:signet#${ver}'/></iq>`,
    );
    expect(outcome(far.take())).toBe('result');
  });
});

describe('a session begins', () => {
  it('with nothing sent, then roster and carbons, and presence only after both', async () => {
    const { far, modules } = start();
    expect(far.sent).toEqual([]);
    const done = modules.begin({ show: 'away' });
    const [first, second] = [far.take(), far.take()];
    expect([first, second].flatMap((r) => r.elements().map((e) => e.ns)).sort()).toEqual([
      'jabber:iq:roster',
      'urn:xmpp:carbons:2',
    ]);
    await far.result(first);
    expect(far.sent).toEqual([]);
    await far.result(second);
    expect(await done).toEqual({ carbons: true });
    expect(far.take().childText('show')).toBe('away');
  });

  it('without carbons where the server has none', async () => {
    const { far, modules } = start();
    const done = modules.begin({ show: 'online' });
    for (const request of [far.take(), far.take()]) {
      if (request.child('enable', 'urn:xmpp:carbons:2')) await far.error(request, 'cancel', 'feature-not-implemented');
      else await far.result(request, contacts);
    }
    expect(await done).toEqual({ carbons: false });
    expect(far.take().name).toBe('presence');
  });

  it('without presence where the roster cannot be had', async () => {
    const { far, modules } = start();
    const failure = expect(modules.begin({ show: 'online' })).rejects.toThrow('internal-server-error');
    for (const request of [far.take(), far.take()]) await far.error(request, 'wait', 'internal-server-error');
    await failure;
    expect(far.sent).toEqual([]);
  });
});

describe('who gets our presence, and so may learn that we are here (protocol 3)', () => {
  const ask = async (far: ReturnType<typeof testSession>, from: string) => {
    await far.receive(`<iq type='get' id='1' ${from === '' ? '' : `from='${from}'`}><ping xmlns='urn:xmpp:ping'/></iq>`);
    return outcome(far.take());
  };

  it.each([
    ['', 'result'],
    ['capulet.example', 'result'],
    ['juliet@capulet.example', 'result'],
    ['juliet@capulet.example/chamber', 'result'],
    ['both@a.example/x', 'result'],
    ['from@a.example/x', 'result'],
    ['a.example', 'result'],
    ['to@a.example/x', 'service-unavailable'],
    ['none@b.example/x', 'service-unavailable'],
    ['b.example', 'service-unavailable'],
    ['mallory@a.example/x', 'service-unavailable'],
    ['mallory@evil.example', 'service-unavailable'],
  ])('%j gets %s', async (from, expected) => {
    const { far } = await begun();
    expect(await ask(far, from)).toBe(expected);
  });

  it('nobody but ourselves while we are not available', async () => {
    const { far, modules } = await begun();
    modules.presence.sendUnavailable();
    far.take();
    expect(await ask(far, 'both@a.example/x')).toBe('service-unavailable');
    expect(await ask(far, 'juliet@capulet.example')).toBe('result');
    expect(modules.presenceTo('both@a.example' as BareJid)).toBe(false);
  });

  it('whom we direct presence to', async () => {
    const { far, modules } = await begun();
    modules.presence.direct('none@b.example' as BareJid);
    far.take();
    expect(await ask(far, 'none@b.example/x')).toBe('result');
  });

  it('flows both ways where they are online too, never for those who hide from us', async () => {
    const { far, modules } = await begun();
    const [both, from] = ['both@a.example/x', 'from@a.example/x'] as FullJid[];
    if (both === undefined || from === undefined) throw new Error('two devices');
    expect(modules.presenceBothWays(both)).toBe(false);
    await far.receive(`<presence from='${both}'/>`);
    await far.receive("<presence from='to@a.example/x'/>");
    expect(modules.presenceBothWays(both)).toBe(true);
    expect(modules.presenceBothWays(from)).toBe(false);
    expect(modules.presenceBothWays('to@a.example/x' as FullJid)).toBe(false);
    await far.receive("<presence from='juliet@capulet.example/chamber'/>");
    expect(modules.presenceBothWays('juliet@capulet.example/chamber' as FullJid)).toBe(true);
  });
});

describe('capabilities', () => {
  it('of subscribers are asked for as they come, of others when somebody wants to know', async () => {
    const { far, modules, onPresence } = await begun();
    const c = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='AAAAAAAAAAAAAAAAAAAAAAAAAAA='/>";
    await far.receive(`<presence from='to@a.example/x'>${c}</presence>`);
    expect(far.sent).toEqual([]);
    await far.receive(`<presence from='both@a.example/x'>${c}</presence>`);
    expect(far.take().elements()).toEqual([
      element("<query xmlns='http://jabber.org/protocol/disco#info' node='n#AAAAAAAAAAAAAAAAAAAAAAAAAAA='/>"),
    ]);
    expect(onPresence.mock.calls.map(([bare]) => bare)).toEqual(['to@a.example', 'both@a.example']);
    expect(modules.caps.supports('both@a.example/x' as Jid, 'xmpp:sec')).toBeUndefined();
  });

  it('of our own program are known at once', async () => {
    const { far, modules, presence } = await begun();
    const ver = presence.child('c', 'http://jabber.org/protocol/caps')?.attr('ver') ?? '';
    const c = `<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='urn:signet' ver='${ver}'/>`;
    await far.receive(`<presence from='both@a.example/x'>${c}</presence>`);
    expect(far.sent).toEqual([]);
    expect(modules.caps.supports('both@a.example/x' as Jid, 'xmpp:sec')).toBe(true);
  });
});

describe('the end', () => {
  it('leaves nothing behind', async () => {
    const { far, modules, onPresence } = await begun();
    modules.teardown();
    expect(far.listeners()).toBe(0);
    for (const payload of [
      "<ping xmlns='urn:xmpp:ping'/>",
      "<query xmlns='http://jabber.org/protocol/disco#info'/>",
      "<query xmlns='http://jabber.org/protocol/disco#items'/>",
      "<query xmlns='jabber:iq:version'/>",
    ]) {
      await far.receive(`<iq type='get' id='1' from='capulet.example'>${payload}</iq>`);
      expect(outcome(far.take())).toBe('service-unavailable');
    }
    await far.receive("<presence from='both@a.example/x'/>");
    await settled();
    expect(onPresence).not.toHaveBeenCalled();
  });
});
