import { describe, expect, it } from 'vitest';
import type { BareJid, Jid } from '../../../../src-shared/jid.ts';
import { disco, type DiscoInfo, readDiscoInfo, readDiscoItems } from '../../../../src-main/xmpp/modules/xep0030-disco.ts';
import { BadAnswer } from '../../../../src-main/xmpp/modules/stanza.ts';
import { element, outcome, testSession } from './support.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const own: DiscoInfo = {
  identities: [{ category: 'client', type: 'pc', lang: '', name: 'Signet' }],
  features: [INFO, 'xmpp:sec'],
  forms: [],
};
const ownXml = `<identity category='client' type='pc' name='Signet'/><feature var='${INFO}'/><feature var='xmpp:sec'/>`;
const plays = 'plays.shakespeare.lit' as BareJid;
const info = (inside: string) => element(`<query xmlns='${INFO}'>${inside}</query>`);

function start() {
  const far = testSession();
  const mayAsk = (from: Jid | undefined) => from === undefined || from.startsWith('romeo@');
  return { far, module: disco.setup(far.session, { own, ownNode: 'urn:signet#abc', mayAsk }) };
}

describe('asked what we are (XEP-0030 §3.1)', () => {
  it.each(['', " node='urn:signet#abc'"])('we answer, for no node and for that of our capabilities (%s)', async (node) => {
    const { far } = start();
    await far.receive(`<iq type='get' id='1' from='romeo@montague.net/orchard'><query xmlns='${INFO}'${node}/></iq>`);
    const answer = far.take();
    expect(answer.attr('to')).toBe('romeo@montague.net/orchard');
    expect(answer.elements()).toEqual([element(`<query xmlns='${INFO}'${node}>${ownXml}</query>`)]);
  });

  it('we know no other node', async () => {
    const { far } = start();
    await far.receive(
      `<iq type='get' id='1' from='romeo@montague.net/orchard'><query xmlns='${INFO}' node='urn:signet#xyz'/></iq>`,
    );
    expect(outcome(far.take())).toBe('item-not-found');
  });

  it('we have no items', async () => {
    const { far } = start();
    await far.receive(
      `<iq type='get' id='1' from='romeo@montague.net/orchard'><query xmlns='http://jabber.org/protocol/disco#items'/></iq>`,
    );
    expect(far.take().elements()).toEqual([element("<query xmlns='http://jabber.org/protocol/disco#items'/>")]);
  });

  it('a stranger learns exactly as much as of one who is offline (protocol 3)', async () => {
    const { far } = start();
    for (const what of ['info', 'items']) {
      await far.receive(
        `<iq type='get' id='1' from='mallory@evil.example/x'><query xmlns='http://jabber.org/protocol/disco#${what}'/></iq>`,
      );
      const answer = far.take();
      expect(outcome(answer)).toBe('service-unavailable');
      expect(answer.child('error')?.attr('type')).toBe('cancel');
      expect(answer.child('error')?.elements()).toHaveLength(1);
    }
  });
});

describe('asking', () => {
  it('gives identities, features and forms (example 2)', async () => {
    const { far, module } = start();
    const asked = module.info(plays);
    const request = far.take();
    expect(request.elements()).toEqual([info('')]);
    await far.result(
      request,
      `<query xmlns='${INFO}'><identity category='conference' type='text' name='Play-Specific Chatrooms'/>
        <identity category='directory' type='chatroom' xml:lang='en' name='Play'/><feature var='jabber:iq:register'/><feature var='vcard-temp'/></query>`,
    );
    expect(await asked).toEqual({
      identities: [
        { category: 'conference', type: 'text', lang: '', name: 'Play-Specific Chatrooms' },
        { category: 'directory', type: 'chatroom', lang: 'en', name: 'Play' },
      ],
      features: ['jabber:iq:register', 'vcard-temp'],
      forms: [],
    });
  });

  it('asks once a session for one address and node', async () => {
    const { far, module } = start();
    const first = module.info(plays);
    await far.result(far.take(), `<query xmlns='${INFO}'/>`);
    expect(await module.info(plays)).toBe(await first);
    expect(far.sent).toEqual([]);
    void module.info(plays, 'other');
    expect(far.take().elements()).toEqual([element(`<query xmlns='${INFO}' node='other'/>`)]);
  });

  it('reads items', async () => {
    const { far, module } = start();
    const asked = module.items(plays, 'music');
    await far.result(
      far.take(),
      `<query xmlns='http://jabber.org/protocol/disco#items'><item jid='people.shakespeare.lit' name='People' node='a'/><item jid='@'/><item/></query>`,
    );
    expect(await asked).toEqual([{ jid: 'people.shakespeare.lit', node: 'a', name: 'People' }]);
  });

  it.each(['', '<query xmlns="jabber:iq:version"/>', `<query xmlns='${INFO}'><feature/></query>`])(
    'takes no nonsense: %s',
    async (payload) => {
      const { far, module } = start();
      await Promise.all([expect(module.info(plays)).rejects.toThrow(BadAnswer), far.result(far.take(), payload)]);
    },
  );
});

describe('an answer is taken whole or not at all', () => {
  it.each([
    ['an identity without type', "<identity category='client'/>"],
    ['a feature without var', '<feature/>'],
    ['an endless feature', `<feature var='${'x'.repeat(1024)}'/>`],
    ['an endless name', `<identity category='client' type='pc' name='${'x'.repeat(1024)}'/>`],
    ['65 identities', "<identity category='client' type='pc'/>".repeat(65)],
    ['1,001 features', Array.from({ length: 1001 }, (_, i) => `<feature var='${String(i)}'/>`).join('')],
    ['40 KiB of features', Array.from({ length: 40 }, (_, i) => `<feature var='${String(i)}${'x'.repeat(1000)}'/>`).join('')],
    ['17 forms', "<x xmlns='jabber:x:data' type='result'/>".repeat(17)],
    ['a form of 201 fields', `<x xmlns='jabber:x:data'>${"<field var='a'/>".repeat(201)}</x>`],
    ['a field of 201 values', `<x xmlns='jabber:x:data'><field var='a'>${'<value/>'.repeat(201)}</field></x>`],
  ])('not with %s', (_what, inside) => {
    expect(readDiscoInfo(info(inside))).toBeUndefined();
  });

  it('cuts a list of items after 1,000', () => {
    const items = "<item jid='a@b.example'/>".repeat(1200);
    expect(readDiscoItems(element(`<query xmlns='http://jabber.org/protocol/disco#items'>${items}</query>`))).toHaveLength(1000);
  });
});
