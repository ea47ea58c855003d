/** Whatever a server or a contact sends: the modules' readers give a value or undefined, and never throw. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BareJid } from '../../src-shared/jid.ts';
import { type Element, xml } from '../../src-main/xml/element.ts';
import { readAvailability } from '../../src-main/xmpp/modules/rfc6121-presence.ts';
import { readRosterItem, readRosterPush } from '../../src-main/xmpp/modules/rfc6121-roster.ts';
import { readSubscription } from '../../src-main/xmpp/modules/rfc6121-subscription.ts';
import { readMessage, readStanzaError } from '../../src-main/xmpp/modules/stanza.ts';
import { readDiscoInfo, readDiscoItems } from '../../src-main/xmpp/modules/xep0030-disco.ts';
import { readEvent } from '../../src-main/xmpp/modules/xep0060-pubsub.ts';
import { shareableVer } from '../../src-main/xmpp/modules/xep0115-caps.ts';
import { delayOf } from '../../src-main/xmpp/modules/xep0203-delay.ts';
import { readCarbon } from '../../src-main/xmpp/modules/xep0280-carbons.ts';

const words = (text: string): string[] => text.split(' ');
const name = fc.constantFrom(
  ...words('message presence iq query item group error sent received forwarded delay event items retract x field value c'),
  ...words('identity feature body status show priority'),
);
const ns = fc.constantFrom(
  ...words('jabber:client jabber:iq:roster jabber:x:data urn:xmpp:carbons:2 urn:xmpp:forward:0 urn:xmpp:delay'),
  ...words('http://jabber.org/protocol/disco#info http://jabber.org/protocol/pubsub#event http://jabber.org/protocol/caps'),
);
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.constantFrom(
    ...words('juliet@capulet.example romeo@montague.example/x error chat subscribe both remove hidden FORM_TYPE @ __proto__'),
  ),
);
const attrs = fc.dictionary(
  fc.constantFrom(...words('from to type id jid subscription name node ver hash var category stamp by __proto__')),
  value,
  { noNullPrototype: false },
);
const tree = fc.letrec<{ element: Element }>((tie) => ({
  element: fc
    .tuple(name, ns, attrs, fc.array(fc.oneof({ maxDepth: 4 }, value, tie('element')), { maxLength: 4 }))
    .map(([n, space, a, children]) => xml(n, space, a, ...children)),
})).element;

const own = 'juliet@capulet.example' as BareJid;
const readers: Readonly<Record<string, (element: Element) => unknown>> = {
  message: readMessage,
  error: readStanzaError,
  availability: readAvailability,
  subscription: (e) => readSubscription(e, 'xmpp:sec'),
  rosterItem: readRosterItem,
  rosterPush: readRosterPush,
  carbon: (e) => readCarbon(e, own),
  event: (e) => readEvent(e, own),
  delay: (e) => delayOf(e),
  discoItems: readDiscoItems,
  discoInfo: (e) => {
    const info = readDiscoInfo(e);
    return info && shareableVer(info);
  },
};

describe('the readers', () => {
  it.each(Object.entries(readers))('%s never throws', (_name, read) => {
    fc.assert(
      fc.property(tree, (element) => {
        expect(() => read(element)).not.toThrow();
      }),
      { numRuns: 400 },
    );
  });

  it('a carbon that is believed came from our own bare JID', () => {
    fc.assert(
      fc.property(tree, (element) => {
        const carbon = readCarbon(element, own);
        if (carbon !== undefined && carbon.kind !== 'forged') expect(element.attr('from')).toBe(own);
      }),
      { numRuns: 400 },
    );
  });
});
