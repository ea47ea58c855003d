/** Protocol 6.1, 6.2 and 5.6 over a wire that belongs to somebody else: a message opens as it was meant, once, or not at all. */

import { describe, expect, it } from 'vitest';
import type { DeviceId, OriginId } from '../../../src-shared/ids.ts';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import {
  isDue,
  mayDecrypt,
  mayEncrypt,
  newest,
  replaced,
  type SecurityAssociation,
} from '../../../src-main/security/association/association.ts';
import { advance, digestOf, wrappingKey } from '../../../src-main/security/association/chains.ts';
import { seal } from '../../../src-main/security/crypto/aes-gcm.ts';
import { wrap } from '../../../src-main/security/crypto/key-wrap.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { MessageError, protect, type Draft, type Kind } from '../../../src-main/security/message.ts';
import { open, type Opening } from '../../../src-main/security/opening.ts';
import { paddedLength } from '../../../src-main/security/padding.ts';
import { read, rewritten, START, World, type Side } from '../../support/hostile-wire.ts';
import { Device } from '../../support/protocol-associations.ts';

const DAY = 24 * 3_600_000;

interface Conversation {
  world: World;
  alice: Side;
  bob: Side;
  sender: SecurityAssociation;
  reader: Device;
}

async function conversation(): Promise<Conversation> {
  const world = new World();
  const alice = world.side('alice@a.example/one');
  const bob = world.side('bob@b.example/two');
  await alice.begin(bob);
  const [sender] = alice.associations;
  const [receiver] = bob.associations;
  if (sender === undefined || receiver === undefined) throw new Error('no association');
  return { world, alice, bob, sender, reader: new Device(receiver, START) };
}

let count = 0;
function draft(sender: SecurityAssociation, body: string, more: Partial<Draft> = {}): Draft {
  const originId = `id-${String(++count)}` as OriginId;
  const content = [xml('body', 'jabber:client', {}, body)];
  return { kind: 'message', from: sender.own, to: sender.peer.jid, originId, content, time: START, ...more };
}

/** Writes a message, and gives it as it leaves, with the association that is to be stored before it does. */
function write(
  sender: SecurityAssociation,
  body: string,
  more: Partial<Draft> = {},
): { text: string; next: SecurityAssociation } {
  const { stanza, associations } = protect(draft(sender, body, more), [sender], systemRandom);
  const [next] = associations;
  if (next === undefined) throw new Error('nothing advanced');
  return { text: delivered(stanza.xml, 'alice@a.example/one'), next };
}

/** As the server hands it on: in the stream's namespace, with the sender's address. */
const delivered = (text: string, from: string): string =>
  text.replace('<message ', `<message xmlns="jabber:client" from="${from}" `);

function kindOf(reader: Device, text: string): Opening['kind'] | 'no XML' {
  const stanza = read(text);
  return stanza === undefined ? 'no XML' : reader.open(stanza).kind;
}

describe('a message on the wire', () => {
  it('opens to what was written, and looks from outside like any other', async () => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'Line one\nline two\r & <three>');
    const stanza = parseDocument(text);
    expect(stanza.childText('body')).toBe('This message is protected. Open it with a client that supports XEP-0102.');
    expect(text).not.toContain('Line one');
    const opened = reader.receive(stanza);
    expect(opened).toMatchObject({ kind: 'opened', n: 0, sender: sender.own, to: 'bob@b.example', time: START });
    expect(opened).not.toHaveProperty('signature');
    expect(reader.bodies).toEqual(['Line one\nline two\r & <three>']);
  });

  it.each([
    ['message', true, 'store'],
    ['marker', false, 'store'],
    ['transient', false, 'no-store'],
  ] as const)('%s: outer body %s, %s', async (kind: Kind, body: boolean, hint: string) => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'x', { kind });
    const stanza = parseDocument(text);
    expect(stanza.child('body') !== undefined).toBe(body);
    expect(
      stanza
        .elements()
        .filter((el) => el.ns === 'urn:xmpp:hints')
        .map((el) => el.name),
    ).toEqual([hint]);
    expect(stanza.child('origin-id', 'urn:xmpp:sid:0')?.attr('id')).toBe(stanza.attr('id'));
    expect(reader.receive(stanza).kind).toBe('opened');
  });

  it('its envelope has one of a few lengths', async () => {
    const { sender } = await conversation();
    for (const size of [0, 1, 100, 400, 1_000, 3_000, 9_000]) {
      const c = parseDocument(write(sender, 'x'.repeat(size)).text)
        .child('x', 'xmpp:sec')
        ?.child('EncryptedData', 'http://www.w3.org/2001/04/xmlenc#');
      const octets = Buffer.from(c?.child('CipherData')?.childText('CipherValue') ?? '', 'base64').length - 28;
      expect(paddedLength(octets)).toBe(octets);
    }
  });

  it('every byte of what is protected flipped: nothing opens, and nothing changes', async () => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'Hello');
    const before = reader.sa;
    const [from, to] = [text.indexOf('<x '), text.indexOf('</x>')];
    const kinds = new Set<string>();
    for (let at = from; at < to; at++) {
      const octets = Buffer.from(text);
      octets[at] = (octets[at] ?? 0) ^ 1;
      kinds.add(kindOf(reader, octets.toString('utf8')));
    }
    expect([...kinds]).not.toContain('opened');
    expect(reader.sa).toBe(before);
    expect(kindOf(reader, text)).toBe('opened');
  });

  it('dropped, doubled, out of order, replayed later: each opens once', async () => {
    const { sender, reader } = await conversation();
    let sa = sender;
    const texts: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { text, next } = write(sa, `number ${String(i)}`);
      texts.push(text);
      sa = next;
    }
    const at = (i: number): Element => parseDocument(texts[i] ?? '');
    // number 1 is lost for now; 3 comes before 2
    expect([0, 3, 2, 2, 5, 3, 1, 4, 0].map((i) => reader.receive(at(i)).kind)).toEqual([
      'opened',
      'opened',
      'opened',
      'copy',
      'opened',
      'copy',
      'opened',
      'opened',
      'copy',
    ]);
    expect(reader.bodies).toEqual(['number 0', 'number 3', 'number 2', 'number 5', 'number 1', 'number 4']);
    expect(reader.skipped.size).toBe(0);
  });

  it('a number that was used, from another JID: says nothing of the association', async () => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'Hello');
    const stanza = parseDocument(text);
    expect(reader.receive(stanza).kind).toBe('opened');
    expect(reader.open(stanza).kind).toBe('copy');
    expect(reader.open(stanza.withAttrs({ from: 'mallory@m.example/x' })).kind).toBe('undecryptable');
    const another = write(sender, 'Another').text;
    expect(reader.open(parseDocument(another)).kind).toBe('number-reused');
    expect(reader.open(parseDocument(another).withAttrs({ from: 'mallory@m.example/x' })).kind).toBe('undecryptable');
  });

  it('from another JID, to another, as an error, at another device: not opened', async () => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'Hello');
    const stanza = parseDocument(text);
    const kinds = (changes: Record<string, string | undefined>): string => reader.open(stanza.withAttrs(changes)).kind;
    expect(kinds({ from: 'mallory@m.example/x' })).toBe('undecryptable');
    expect(kinds({ from: undefined })).toBe('undecryptable');
    expect(kinds({ to: 'carol@c.example' })).toBe('undecryptable');
    expect(kinds({ to: undefined })).toBe('undecryptable');
    expect(kinds({ type: 'error' })).toBe('error-stanza');
    expect(kinds({ from: 'alice@a.example/elsewhere', to: 'bob@b.example/two' })).toBe('opened');
    const other = {
      ...{ own: { jid: sender.peer.jid, device: 'F'.repeat(16) as DeviceId }, now: START },
      ...{ lookup: () => reader.held, sealingKey: () => undefined },
    };
    expect(open(stanza, other).kind).toBe('not-for-this-device');
    expect(open(stanza, { ...other, own: sender.peer, lookup: () => undefined }).kind).toBe('unknown-key');
  });

  it('reflected to its sender: not for that device', async () => {
    const { sender } = await conversation();
    const { text } = write(sender, 'Hello');
    expect(
      new Device(sender, START).open(parseDocument(text).withAttrs({ from: 'bob@b.example/two', to: 'alice@a.example' })).kind,
    ).toBe('not-for-this-device');
  });

  it('prefixes rewritten as servers do: opens', async () => {
    const { sender, reader } = await conversation();
    expect(kindOf(reader, rewritten(parseDocument(write(sender, 'Hello').text)))).toBe('opened');
  });

  it('two keys for this device, of which both are held: undecryptable', async () => {
    const { sender, reader } = await conversation();
    const { text } = write(sender, 'Hello');
    const key = /<EncryptedKey .*?<\/EncryptedKey>/.exec(text)?.[0] ?? '';
    expect(kindOf(reader, text.replace(key, key + key))).toBe('undecryptable');
    // one that names an association nobody has is as if it were not there
    expect(kindOf(reader, text.replace(key, key.replace(/<KeyName>.{64}/, `<KeyName>${'0'.repeat(64)}`) + key))).toBe('opened');
  });

  it('a sealed key for this device: unknown, as long as no sealing key is held', async () => {
    const { sender, reader } = await conversation();
    const sealed = write(sender, 'Hello').text.replace(
      /<KeyName>.*?<\/KeyName>/,
      '<AgreementMethod xmlns="http://www.w3.org/2001/04/xmlenc#" Algorithm="x"/>',
    );
    expect(kindOf(reader, sealed)).toBe('unknown-key');
  });

  it('what a protected message may not carry is dropped from its content', async () => {
    const { sender, reader } = await conversation();
    const content = [
      xml('body', 'jabber:client', {}, 'Hello'),
      xml('no-store', 'urn:xmpp:hints'),
      xml('stanza-id', 'urn:xmpp:sid:0', { id: '1', by: 'a.example' }),
      xml('addresses', 'http://jabber.org/protocol/address'),
      xml('encryption', 'urn:xmpp:eme:0', { namespace: 'x' }),
      xml('x', 'xmpp:sec'),
      xml('thread', 'jabber:client', {}, 't'),
    ];
    const opened = reader.open(parseDocument(write(sender, '', { content }).text));
    expect(opened.kind === 'opened' ? opened.content.map((el) => el.name) : []).toEqual(['body', 'thread']);
  });

  it('signed by choice: verified at the other end', async () => {
    const { alice, sender, reader } = await conversation();
    const { text } = write(sender, 'Signed <&>', { signer: alice.own.credential });
    expect(reader.receive(parseDocument(text))).toMatchObject({
      kind: 'opened',
      signature: { certificate: { fp: sender.own.fp } },
    });
    expect(reader.bodies).toEqual(['Signed <&>']);
  });

  it('signed by somebody else’s credential: undecryptable, over an association too', async () => {
    const { bob, sender, reader } = await conversation();
    expect(kindOf(reader, write(sender, 'Signed', { signer: bob.own.credential }).text)).toBe('undecryptable');
  });
});

describe('an envelope that is not of the form of 6.2', () => {
  const CEK = new Uint8Array(32).fill(7);
  /** A message whose sender sealed these octets instead of an envelope of ours. */
  async function sealed(change: (envelope: string) => string): Promise<string> {
    const { sender, reader } = await conversation();
    const { originId, time, from, to } = draft(sender, '');
    const envelope =
      `<envelope xmlns="urn:xmpp:sce:1"><content><body xmlns="jabber:client">Hi</body><origin-id xmlns="urn:xmpp:sid:0" id="${originId}"/></content>` +
      `<rpad>abc</rpad><time stamp="${new Date(time).toISOString().slice(0, 19)}Z"/><from jid="${from.jid}"/><to jid="${to}"/>` +
      `<sender xmlns="xmpp:sec" fp="${from.fp}" device="${from.device}"/></envelope>`;
    const iv = new Uint8Array(12);
    const c = Buffer.concat([iv, seal(CEK, iv, Buffer.from(change(envelope)))]);
    const { mk } = advance(sender.hash, sender.send);
    const wrapped = wrap(wrappingKey(sender.hash, mk, digestOf(c)), CEK);
    const values = [Buffer.from(wrapped).toString('base64'), c.toString('base64')];
    const { text } = write(sender, '');
    return kindOf(
      reader,
      text.replaceAll(/<CipherValue>[^<]*</g, () => `<CipherValue>${values.shift() ?? ''}<`),
    );
  }
  const to = (search: string | RegExp, by: string) => (envelope: string) => {
    const changed = envelope.replace(search, by);
    expect(changed).not.toBe(envelope);
    return changed;
  };

  it('opens as long as it is', async () => {
    expect(await sealed((envelope) => envelope)).toBe('opened');
    expect(await sealed(to('abc', ''))).toBe('opened');
    expect(await sealed(to('<content>', '<content>some text'))).toBe('opened');
  });

  it.each([
    ['an XML declaration', to('<envelope', '<?xml version="1.0"?><envelope')],
    ['a byte order mark', to('<envelope', '\uFEFF<envelope')],
    ['white space before it', to('<envelope', ' <envelope')],
    ['white space after it', to('</envelope>', '</envelope>\n')],
    ['a comment', to('</content>', '</content><!-- -->')],
    ['a processing instruction', to('<rpad>', '<?pi?><rpad>')],
    ['CDATA', to('Hi', '<![CDATA[Hi]]>')],
    ['a DTD', to('<envelope', '<!DOCTYPE envelope><envelope')],
    ['text between its children', to('<rpad>', ' <rpad>')],
    ['another order', to(/(<time [^>]*>)(<from [^>]*>)/, '$2$1')],
    ['no rpad', to('<rpad>abc</rpad>', '')],
    ['a strange character in rpad', to('abc', 'ab-')],
    ['a fraction of a second', to(/stamp="([^"]*)Z"/, 'stamp="$1.5Z"')],
    ['a day that is none', to(/stamp="[^"]*"/, 'stamp="2026-02-30T10:00:00Z"')],
    ['the hour 24', to(/stamp="[^"]*"/, 'stamp="2026-02-28T24:00:00Z"')],
    ['a from that is not prepared', to('jid="alice@a.example"', 'jid="Alice@a.example"')],
    ['a from with a resource', to('jid="alice@a.example"', 'jid="alice@a.example/one"')],
    ['a to that is another', to('jid="bob@b.example"', 'jid="carol@c.example"')],
    ['another sender device', to(/device="..../, 'device="0000')],
    ['another sender fp', to(/fp="[0-9A-F]{4}/, 'fp="0000')],
    ['a chain outside a room', to('<sender ', '<sender chain="0123456789ABCDEF:0:0" ')],
    ['an attribute nobody named', to('<rpad>', '<rpad x="1">')],
    ['two origin-ids', to('</content>', '<origin-id xmlns="urn:xmpp:sid:0" id="2"/></content>')],
    ['a second child after sender', to('</envelope>', '<extra/></envelope>')],
    ['another root', to(/envelope(.*)envelope/s, 'envelop$1envelop')],
  ])('%s: undecryptable', async (_what, change) => {
    expect(await sealed(change)).toBe('undecryptable');
  });
});

describe('writing', () => {
  it('advances the chain of each device, and names them', async () => {
    const { sender } = await conversation();
    const second = { ...sender, peer: { ...sender.peer, device: 'C1C2C3C4C5C6C7C8' as DeviceId } };
    const { associations, recipients } = protect(draft(sender, 'x'), [sender, second], systemRandom);
    expect(associations.map((sa) => sa.send.n)).toEqual([1, 1]);
    expect(sender.send.n).toBe(0);
    expect(recipients).toEqual([sender.peer, second.peer]);
  });

  it('is refused without a device, with over 32, beyond the last n, over the server’s limit', async () => {
    const { sender } = await conversation();
    const code = (associations: readonly SecurityAssociation[], limit?: number): string => {
      try {
        protect(draft(sender, 'x'), associations, systemRandom, limit);
        return 'written';
      } catch (error) {
        return error instanceof MessageError ? error.code : 'another';
      }
    };
    expect(code([])).toBe('no-recipient');
    expect(code(Array.from({ length: 33 }, () => sender))).toBe('too-many-recipients');
    expect(code([{ ...sender, send: { ...sender.send, n: 10_000 } }])).toBe('chain-exhausted');
    expect(code([sender], 1_000)).toBe('too-long');
    expect(code([{ ...sender, send: { ...sender.send, n: 9_999 } }])).toBe('written');
  });
});

describe('rekey under traffic', () => {
  it('messages on the old association open while and after a new one stands; the newest is sent on', async () => {
    const { world, alice, bob, sender, reader } = await conversation();
    const onOld = write(sender, 'on the old one');
    world.later(25 * 3_600_000);
    expect(isDue(sender, world.now)).toBe(true);
    const late = write(onOld.next, 'written before the new one stood, arrives after');
    expect((await alice.begin(bob)).kind).toBe('stands');
    const [oldA, newA] = alice.associations;
    const newB = bob.associations[1];
    if (oldA === undefined || newA === undefined || newB === undefined) throw new Error('no association');
    expect(newest([oldA, newA], world.now)).toBe(newA);
    expect(mayEncrypt(replaced(oldA, world.now), world.now)).toBe(false);

    reader.sa = replaced(reader.sa, world.now);
    const newReader = new Device(newB, world.now);
    expect(newReader.receive(parseDocument(write(newA, 'on the new one').text)).kind).toBe('opened');
    expect([onOld, late].map(({ text }) => reader.receive(parseDocument(text)).kind)).toEqual(['opened', 'opened']);
    expect(reader.bodies).toEqual(['on the old one', 'written before the new one stood, arrives after']);

    // 30 days on it is gone, and what comes on it is asked for again
    expect(mayDecrypt(reader.sa, world.now + 30 * DAY)).toBe(false);
    const reading = { own: newB.own, now: world.now + 30 * DAY, lookup: () => reader.held, sealingKey: () => undefined };
    expect(open(parseDocument(write(late.next, 'too late').text), reading).kind).toBe('unknown-key');
  });

  it('serves 30 days, and 9,999 is its last n; a restored store never encrypts', () => {
    const sa = { establishedAt: START, decryptOnly: false, send: { ck: new Uint8Array(32), n: 0 } } as SecurityAssociation;
    expect(mayEncrypt(sa, START + 30 * DAY - 1)).toBe(true);
    expect(mayEncrypt(sa, START + 30 * DAY)).toBe(false);
    expect(mayEncrypt({ ...sa, send: { ...sa.send, n: 9_999 } }, START)).toBe(true);
    expect(mayEncrypt({ ...sa, send: { ...sa.send, n: 10_000 } }, START)).toBe(false);
    expect(mayEncrypt({ ...sa, decryptOnly: true }, START)).toBe(false);
    expect(isDue(sa, START + DAY - 1)).toBe(false);
    expect(isDue(sa, START + DAY)).toBe(true);
  });

  it('a carbon of our own: to anyone, if our own bare JID wrote it', async () => {
    const world = new World();
    const one = world.side('alice@a.example/one');
    const two = world.side('alice@a.example/two', { credential: one.own.credential });
    await one.begin(two);
    const [sender] = one.associations;
    const [receiver] = two.associations;
    if (sender === undefined || receiver === undefined) throw new Error('no association');
    const { stanza } = protect(
      { ...draft(sender, 'to Bob'), to: 'bob@b.example' as typeof sender.peer.jid },
      [sender],
      systemRandom,
    );
    const reader = new Device(receiver, START);
    const forwarded = parseDocument(delivered(stanza.xml, 'alice@a.example/one'));
    expect(reader.open(forwarded)).toMatchObject({ kind: 'opened', to: 'bob@b.example' });
    expect(reader.open(forwarded.withAttrs({ to: 'carol@c.example' })).kind).toBe('undecryptable');
  });
});
