import { describe, expect, it } from 'vitest';
import type { OriginId } from '../../../../src-shared/ids.ts';
import type { BareJid } from '../../../../src-shared/jid.ts';
import { chatState, readChatState } from '../../../../src-main/xmpp/modules/xep0085-chat-states.ts';
import { asksForReceipt, readReceipt, receipt, receiptRequest } from '../../../../src-main/xmpp/modules/xep0184-receipts.ts';
import { delay, delayOf } from '../../../../src-main/xmpp/modules/xep0203-delay.ts';
import { forwarded, readForwarded } from '../../../../src-main/xmpp/modules/xep0297-forwarded.ts';
import { hint, readHints } from '../../../../src-main/xmpp/modules/xep0334-hints.ts';
import { originId, readOriginId, readStanzaId } from '../../../../src-main/xmpp/modules/xep0359-ids.ts';
import { encryption, readEncryption } from '../../../../src-main/xmpp/modules/xep0380-eme.ts';
import { element, stanza } from './support.ts';

const message = (inside: string) => stanza(`<message from='kingrichard@royalty.england.lit/throne'>${inside}</message>`);

describe('XEP-0184 receipts', () => {
  it('asks and answers as in the examples', () => {
    expect(receiptRequest()).toEqual(element("<request xmlns='urn:xmpp:receipts'/>"));
    expect(receipt('richard2-4.1.247' as OriginId)).toEqual(
      element("<received xmlns='urn:xmpp:receipts' id='richard2-4.1.247'/>"),
    );
    expect(asksForReceipt(message("<body>My lord</body><request xmlns='urn:xmpp:receipts'/>"))).toBe(true);
    expect(readReceipt(message("<received xmlns='urn:xmpp:receipts' id='richard2-4.1.247'/>"))).toBe('richard2-4.1.247');
  });

  it('§5.5: a receipt that asks for one is not answered', () => {
    const both = "<received xmlns='urn:xmpp:receipts' id='1'/><request xmlns='urn:xmpp:receipts'/>";
    expect(asksForReceipt(message(both))).toBe(false);
  });

  it('names one message, with an id of sane length', () => {
    expect(readReceipt(message("<received xmlns='urn:xmpp:receipts'/>"))).toBeUndefined();
    expect(readReceipt(message(`<received xmlns='urn:xmpp:receipts' id='${'x'.repeat(257)}'/>`))).toBeUndefined();
    const twice = "<received xmlns='urn:xmpp:receipts' id='1'/><received xmlns='urn:xmpp:receipts' id='2'/>";
    expect(readReceipt(message(twice))).toBeUndefined();
    expect(readReceipt(message("<received id='1'/>"))).toBeUndefined();
  });
});

describe('XEP-0085 chat states', () => {
  it('writes and reads each', () => {
    for (const state of ['active', 'composing', 'paused', 'inactive', 'gone'] as const) {
      expect(chatState(state)).toEqual(element(`<${state} xmlns='http://jabber.org/protocol/chatstates'/>`));
      expect(readChatState(message('').withChildren([chatState(state)]))).toBe(state);
    }
  });

  it('reads none where there are several or one is unknown', () => {
    expect(readChatState(message(''))).toBeUndefined();
    expect(readChatState(message("<dancing xmlns='http://jabber.org/protocol/chatstates'/>"))).toBeUndefined();
    expect(readChatState(message('').withChildren([chatState('active'), chatState('gone')]))).toBeUndefined();
  });
});

describe('XEP-0359 ids', () => {
  const own = 'juliet@capulet.example' as BareJid;

  it('writes and reads the origin-id', () => {
    expect(originId('de305d54' as OriginId)).toEqual(element("<origin-id xmlns='urn:xmpp:sid:0' id='de305d54'/>"));
    expect(readOriginId(message("<origin-id xmlns='urn:xmpp:sid:0' id='de305d54'/>"))).toBe('de305d54');
  });

  it('has no origin-id where there are two, or it is empty, long or has control characters', () => {
    const id = (value: string) => `<origin-id xmlns='urn:xmpp:sid:0' id='${value}'/>`;
    for (const inside of ['', id(''), id('x'.repeat(257)), id('a&#9;b'), id('a') + id('b'), id('a') + id('a')]) {
      expect(readOriginId(message(inside))).toBeUndefined();
    }
  });

  it('believes a stanza-id only of the one who is asked for', () => {
    const ids = `<stanza-id xmlns='urn:xmpp:sid:0' id='evil' by='mallory@evil.example'/>
      <stanza-id xmlns='urn:xmpp:sid:0' id='evil2' by='juliet@capulet.example/balcony'/>
      <stanza-id xmlns='urn:xmpp:sid:0' id='evil3' by='@'/><stanza-id xmlns='urn:xmpp:sid:0' id='evil4'/>`;
    expect(readStanzaId(message(ids), own)).toBeUndefined();
    const ours = "<stanza-id xmlns='urn:xmpp:sid:0' id='28482-98726-73623' by='juliet@capulet.example'/>";
    expect(readStanzaId(message(ids + ours), own)).toBe('28482-98726-73623');
    expect(readStanzaId(message(ours + ours), own)).toBeUndefined();
  });
});

describe('XEP-0203 delay', () => {
  const at = Date.UTC(2002, 8, 10, 23, 8, 25);

  it('reads and writes when, and who says so', () => {
    const read = delayOf(
      message("<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2002-09-10T23:08:25Z'>Offline</delay>"),
    );
    expect(read).toEqual({ at, by: 'capulet.example' });
    expect(delay(at, 'capulet.example' as BareJid)).toEqual(
      element("<delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2002-09-10T23:08:25Z'/>"),
    );
  });

  it('takes the word of those who are trusted only, where that is asked for', () => {
    const delays = `<delay xmlns='urn:xmpp:delay' stamp='1999-01-01T00:00:00Z'/>
      <delay xmlns='urn:xmpp:delay' from='evil.example' stamp='1999-01-01T00:00:00Z'/>
      <delay xmlns='urn:xmpp:delay' from='capulet.example' stamp='2002-09-10T23:08:25Z'/>`;
    expect(delayOf(message(delays), ['capulet.example' as BareJid])).toEqual({ at, by: 'capulet.example' });
    expect(delayOf(message(delays), ['other.example' as BareJid])).toBeUndefined();
    expect(delayOf(message(delays))?.by).toBeUndefined();
  });

  it('is none with a bad date or address', () => {
    for (const attrs of ["stamp='yesterday'", '', "stamp='2002-09-10T23:08:25Z' from='@'"]) {
      expect(delayOf(message(`<delay xmlns='urn:xmpp:delay' ${attrs}/>`))).toBeUndefined();
    }
  });
});

describe('XEP-0297 forwarded stanzas', () => {
  const inner = stanza("<message from='romeo@montague.example/orchard' to='juliet@capulet.example'><body>hi</body></message>");

  it('gives back what was forwarded, and its delay', () => {
    expect(readForwarded(forwarded(inner, delay(0)))).toEqual({ stanza: inner, delay: { at: 0, by: undefined } });
  });

  it.each([
    ['nothing', "<forwarded xmlns='urn:xmpp:forward:0'/>"],
    [
      'two stanzas',
      "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'/><message xmlns='jabber:client'/></forwarded>",
    ],
    ['a stanza of another namespace', "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:server'/></forwarded>"],
    ['a bad address', "<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client' from='@'/></forwarded>"],
    ['something else', "<forwarded xmlns='urn:xmpp:forward:1'><message xmlns='jabber:client'/></forwarded>"],
  ])('refuses %s', (_what, text) => {
    expect(readForwarded(element(text))).toBeUndefined();
  });
});

describe('XEP-0334 hints', () => {
  it('writes them and reads those that exist', () => {
    expect(hint('store')).toEqual(element("<store xmlns='urn:xmpp:hints'/>"));
    const read = readHints(
      message("<no-store xmlns='urn:xmpp:hints'/><no-copy xmlns='urn:xmpp:hints'/><yes-store xmlns='urn:xmpp:hints'/><store/>"),
    );
    expect([...read]).toEqual(['no-store', 'no-copy']);
  });
});

describe('XEP-0380 encryption', () => {
  it('names the encryption as protocol 6.2 has it', () => {
    const text = "<encryption xmlns='urn:xmpp:eme:0' namespace='xmpp:sec' name='XMPP Security Extensions'/>";
    expect(encryption('xmpp:sec', 'XMPP Security Extensions')).toEqual(element(text));
    expect(readEncryption(message(text))).toEqual({ namespace: 'xmpp:sec', name: 'XMPP Security Extensions' });
  });

  it('is none without a namespace; a name that is too long is cut', () => {
    expect(readEncryption(message("<encryption xmlns='urn:xmpp:eme:0'/>"))).toBeUndefined();
    expect(
      readEncryption(message(`<encryption xmlns='urn:xmpp:eme:0' namespace='n' name='${'é'.repeat(200)}'/>`))?.name,
    ).toHaveLength(128);
  });
});
