/** What a stranger can send through a real server and our limits refuse: it must not keep us from signing in. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import type { Outgoing } from '../../../src-main/xmpp/types.ts';
import { watch, type Watched } from '../../support/client-watch.ts';
import { startProsody, type Prosody } from '../../support/prosody.ts';

let prosody: Prosody;
const watched: Watched[] = [];

beforeAll(async () => {
  prosody = await startProsody({ accounts: { alice: 'wonderland', mallory: 'malice' } });
});

afterAll(async () => {
  await Promise.all(watched.map((w) => w.client.stop()));
  await prosody.stop();
});

const presence = xml('presence', 'jabber:client');

/** A client that is available in every session of its own. */
function start(user: string, password: string): Watched {
  const w: Watched = watch(`${user}@localhost`, {
    server: { host: prosody.host, port: prosody.port, tls: 'starttls' },
    ca: [prosody.ca],
    password: () => password,
    onState: (state) => {
      w.states.push(state);
      if (state.kind === 'online') w.client.session?.send(presence);
    },
  });
  watched.push(w);
  w.client.start();
  return w;
}

const bodies = (w: Watched) => w.delivered.filter((s) => s.name === 'message').map((s) => s.childText('body'));
const kinds = (w: Watched) => w.states.map((s) => s.kind);
const text = (body: string, ...more: Element[]) =>
  xml('message', 'jabber:client', { to: 'alice@localhost', type: 'chat' }, xml('body', 'jabber:client', {}, body), ...more);
const deep = (depth: number): Element => {
  let el = xml('deep', 'urn:deep');
  for (let i = 1; i < depth; i++) el = xml('deep', 'urn:deep', {}, el);
  return el;
};
const many = (n: number): Element => xml('many', 'urn:many', {}, ...Array.from({ length: n }, () => xml('e', 'urn:many')));
const wide = (n: number): Element =>
  xml('wide', 'urn:wide', Object.fromEntries(Array.from({ length: n }, (_, i) => [`a${String(i)}`, ''])));
const raw = (inside: string): Outgoing => ({
  kind: 'message',
  xml: `<message to="alice@localhost" type="chat"><body>first</body>${inside}</message>`,
});

describe('a stanza that we do not take', () => {
  it.each<readonly [string, Outgoing]>([
    ['elements too deep', text('first', deep(40))],
    ['too many elements', text('first', many(10_001))],
    ['too many attributes', text('first', wide(70))],
    ['an element in the xml namespace', raw('<xml:x/>')],
    ['a namespace with white space around it', raw('<x xmlns=" urn:x "/>')],
    ['too many octets once its quotes are escaped', text('"'.repeat(60_000))],
  ])('%s: the next one arrives, and neither this session nor the next ends over it', async (_, poison) => {
    const [alice, mallory] = [start('alice', 'wonderland'), start('mallory', 'malice')];
    await alice.online();
    const m = await mallory.online();
    m.send(poison);
    m.send(text('second'));
    await alice.until(() => bodies(alice).includes('second'), 'the message after it');
    expect(kinds(alice)).toEqual(['connecting', 'online']);
    await Promise.all([alice.client.stop(), mallory.client.stop()]);
    // It was counted as received: the server does not send it again.
    const again = start('alice', 'wonderland');
    await again.online();
    await again.until(() => again.delivered.some((s) => s.name === 'presence'), 'our own presence');
    expect(again.faults).toEqual([]);
    expect(kinds(again)).toEqual(['connecting', 'online']);
    await again.client.stop();
  });
});
