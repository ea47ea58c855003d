/** The modules against real servers: two people, one of them with two devices. */

import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OriginId } from '../../../src-shared/ids.ts';
import type { BareJid, FullJid, Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../../src-main/xml/element.ts';
import { type Modules, setupModules } from '../../../src-main/xmpp/modules/index.ts';
import type { RosterChange, RosterItem } from '../../../src-main/xmpp/modules/rfc6121-roster.ts';
import type { SubscriptionStanza } from '../../../src-main/xmpp/modules/rfc6121-subscription.ts';
import { configurationRequest, type PubsubEvent } from '../../../src-main/xmpp/modules/xep0060-pubsub.ts';
import { chatState, readChatState } from '../../../src-main/xmpp/modules/xep0085-chat-states.ts';
import { boundedCapsCache } from '../../../src-main/xmpp/modules/xep0115-caps.ts';
import { asksForReceipt, readReceipt, receipt, receiptRequest } from '../../../src-main/xmpp/modules/xep0184-receipts.ts';
import { privateMessage, readCarbon } from '../../../src-main/xmpp/modules/xep0280-carbons.ts';
import { hint } from '../../../src-main/xmpp/modules/xep0334-hints.ts';
import { originId, readOriginId, readStanzaId } from '../../../src-main/xmpp/modules/xep0359-ids.ts';
import { readMessage } from '../../../src-main/xmpp/modules/stanza.ts';
import { StanzaError } from '../../../src-main/xmpp/types.ts';
import { watch, type Watched } from '../../support/client-watch.ts';
import { startEjabberd } from '../../support/ejabberd.ts';
import { startProsody } from '../../support/prosody.ts';

const PASSWORD = 'secret';
const NODE = 'xmpp:sec:credentials';
const CLIENT = 'jabber:client';

interface Server {
  readonly host: string;
  readonly port: number;
  readonly ca: string;
  register(user: string, password: string): Promise<void>;
  stop(): Promise<void>;
}

let server: Server;
const devices: Device[] = [];
let people = 0;

interface Device {
  readonly watched: Watched;
  readonly modules: Modules;
  readonly jid: FullJid;
  readonly bare: BareJid;
  readonly rosters: (readonly RosterItem[])[];
  readonly pushes: RosterChange[];
  readonly asked: SubscriptionStanza[];
  readonly events: PubsubEvent[];
  readonly known: Jid[];
  send(to: Jid, ...children: Element[]): void;
  /** The messages delivered that are of interest. */
  got(wanted: (message: Element) => boolean): Element[];
}

afterEach(async () => {
  await Promise.all(devices.splice(0).map((d) => d.watched.client.stop()));
});

/** Nobody has met before: each test has people of its own. */
async function person(name: string): Promise<string> {
  people += 1;
  const user = `${name}${String(people)}`;
  await server.register(user, PASSWORD);
  return user;
}

async function device(user: string, resource: string, features: readonly string[] = ['xmpp:sec']): Promise<Device> {
  const rosters: (readonly RosterItem[])[] = [];
  const pushes: RosterChange[] = [];
  const asked: SubscriptionStanza[] = [];
  const events: PubsubEvent[] = [];
  const known: Jid[] = [];
  let modules: Modules | undefined;
  const watched = watch(`${user}@localhost`, {
    server: { host: server.host, port: server.port, tls: 'starttls' },
    ca: [server.ca],
    password: () => PASSWORD,
    resource,
    onSession: (session) => {
      modules = setupModules(session, {
        software: { name: 'Signet', version: '0.1.0', node: 'urn:signet' },
        features,
        notify: [NODE],
        capsCache: boundedCapsCache(),
        roster: { onItems: (items) => void rosters.push(items), onPush: (change) => void pushes.push(change) },
        subscriptions: { extensionNs: 'xmpp:sec', onSubscription: (stanza) => void asked.push(stanza) },
        onPresence: () => undefined,
        onCapabilities: (jid) => void known.push(jid),
      });
      modules.pep.onEvent(NODE, (event) => void events.push(event));
    },
  });
  watched.client.start();
  const session = await watched.online();
  if (modules === undefined) throw new Error('a session without modules');
  expect(await modules.begin({ show: 'online' })).toEqual({ carbons: true });
  const made: Device = {
    watched,
    modules,
    jid: session.jid,
    bare: session.bare,
    rosters,
    pushes,
    asked,
    events,
    known,
    send(to, ...children) {
      session.send(xml('message', CLIENT, { to, type: 'chat', id: `m${String((people += 1))}` }, ...children));
    },
    got: (wanted) => watched.delivered.filter((s) => s.name === 'message' && wanted(s)),
  };
  devices.push(made);
  return made;
}

/** Both see each other's presence. */
async function befriend(a: Device, b: Device): Promise<void> {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.modules.subscriptions.subscribe(other.bare);
    await other.watched.until(() => other.asked.some((s) => s.type === 'subscribe' && s.from === one.bare), 'the question');
    other.modules.subscriptions.subscribed(one.bare);
  }
  await a.watched.until(() => a.modules.roster.get(b.bare)?.subscription === 'both', 'both ways');
  await b.watched.until(() => b.modules.roster.get(a.bare)?.subscription === 'both', 'both ways');
  await a.watched.until(() => a.modules.presence.isOnline(b.jid), 'presence');
  await b.watched.until(() => b.modules.presence.isOnline(a.jid), 'presence');
}

const body = (text: string) => xml('body', CLIENT, {}, text);

describe.each([
  ['Prosody', startProsody],
  ['ejabberd', startEjabberd],
])('with %s:', (name, start: () => Promise<Server>) => {
  beforeAll(async () => {
    server = await start();
  });

  afterAll(() => server.stop());

  describe('contacts', () => {
    it('are added, asked, accepted and seen; renamed and removed', async () => {
      const alice = await device(await person('alice'), 'desk');
      const bob = await device(await person('bob'), 'desk');
      expect(alice.rosters).toEqual([[]]);

      await alice.modules.roster.set(bob.bare, 'Bob', ['Friends']);
      alice.modules.subscriptions.subscribe(bob.bare, 'It is Alice');
      await bob.watched.until(() => bob.asked.length === 1, 'the question');
      expect(bob.asked).toEqual([{ type: 'subscribe', from: alice.bare, status: 'It is Alice', extension: undefined }]);
      await alice.watched.until(() => alice.modules.roster.get(bob.bare)?.asked === true, 'the push');
      expect(alice.modules.roster.get(bob.bare)).toMatchObject({
        name: 'Bob',
        asked: true,
        groups: ['Friends'],
        subscription: 'none',
      });
      expect(alice.modules.presence.resources(bob.bare)).toEqual([]);

      const x = xml('x', 'xmpp:sec', {}, xml('KeyTransport', 'xmpp:sec', { jid: bob.bare }));
      bob.modules.subscriptions.subscribed(alice.bare, x);
      bob.modules.subscriptions.subscribe(alice.bare);
      await alice.watched.until(() => alice.asked.length === 2, 'yes, and the question back');
      expect(alice.asked.map((s) => s.type)).toEqual(['subscribed', 'subscribe']);
      // What stands beside `subscribed` is passed on.
      expect(alice.asked[0]?.extension?.child('KeyTransport')?.attr('jid')).toBe(bob.bare);
      alice.modules.subscriptions.subscribed(bob.bare);
      await alice.watched.until(() => alice.modules.presence.isOnline(bob.jid), 'presence of bob');
      await bob.watched.until(() => bob.modules.presence.isOnline(alice.jid), 'presence of alice');
      await alice.watched.until(() => alice.modules.roster.get(bob.bare)?.subscription === 'both', 'both ways');
      expect(alice.modules.presenceBothWays(bob.jid)).toBe(true);

      bob.modules.presence.send({ show: 'dnd', status: 'Building', priority: 5 });
      await alice.watched.until(() => alice.modules.presence.best(bob.bare)?.show === 'dnd', 'do not disturb');
      expect(alice.modules.presence.best(bob.bare)).toMatchObject({ status: 'Building', priority: 5, jid: bob.jid });

      await alice.modules.roster.set(bob.bare, 'Robert');
      await alice.watched.until(() => alice.modules.roster.get(bob.bare)?.name === 'Robert', 'the new name');
      await alice.modules.roster.remove(bob.bare);
      await alice.watched.until(() => alice.pushes.at(-1)?.item === undefined, 'the removal');
      expect(alice.modules.roster.items()).toEqual([]);
      await bob.watched.until(() => bob.asked.some((s) => s.type === 'unsubscribed'), 'unsubscribed');
      await bob.watched.until(() => !bob.modules.presence.isOnline(alice.jid), 'alice out of sight');
    });

    it('are there in the next session, and offline when they leave', async () => {
      const [a, b] = [await person('alice'), await person('bob')];
      const alice = await device(a, 'desk');
      await befriend(alice, await device(b, 'desk'));
      const again = await device(b, 'phone');
      expect(again.rosters[0]?.map((i) => [i.jid, i.subscription])).toEqual([[alice.bare, 'both']]);
      await again.watched.until(() => again.modules.presence.isOnline(alice.jid), 'presence of alice');
      await alice.watched.until(() => alice.modules.presence.resources(again.bare).length === 2, 'both devices of bob');
      await again.watched.client.stop();
      await alice.watched.until(() => alice.modules.presence.resources(again.bare).length === 1, 'one device of bob');
    });
  });

  describe('capabilities', () => {
    it('tell who speaks xmpp:sec: without a question among our own kind, with one otherwise', async () => {
      const alice = await device(await person('alice'), 'desk');
      const bob = await device(await person('bob'), 'desk');
      const carol = await device(await person('carol'), 'desk', []);
      await befriend(alice, bob);
      await befriend(alice, carol);
      expect(alice.modules.caps.supports(bob.jid, 'xmpp:sec')).toBe(true);
      expect(await alice.modules.caps.whenKnown(carol.jid, 'xmpp:sec')).toBe(false);
      expect(alice.modules.caps.supports(carol.jid, 'urn:xmpp:ping')).toBe(true);
      expect(alice.known).toContain(carol.jid);
      expect(alice.known).not.toContain(bob.jid);
      expect(await carol.modules.caps.whenKnown(alice.jid, 'xmpp:sec')).toBe(true);
    });

    it('and anything else we answer stay hidden from strangers', async () => {
      const alice = await device(await person('alice'), 'desk');
      const mallory = await device(await person('mallory'), 'desk');
      await expect(mallory.modules.disco.askInfo(alice.jid)).rejects.toThrow(new StanzaError('cancel', 'service-unavailable'));
      expect(await mallory.modules.ping.ping(alice.jid)).toBe(false);
      expect(await mallory.modules.ping.ping()).toBe(true);
      alice.modules.presence.direct(mallory.bare);
      await mallory.watched.until(() => mallory.modules.presence.isOnline(alice.jid), 'directed presence');
      expect(await mallory.modules.ping.ping(alice.jid)).toBe(true);
    });

    it('of the server are in its disco#info', async () => {
      const alice = await device(await person('alice'), 'desk');
      const info = await alice.modules.disco.info('localhost' as BareJid);
      expect(info.identities).toContainEqual(expect.objectContaining({ category: 'server', type: 'im' }));
      expect((await alice.modules.disco.items('localhost' as BareJid)).map((i) => i.jid)).toContain('conference.localhost');
    });
  });

  describe('messages', () => {
    it('come with id, receipt and chat state, and copies to the other device', async () => {
      const [a, b] = [await person('alice'), await person('bob')];
      const alice = await device(a, 'desk');
      const phone = await device(a, 'phone');
      const bob = await device(b, 'desk');
      await befriend(alice, bob);
      const id = 'origin-1' as OriginId;

      alice.send(bob.bare, body('Hello'), originId(id), receiptRequest(), chatState('active'));
      const isHello = (m: Element) => readMessage(m)?.body === 'Hello';
      await bob.watched.until(() => bob.got(isHello).length === 1, 'the message');
      const [hello] = bob.got(isHello);
      if (hello === undefined) throw new Error('no message');
      expect([readOriginId(hello), asksForReceipt(hello), readChatState(hello)]).toEqual([id, true, 'active']);
      expect(readStanzaId(hello, bob.bare)).toMatch(/./);
      expect(readMessage(hello)?.from).toBe(alice.jid);

      const sent = () => phone.got((m) => readCarbon(m, phone.bare)?.kind === 'sent');
      await phone.watched.until(() => sent().length === 1, 'the copy of what was sent');
      const copy = sent()[0];
      expect(copy && readCarbon(copy, phone.bare)).toMatchObject({ from: alice.jid, to: bob.bare });

      bob.send(alice.jid, receipt(id), hint('store'));
      await alice.watched.until(() => alice.got((m) => readReceipt(m) === id).length === 1, 'the receipt');
      const received = () => phone.got((m) => readCarbon(m, phone.bare)?.kind === 'received');
      bob.send(alice.jid, body('Yes?'));
      await phone.watched.until(() => received().length > 0, 'the copy of what came');

      // Not to be copied: the phone sees the next message, not this one.
      bob.send(alice.jid, body('for this device'), privateMessage(), hint('no-copy'));
      bob.send(alice.jid, body('for all'));
      const shown = () =>
        received().flatMap((m) => {
          const carbon = readCarbon(m, phone.bare);
          return carbon?.kind === 'received' ? [readMessage(carbon.message)?.body] : [];
        });
      await phone.watched.until(() => shown().includes('for all'), 'the last copy');
      expect(shown()).not.toContain('for this device');
    });

    it('that look like carbons are forged where another person sends them', async () => {
      const alice = await device(await person('alice'), 'desk');
      const mallory = await device(await person('mallory'), 'desk');
      const inner = xml('message', CLIENT, { from: 'bob@localhost/x', to: alice.bare }, body('I owe Mallory a thousand'));
      const forward = xml('forwarded', 'urn:xmpp:forward:0', {}, inner);
      mallory.send(alice.jid, xml('received', 'urn:xmpp:carbons:2', {}, forward), body('x'));
      await alice.watched.until(() => alice.got(() => true).length === 1, 'the message');
      const [message] = alice.got(() => true);
      expect(message && readCarbon(message, alice.bare)).toEqual({ kind: 'forged' });
    });
  });

  describe('personal events', () => {
    const options = { 'pubsub#persist_items': 'true', 'pubsub#max_items': 'max', 'pubsub#access_model': 'presence' };
    const bundle = (device: string) => xml('KeyTransport', 'xmpp:sec', { device });

    it('are published with their access model, notified, retrieved in full and withdrawn', async () => {
      const alice = await device(await person('alice'), 'desk');
      const bob = await device(await person('bob'), 'desk');
      const mallory = await device(await person('mallory'), 'desk');
      await befriend(alice, bob);
      // ejabberd notifies those whose presence came after they had subscribed.
      bob.modules.presence.send({ show: 'chat' });
      await alice.watched.until(() => alice.modules.presence.best(bob.bare)?.show === 'chat', 'presence of a subscriber');

      await alice.modules.pep.publish(NODE, 'A1', bundle('A1'), options);
      await bob.watched.until(() => bob.events.length === 1, 'the notification');
      expect(bob.events[0]).toMatchObject({ owner: alice.bare, node: NODE, items: [{ id: 'A1', payload: bundle('A1') }] });
      await alice.modules.pep.publish(NODE, 'A2', bundle('A2'), options);
      const items = await bob.modules.pep.retrieve(alice.bare, NODE);
      expect(items.map((i) => i.id).sort()).toEqual(['A1', 'A2']);
      await alice.watched.until(() => alice.events.length > 0, 'our own notification');
      expect(alice.events.map((e) => e.owner)).toContain(alice.bare);

      await expect(mallory.modules.pep.retrieve(alice.bare, NODE)).rejects.toThrow(StanzaError);
      expect(mallory.events).toEqual([]);

      await alice.modules.pep.retract(NODE, 'A1');
      await alice.modules.pep.retract(NODE, 'A1');
      // ejabberd 23.01 does not tell of it; an event is a hint only.
      if (name === 'Prosody') {
        await bob.watched.until(() => bob.events.some((e) => e.retracted.includes('A1')), 'the withdrawal');
      }
      expect((await bob.modules.pep.retrieve(alice.bare, NODE)).map((i) => i.id)).toEqual(['A2']);
      await alice.modules.pep.remove(NODE);
      await alice.modules.pep.remove(NODE);
      expect(await alice.modules.pep.retrieve(alice.bare, NODE)).toEqual([]);
    });

    it('reach a contact who comes online later', async () => {
      const [a, b] = [await person('alice'), await person('bob')];
      const alice = await device(a, 'desk');
      const desk = await device(b, 'desk');
      await befriend(alice, desk);
      await desk.watched.client.stop();
      await alice.modules.pep.publish(NODE, 'A1', bundle('A1'), options);
      const phone = await device(b, 'phone');
      await phone.watched.until(() => phone.events.some((e) => e.owner === alice.bare), 'the last item');
    });

    it('reconfigure a node that was open to all, or kept one item only', async () => {
      const alice = await device(await person('alice'), 'desk');
      const mallory = await device(await person('mallory'), 'desk');
      await alice.modules.pep.publish(NODE, 'A1', bundle('A1'), { 'pubsub#access_model': 'open', 'pubsub#max_items': '1' });
      expect(await mallory.modules.pep.retrieve(alice.bare, NODE)).toHaveLength(1);
      await alice.modules.pep.publish(NODE, 'A2', bundle('A2'), options);
      await alice.modules.pep.publish(NODE, 'A3', bundle('A3'), options);
      expect(await alice.modules.pep.retrieve(alice.bare, NODE)).toHaveLength(3);
      await expect(mallory.modules.pep.retrieve(alice.bare, NODE)).rejects.toThrow(StanzaError);
      const session = alice.watched.client.session;
      const form = await session?.iq.get(undefined, configurationRequest(NODE));
      const configured = form?.child('pubsub', 'http://jabber.org/protocol/pubsub#owner')?.child('configure')?.elements()[0];
      const value = (name: string) =>
        configured
          ?.childrenOf('field')
          .find((f) => f.attr('var') === name)
          ?.childText('value');
      expect([value('pubsub#access_model'), value('pubsub#max_items')]).toEqual(['presence', 'max']);
    });
  });

  describe('the account', () => {
    it('gets a new password', async () => {
      const user = await person('alice');
      const alice = await device(user, 'desk');
      await alice.modules.account.changePassword('another');
      await alice.watched.client.stop();
      const old = watch(`${user}@localhost`, {
        server: { host: server.host, port: server.port, tls: 'starttls' },
        ca: [server.ca],
        password: () => PASSWORD,
      });
      old.client.start();
      expect(await old.state('stopped')).toEqual({ kind: 'stopped', code: 'auth-failed' });
      await old.client.stop();
    });

    it('is removed for good', async () => {
      const user = await person('alice');
      const alice = await device(user, 'desk');
      await alice.modules.account.removeAccount();
      await alice.watched.client.stop();
      const again = watch(`${user}@localhost`, {
        server: { host: server.host, port: server.port, tls: 'starttls' },
        ca: [server.ca],
        password: () => PASSWORD,
      });
      again.client.start();
      expect(await again.state('stopped')).toMatchObject({ kind: 'stopped' });
      await again.client.stop();
    });
  });
});
