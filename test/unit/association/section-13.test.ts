/** Protocol 13, lines c14n, 5.2, 5.4, 6.1 and 6.3, to the octet. */

import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import type { Party } from '../../../src-main/security/association/association.ts';
import { advance, wrappingKey } from '../../../src-main/security/association/chains.ts';
import { chainStarts, hashI, schedule } from '../../../src-main/security/association/key-schedule.ts';
import { DS } from '../../../src-main/security/crypto/algorithms.ts';
import { sealingIdOf } from '../../../src-main/security/bundle.ts';
import { sha256 } from '../../../src-main/security/crypto/hash.ts';
import * as x25519 from '../../../src-main/security/crypto/x25519.ts';
import { infoOf, wrappingKey as wrappingKeySealed } from '../../../src-main/security/sealed.ts';
import { c14n } from '../../../src-main/security/xmlsec/c14n.ts';
import { toHex } from '../../support/protocol-parties.ts';

/** `aa·n` = octet aa, n times */
const octets = (value: number, times: number): Uint8Array => new Uint8Array(times).fill(value);

describe('protocol 13', () => {
  it('c14n: prefixes dropped, attributes sorted, escapes made one', () => {
    const delivered =
      `<s:query xmlns:s='xmpp:sec'><s:SecurityAssociation step='AM1' id="T" initiator='i@a/&lt;&amp;"x&gt;'>` +
      `<d:KeyName xmlns:d='${DS}'>a>b</d:KeyName></s:SecurityAssociation></s:query>`;
    const canonical = c14n(parseDocument(delivered));
    expect(canonical).toBe(
      `<query xmlns="xmpp:sec"><SecurityAssociation id="T" initiator="i@a/&lt;&amp;&quot;x>" step="AM1">` +
        `<KeyName xmlns="${DS}">a&gt;b</KeyName></SecurityAssociation></query>`,
    );
    expect(toHex(sha256(canonical))).toBe('B185A146056C5FE859F199235EF11B15294626F9E63A8429DCAC25579C6BE75F');
  });

  it('5.2: the key schedule, HASH_I; and 6.1: the chain it starts', () => {
    const th2 = octets(4, 32);
    const keys = schedule('sha256', octets(2, 32), octets(3, 32), octets(1, 32), th2);
    expect(toHex(keys.e.reveal())).toBe('2E6B835F13571255E2BC9C33B4B4F114BACF2C6E60DB576976D471A53B2A39E4');
    expect(toHex(hashI('sha256', keys.a, th2))).toBe('3C026AA59C997486D0C998FBBE35934E2ED30C7C8B7289B2C5EA407009BB50F6');

    const zero = { ck: chainStarts('sha256', keys.e).initiator, n: 0 };
    const { mk } = advance('sha256', advance('sha256', zero).next);
    expect(toHex(mk)).toBe('DC84DFD782D488F196FD2643F91ADD9D8A21C446B1FFB554E11BC04AAB8CF101');
    const kek = wrappingKey('sha256', mk, sha256(octets(5, 44)));
    expect(toHex(kek)).toBe('C08D7E3C9FF3B89D5813511E962E04C9DBDC9DC4C440F17D74E176747DF71910');
  });

  it('6.3: SID, the hash in Info, KEK', () => {
    const ephemeral = x25519.importPrivate(octets(0x11, 32));
    const sealing = x25519.importPrivate(octets(0x22, 32));
    expect(sealingIdOf(sealing.publicRaw)).toBe('F6B829C725005A57');
    const alice = { jid: 'alice@a.example', fp: 'AA'.repeat(32), device: 'A1'.repeat(8) } as Party;
    const bob = { jid: 'bob@b.example' as BareJid, device: 'B1'.repeat(8) as DeviceId };
    const info = infoOf({
      ...{ ephemeral: ephemeral.publicRaw, sealing: sealing.publicRaw, sender: alice, recipient: bob },
      digestOfC: sha256(octets(5, 44)),
    });
    const prefix = Buffer.from('xmpp:sec seal').toString('hex').toUpperCase();
    expect(toHex(info)).toBe(`${prefix}AB61DCF42A94245F031086565770259363CA1842F1D0318D80ECE5A057008CA7`);
    const kek = wrappingKeySealed(ephemeral.privateKey, sealing.publicRaw, info);
    expect(toHex(kek)).toBe('D1A700F6368EBAF7A9DBF3A612D55A4FD36E356457849285E309C4F60B82A4D3');
    // and the other way round, as its reader derives it
    expect(wrappingKeySealed(sealing.privateKey, ephemeral.publicRaw, info)).toEqual(kek);
  });

  it('erases KEY', () => {
    const key = octets(1, 32);
    schedule('sha256', octets(2, 32), octets(3, 32), key, octets(4, 32));
    expect(key).toEqual(octets(0, 32));
  });
});
