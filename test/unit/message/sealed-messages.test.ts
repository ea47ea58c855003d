/** Protocol 6.3 over a wire that belongs to somebody else: what is sealed opens as it was meant, for whom it was meant, or not. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeviceId, OriginId } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import type { Credential } from '../../../src-main/pki/credential.ts';
import type { Party } from '../../../src-main/security/association/association.ts';
import { sealingIdOf } from '../../../src-main/security/bundle.ts';
import { seal as encrypt } from '../../../src-main/security/crypto/aes-gcm.ts';
import { DS, SEC, XE } from '../../../src-main/security/crypto/algorithms.ts';
import { sha256 } from '../../../src-main/security/crypto/hash.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { Secret } from '../../../src-main/security/crypto/secret.ts';
import * as x25519 from '../../../src-main/security/crypto/x25519.ts';
import { writeEnvelope } from '../../../src-main/security/envelope.ts';
import { MessageError, protect, type Draft } from '../../../src-main/security/message.ts';
import { open, type Opening, type Reader } from '../../../src-main/security/opening.ts';
import { readSealedKey, seal, unseal, type HeldSealingKey, type SealedRecipient } from '../../../src-main/security/sealed.ts';
import { xml, type Element, type Node } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { read, rewritten, World } from '../../support/hostile-wire.ts';
import { mutate, MUTATIONS } from '../../support/mutate.ts';
import { Device } from '../../support/protocol-associations.ts';

const DAY = 86_400_000;
const NOW = Date.parse('2026-09-21T14:13:20Z');

/** Somebody with one device and one sealing key. */
class Person {
  readonly credential: Credential;
  readonly key: HeldSealingKey;
  readonly party: Party;

  constructor(jid: string, device: string, issued = NOW - DAY) {
    this.credential = makeSelfSigned({ jid: jid as BareJid, now: NOW - 60 * DAY, random: systemRandom });
    const pair = x25519.generate();
    this.key = { sid: sealingIdOf(pair.publicRaw), ...pair, issued };
    this.party = { jid: jid as BareJid, fp: this.credential.fp, device: device as DeviceId };
  }

  get recipient(): SealedRecipient {
    return { ...this.party, sealing: this.key };
  }

  get reader(): Reader {
    const { jid, device } = this.party;
    return {
      own: { jid, device },
      now: NOW,
      lookup: () => undefined,
      sealingKey: (sid) => (sid === this.key.sid ? this.key : undefined),
    };
  }

  open(stanza: Element): Opening {
    return open(stanza, this.reader);
  }
}

const alice = new Person('alice@a.example', 'A1A2A3A4A5A6A7A8');
const bob = new Person('bob@b.example', 'B1B2B3B4B5B6B7B8');
const bobsTablet = new Person('bob@b.example', 'B9B9B9B9B9B9B9B9');
const carol = new Person('carol@c.example', 'C1C2C3C4C5C6C7C8');

let count = 0;
const draft = (body: string, more: Partial<Draft> = {}): Draft => ({
  ...{ kind: 'message', from: alice.party, to: bob.party.jid, originId: `sealed-${String(++count)}` as OriginId, time: NOW },
  content: [xml('body', 'jabber:client', {}, body)],
  ...more,
});

/** As Bob's server hands it on. */
const delivered = (text: string, from = 'alice@a.example/one'): Element =>
  parseDocument(text.replace('<message ', `<message xmlns="jabber:client" from="${from}" `));

const write = (body: string, to: readonly Person[] = [bob], more: Partial<Draft> = {}): Element => {
  const sealed = { to: to.map((person) => person.recipient), signer: alice.credential };
  return delivered(protect(draft(body, { sealed, ...more }), [], systemRandom).stanza.xml);
};

const bodyOf = (opening: Opening): string => (opening.kind === 'opened' ? (opening.content[0]?.text() ?? '') : opening.kind);

/** What a sender of other habits would seal: any octets, under any key, in any EncryptedKey. */
function handmade(octets: Uint8Array, change: (encryptedKey: string) => string = (key) => key, sender = alice.party): Element {
  const contentKey = systemRandom(32);
  const iv = systemRandom(12);
  const c = Buffer.concat([iv, encrypt(contentKey, iv, octets)]);
  const key = seal(contentKey, sha256(c), sender, bob.recipient);
  const template = protect(draft('', { sealed: { to: [bob.recipient], signer: alice.credential } }), [], systemRandom).stanza.xml;
  return delivered(
    template
      .replace(/<EncryptedKey .*<\/EncryptedKey>/, change(key))
      .replace(/(.*<CipherValue>)[^<]*(<\/CipherValue><\/CipherData><\/EncryptedData>)/, `$1${c.toString('base64')}$2`),
  );
}

const envelope = (more: Partial<Parameters<typeof writeEnvelope>[0]> = {}): Uint8Array => {
  const { jid, fp, device } = alice.party;
  const statement = { originId: 'x' as OriginId, time: NOW, from: jid, to: bob.party.jid, sender: { fp, device } };
  const content = [xml('body', 'jabber:client', {}, 'Hi')];
  return writeEnvelope({ ...statement, content, signer: alice.credential, ...more }, systemRandom);
};

describe('a sealed message', () => {
  it('opens to what was written, for every device it was sealed to, and says who signed', () => {
    const stanza = write('Until then', [bob, bobsTablet]);
    for (const person of [bob, bobsTablet]) {
      const opened = person.open(stanza);
      expect(bodyOf(opened)).toBe('Until then');
      expect(opened).toMatchObject({ by: 'sealed', sid: person.key.sid, sender: alice.party, to: 'bob@b.example', time: NOW });
      expect(opened).toMatchObject({ signature: { certificate: { fp: alice.credential.fp } } });
    }
    expect(stanza.childText('body')).toContain('XEP-0102');
    expect(carol.open(stanza).kind).toBe('not-for-this-device');
  });

  it('opens whatever servers did to prefixes, quotes and the order of attributes', () => {
    expect(bodyOf(bob.open(parseDocument(rewritten(write('All the same')))))).toBe('All the same');
  });

  it('goes with the same envelope to those who have an association', async () => {
    const world = new World();
    const a = world.side('alice@a.example/one', { credential: alice.credential, device: alice.party.device });
    const b = world.side('bob@b.example/two');
    await a.begin(b);
    const [sa, peer] = [a.associations[0], b.associations[0]];
    if (sa === undefined || peer === undefined) throw new Error('no association');
    const sealed = { to: [bobsTablet.recipient], signer: alice.credential };
    const { stanza, recipients } = protect(draft('To both', { sealed }), [sa], systemRandom);
    expect(recipients).toEqual([sa.peer, bobsTablet.party]);
    const byAssociation = new Device(peer, NOW).open(delivered(stanza.xml));
    expect(bodyOf(byAssociation)).toBe('To both');
    expect(byAssociation).toMatchObject({ by: 'association', signature: { certificate: { fp: alice.credential.fp } } });
    expect(bodyOf(bobsTablet.open(delivered(stanza.xml)))).toBe('To both');
  });

  it('of our own account’s other device opens, to whomever it went', () => {
    const tablet = new Person('alice@a.example', 'A9A9A9A9A9A9A9A9');
    const stanza = write('From my phone', [bob, tablet]);
    expect(bodyOf(tablet.open(stanza))).toBe('From my phone');
  });

  it('every octet of what is protected flipped: never opened', () => {
    const sealed = { to: [bob.recipient], signer: alice.credential };
    const text = protect(draft('Hello', { sealed }), [], systemRandom).stanza.xml.replace(
      '<message ',
      '<message xmlns="jabber:client" from="alice@a.example/one" ',
    );
    expect(bob.open(parseDocument(text)).kind).toBe('opened');
    const opened: number[] = [];
    for (let at = text.indexOf('<x '); at < text.indexOf('</x>'); at++) {
      const octets = Buffer.from(text);
      octets[at] = (octets[at] ?? 0) ^ 1;
      const stanza = read(octets.toString('utf8'));
      if (stanza !== undefined && bob.open(stanza).kind === 'opened') opened.push(at);
    }
    expect(opened).toEqual([]);
  });

  it('one change anywhere in its EncryptedKey: never opened, unless nothing changed', () => {
    const stanza = write('Hello');
    const key = stanza.child('x', SEC)?.child('EncryptedData', XE)?.child('KeyInfo', DS)?.elements()[0];
    if (key === undefined) throw new Error('no key');
    const sealed = readSealedKey(key);
    expect(sealed).toBeDefined();
    fc.assert(
      fc.property(fc.nat(), fc.nat(MUTATIONS - 1), fc.string(), (where, how, text) => {
        try {
          const changed = readSealedKey(mutate(key, where, how, text));
          if (changed === undefined) return;
          unseal(changed, bob.key);
          expect(changed).toEqual(sealed);
        } catch (error) {
          if (!(error instanceof Error) || error.name !== 'CryptoError') throw error;
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what somebody in the middle, or its reader, makes of it', () => {
  it('from another, to another: undecryptable', () => {
    const stanza = write('Hello');
    expect(bob.open(stanza.withAttrs({ from: 'mallory@m.example/x' })).kind).toBe('undecryptable');
    expect(bob.open(stanza.withAttrs({ from: undefined })).kind).toBe('undecryptable');
    expect(bob.open(stanza.withAttrs({ to: 'carol@c.example' })).kind).toBe('undecryptable');
    expect(bob.open(stanza.withAttrs({ type: 'error' })).kind).toBe('error-stanza');
  });

  it('its key handed to another device of the same person: undecryptable', () => {
    const stanza = write('Hello', [bob, bobsTablet]);
    const swapped = (el: Element): Element => {
      const { device } = bob.party;
      const other = bobsTablet.party.device;
      const recipient = el.attr('Recipient');
      const named = recipient === device ? other : recipient === other ? device : recipient;
      return el.withAttrs({ Recipient: named }).withChildren(el.children.map((c) => (typeof c === 'string' ? c : swapped(c))));
    };
    // Each finds under its own name the key sealed to the other's sealing key, which it does not hold.
    expect(bob.open(swapped(stanza)).kind).toBe('unknown-key');
    const both = { ...bob.reader, sealingKey: () => bobsTablet.key };
    expect(open(swapped(stanza), both).kind).toBe('undecryptable');
  });

  it('re-sealed by its reader for somebody else: undecryptable there', () => {
    const opened = bob.open(write('For Bob'));
    if (opened.kind !== 'opened' || opened.by !== 'sealed') throw new Error(opened.kind);
    const contentKey = systemRandom(32);
    const iv = systemRandom(12);
    const c = Buffer.concat([iv, encrypt(contentKey, iv, opened.signature.octets)]);
    const template = protect(
      draft('', { to: carol.party.jid, sealed: { to: [carol.recipient], signer: alice.credential } }),
      [],
      systemRandom,
    ).stanza.xml;
    const stanza = delivered(
      template
        .replace(/<EncryptedKey .*<\/EncryptedKey>/, seal(contentKey, sha256(c), alice.party, carol.recipient))
        .replace(/(.*<CipherValue>)[^<]*(<\/CipherValue><\/CipherData><\/EncryptedData>)/, `$1${c.toString('base64')}$2`),
    );
    expect(carol.open(stanza).kind).toBe('undecryptable');
  });

  it('sealed by another hand, as it should be: opens; without a signature, or with another’s: undecryptable', () => {
    expect(bob.open(handmade(envelope())).kind).toBe('opened');
    expect(bob.open(handmade(envelope({ signer: undefined }))).kind).toBe('undecryptable');
    expect(bob.open(handmade(envelope({ signer: carol.credential }))).kind).toBe('undecryptable');
    // Carol signs well, for herself, what she says is Alice's
    const { fp, device } = carol.party;
    const hers = envelope({ sender: { fp, device }, signer: carol.credential });
    expect(bob.open(handmade(hers)).kind).toBe('undecryptable');
    // … and with Info to match it opens as hers: that her credential is none of Alice's is for the verdict
    const sender = { ...carol.party, jid: alice.party.jid };
    expect(bob.open(handmade(hers, (key) => key, sender))).toMatchObject({ kind: 'opened', sender });
  });

  it('Info of another sender device, another algorithm, a salt, another length: undecryptable', () => {
    const opens = (change: (key: string) => string): string => bob.open(handmade(envelope(), change)).kind;
    expect(opens((key) => key)).toBe('opened');
    expect(bob.open(handmade(envelope(), (key) => key, { ...alice.party, device: 'F'.repeat(16) as DeviceId })).kind).toBe(
      'undecryptable',
    );
    for (const [from, to] of [
      ['hmac-sha256', 'hmac-sha512'],
      ['<KeyLength>32', '<KeyLength>16'],
      ['<KeyLength>32', '<KeyLength>032'],
      ['<Info>', '<Salt></Salt><Info>'],
      ['<OriginatorKeyInfo>', '<OriginatorKeyInfo Id="a">'],
      ['kw-aes256', 'kw-aes128'],
    ] as const)
      expect([to, opens((key) => key.replace(from, to))]).toEqual([to, 'undecryptable']);
  });

  it('older by over a day than the sealing key it was sealed to: undecryptable', () => {
    const issued = bob.key.issued;
    expect(bob.open(handmade(envelope({ time: issued - DAY }))).kind).toBe('opened');
    expect(bob.open(handmade(envelope({ time: issued - DAY - 1_000 }))).kind).toBe('undecryptable');
  });

  it('names a room’s chain outside a room: undecryptable', () => {
    const { fp, device } = alice.party;
    const chain = `${'C'.repeat(16)}:0:0`;
    expect(bob.open(handmade(envelope({ sender: { fp, device, chain } }))).kind).toBe('undecryptable');
  });

  it('two keys for one device, both held: undecryptable', () => {
    const stanza = write('Hello', [bob]);
    const twice = (el: Element): Element =>
      el.withChildren(
        el.children.flatMap((c): Node[] => (typeof c === 'string' ? [c] : c.name === 'EncryptedKey' ? [c, c] : [twice(c)])),
      );
    expect(bob.open(twice(stanza)).kind).toBe('undecryptable');
  });
});

describe('keys of a room’s tree (protocol 7)', () => {
  const keyTransport = {
    ...{ room: 'war@rooms.example' as BareJid, epoch: 3, charter: 'C'.repeat(64), tree: 'A'.repeat(16), slot: 1 },
    keys: [new Secret(systemRandom(32)), new Secret(systemRandom(32))],
  };

  it('come alone in a message to one device, and come out only with it', () => {
    const opened = bob.open(write('', [bob], { keyTransport, content: [] }));
    if (opened.kind !== 'opened') throw new Error(opened.kind);
    expect(opened.keyTransport?.keys.map((key) => key.reveal())).toEqual(keyTransport.keys.map((key) => key.reveal()));
    expect(opened.content).toEqual([]);
    expect(() => write('', [bob, bobsTablet], { keyTransport, content: [] })).toThrow(MessageError);
  });

  it('that came with other keys, or twice, are ignored', () => {
    const alone = write('Hello', [bob], { keyTransport });
    const stranger = write('', [carol]).child('x', SEC)?.child('EncryptedData', XE)?.child('KeyInfo', DS)?.elements()[0];
    const accompanied = (el: Element): Element =>
      el.withChildren(
        el.children.flatMap((c): Node[] =>
          typeof c === 'string' || stranger === undefined ? [c] : c.name === 'EncryptedKey' ? [c, stranger] : [accompanied(c)],
        ),
      );
    const opened = bob.open(accompanied(alone));
    expect(bodyOf(opened)).toBe('Hello');
    expect(opened).not.toHaveProperty('keyTransport');
  });
});
