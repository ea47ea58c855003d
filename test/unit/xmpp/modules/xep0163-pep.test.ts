import { describe, expect, it, vi } from 'vitest';
import type { BareJid } from '../../../../src-shared/jid.ts';
import { type PubsubEvent, readEvent, readItems } from '../../../../src-main/xmpp/modules/xep0060-pubsub.ts';
import { pep } from '../../../../src-main/xmpp/modules/xep0163-pep.ts';
import { BadAnswer } from '../../../../src-main/xmpp/modules/stanza.ts';
import { element, stanza, testSession } from './support.ts';

const PUBSUB = 'http://jabber.org/protocol/pubsub';
const NODE = 'xmpp:sec:credentials';
const own = 'juliet@capulet.example' as BareJid;
const romeo = 'romeo@montague.example' as BareJid;
const bundle = element("<KeyTransport xmlns='xmpp:sec' device='A1A1A1A1A1A1A1A1'/>");
const options = { 'pubsub#persist_items': 'true', 'pubsub#max_items': 'max', 'pubsub#access_model': 'presence' };

const form = (type: string, max = 'max') => `<x xmlns='jabber:x:data' type='submit'>
  <field var='FORM_TYPE' type='hidden'><value>http://jabber.org/protocol/pubsub#${type}</value></field>
  <field var='pubsub#persist_items'><value>true</value></field><field var='pubsub#max_items'><value>${max}</value></field>
  <field var='pubsub#access_model'><value>presence</value></field></x>`;
const item = "<item id='A1A1A1A1A1A1A1A1'><KeyTransport xmlns='xmpp:sec' device='A1A1A1A1A1A1A1A1'/></item>";
const publishing = (options = '') =>
  element(`<pubsub xmlns='${PUBSUB}'><publish node='${NODE}'>${item}</publish>${options}</pubsub>`);
const bare = publishing();
const withOptions = publishing(`<publish-options>${form('publish-options')}</publish-options>`);
const configuring = (max?: string) =>
  element(`<pubsub xmlns='${PUBSUB}#owner'><configure node='${NODE}'>${form('node_config', max)}</configure></pubsub>`);
const creating = (max?: string) =>
  element(`<pubsub xmlns='${PUBSUB}'><create node='${NODE}'/><configure>${form('node_config', max)}</configure></pubsub>`);
const notMet = `<precondition-not-met xmlns='${PUBSUB}#errors'/>`;

function start() {
  const far = testSession();
  return { far, module: pep.setup(far.session, undefined) };
}

describe('publishing (protocol 4)', () => {
  const publish = () => {
    const { far, module } = start();
    return { far, done: module.publish(NODE, 'A1A1A1A1A1A1A1A1', bundle, options) };
  };
  type Far = ReturnType<typeof testSession>;
  const refuses = async (far: Far, what: unknown, condition: string, application = '', type = 'cancel') => {
    const request = far.take();
    expect(request.elements()).toEqual([what]);
    await far.error(request, type, condition, application);
  };
  const takes = async (far: Far, what: unknown) => {
    const request = far.take();
    expect(request.attr('type')).toBe('set');
    expect(request.attr('to')).toBeUndefined();
    expect(request.elements()).toEqual([what]);
    await far.result(request);
  };

  it('is one request, options along', async () => {
    const { far, done } = publish();
    await takes(far, withOptions);
    await done;
    expect(far.sent).toEqual([]);
  });

  it('reconfigures a node that differs', async () => {
    const { far, done } = publish();
    await refuses(far, withOptions, 'conflict', notMet);
    await takes(far, configuring());
    await takes(far, withOptions);
    await done;
  });

  it('where max is not known and the node differs, sets a number and publishes without options', async () => {
    const { far, done } = publish();
    await refuses(far, withOptions, 'conflict', notMet);
    await refuses(far, configuring(), 'not-acceptable');
    await refuses(far, configuring('10000'), 'not-acceptable');
    await takes(far, configuring('1000'));
    await refuses(far, withOptions, 'conflict', notMet);
    await takes(far, bare);
    await done;
  });

  it('where options are refused, creates the node with them', async () => {
    const { far, done } = publish();
    await refuses(far, withOptions, 'bad-request', '', 'modify');
    await refuses(far, configuring(), 'item-not-found');
    await refuses(far, creating(), 'not-acceptable', '', 'modify');
    await takes(far, creating('10000'));
    await takes(far, bare);
    await done;
  });

  it('takes the way around what ejabberd says to options that it does not know', async () => {
    const { far, done } = publish();
    await refuses(far, withOptions, 'resource-constraint', '', 'wait');
    await takes(far, configuring());
    await takes(far, bare);
    await done;
  });

  it('does not ask thirteen times a server that has no time', async () => {
    const { far, done } = publish();
    const failure = expect(done).rejects.toThrow('resource-constraint');
    await refuses(far, withOptions, 'resource-constraint', '', 'wait');
    await refuses(far, configuring(), 'resource-constraint', '', 'wait');
    await failure;
    expect(far.sent).toEqual([]);
  });

  it('publishes nothing where the node cannot be had so', async () => {
    const { far, done } = publish();
    const failure = expect(done).rejects.toThrow('forbidden');
    await refuses(far, withOptions, 'conflict', notMet);
    for (const max of [undefined, ...'10000 1000 500 256 128 100 64 50 32 20 16 10'.split(' ')]) {
      await refuses(far, configuring(max), 'forbidden', '', 'modify');
    }
    await failure;
    expect(far.sent).toEqual([]);
  });

  it.each(['wait', 'auth'])('does not try around a refusal of type %s', async (type) => {
    const { far, done } = publish();
    const failure = expect(done).rejects.toThrow('not-allowed');
    await refuses(far, withOptions, 'not-allowed', '', type);
    await failure;
    expect(far.sent).toEqual([]);
  });

  it('without options is plain', async () => {
    const { far, module } = start();
    const done = module.publish(NODE, 'A1A1A1A1A1A1A1A1', bundle);
    await takes(far, bare);
    await done;
  });

  it('withdraws an item and a node; what is gone already is no error', async () => {
    const { far, module } = start();
    const retracted = module.retract(NODE, 'A1A1A1A1A1A1A1A1');
    await takes(
      far,
      element(`<pubsub xmlns='${PUBSUB}'><retract node='${NODE}' notify='true'><item id='A1A1A1A1A1A1A1A1'/></retract></pubsub>`),
    );
    await retracted;
    const removed = module.remove(NODE);
    await refuses(far, element(`<pubsub xmlns='${PUBSUB}#owner'><delete node='${NODE}'/></pubsub>`), 'item-not-found');
    await removed;
  });
});

describe('retrieving', () => {
  it('gives all items', async () => {
    const { far, module } = start();
    const items = module.retrieve(romeo, NODE);
    const request = far.take();
    expect(request.attr('to')).toBe(romeo);
    expect(request.elements()).toEqual([element(`<pubsub xmlns='${PUBSUB}'><items node='${NODE}'/></pubsub>`)]);
    await far.result(request, `<pubsub xmlns='${PUBSUB}'><items node='${NODE}'>${item}</items></pubsub>`);
    expect(await items).toEqual([{ id: 'A1A1A1A1A1A1A1A1', payload: bundle }]);
  });

  it('of our own asks our account', () => {
    const { far, module } = start();
    void module.retrieve(own, NODE).catch(() => undefined);
    expect(far.take().attr('to')).toBeUndefined();
  });

  it('gives none where there is no node, and says where we may not', async () => {
    const { far, module } = start();
    const none = module.retrieve(romeo, NODE);
    await far.error(far.take(), 'cancel', 'item-not-found');
    expect(await none).toEqual([]);
    await Promise.all([
      expect(module.retrieve(romeo, NODE)).rejects.toThrow('not-authorized'),
      far.error(far.take(), 'auth', 'not-authorized', `<presence-subscription-required xmlns='${PUBSUB}#errors'/>`),
    ]);
  });

  it('takes no answer about another node', async () => {
    const { far, module } = start();
    const payload = `<pubsub xmlns='${PUBSUB}'><items node='other'>${item}</items></pubsub>`;
    await Promise.all([expect(module.retrieve(romeo, NODE)).rejects.toThrow(BadAnswer), far.result(far.take(), payload)]);
  });

  it('leaves out items without id or with other than one payload, and is bounded', () => {
    const items = (inside: string) => readItems(element(`<items xmlns='${PUBSUB}' node='n'>${inside}</items>`));
    expect(items("<item><a/></item><item id='1'/><item id='2'><a/><b/></item><item id='3'><a/></item>").map((i) => i.id)).toEqual(
      ['3'],
    );
    expect(items("<item id='3'><a/></item>".repeat(1200))).toHaveLength(1000);
  });
});

describe('an event', () => {
  const event = (inside: string, from = "from='romeo@montague.example'", type = 'headline') =>
    `<message ${from} type='${type}'><event xmlns='${PUBSUB}#event'>${inside}</event></message>`;
  const items = `<items node='${NODE}'>${item}<retract id='B1B1B1B1B1B1B1B1'/></items>`;
  const expected: PubsubEvent = {
    owner: romeo,
    node: NODE,
    items: [{ id: 'A1A1A1A1A1A1A1A1', payload: bundle }],
    ids: ['A1A1A1A1A1A1A1A1'],
    retracted: ['B1B1B1B1B1B1B1B1'],
    gone: undefined,
  };

  it('names owner, node, what was published and what went', () => {
    expect(readEvent(stanza(event(items)), own)).toEqual(expected);
    expect(readEvent(stanza(event(items, '')), own)?.owner).toBe(own);
    expect(readEvent(stanza(event(`<items node='${NODE}'><item id='1'/></items>`)), own)).toMatchObject({
      items: [],
      ids: ['1'],
    });
    expect(readEvent(stanza(event(`<purge node='${NODE}'/>`)), own)?.gone).toBe('purge');
    expect(readEvent(stanza(event(`<delete node='${NODE}'/>`)), own)?.gone).toBe('delete');
  });

  it.each([
    ['a device, which can write anything', event(items, "from='romeo@montague.example/orchard'")],
    ['a device of ours', event(items, "from='juliet@capulet.example/balcony'")],
    ['no JID', event(items, "from='@'")],
    ['an error', event(items, undefined, 'error')],
    ['a room', event(items, "from='room@muc.example'", 'groupchat')],
  ])('is not believed from %s', (_who, forged) => {
    expect(readEvent(stanza(forged), own)).toBeUndefined();
  });

  it.each(['', '<items/>', `<configuration node='${NODE}'/>`, `<items xmlns='other' node='${NODE}'/>`])(
    'is none without content: %s',
    (inside) => {
      expect(readEvent(stanza(event(inside)), own)).toBeUndefined();
    },
  );

  it('reaches those who listen to its node, until they or the session end', async () => {
    const { far, module } = start();
    const handler = vi.fn<(event: PubsubEvent) => void>();
    const other = vi.fn<(event: PubsubEvent) => void>();
    const end = module.onEvent(NODE, handler);
    module.onEvent('other', other);
    await far.receive(event(items));
    await far.receive(event(items, "from='romeo@montague.example/orchard'"));
    expect(handler).toHaveBeenCalledExactlyOnceWith(expected);
    expect(other).not.toHaveBeenCalled();
    end();
    await far.receive(event(items));
    module.onEvent(NODE, other);
    module.teardown();
    await far.receive(event(items));
    expect(handler).toHaveBeenCalledOnce();
    expect(other).not.toHaveBeenCalled();
  });
});
