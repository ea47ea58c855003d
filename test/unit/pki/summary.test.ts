import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { der, objectId, readDer, Tag } from '../../../src-main/pki/der.ts';
import { nameText, readGeneralName, readName, safeText, titleOf } from '../../../src-main/pki/names.ts';
import { keyHash, searchText, summarise } from '../../../src-main/pki/summary.ts';
import { utf8 } from '../../../src-main/security/crypto/encoding.ts';
import { inFolder, mustRun } from '../../support/openssl.ts';

const rdn = (oid: string, tag: number, value: Uint8Array) => der(Tag.set, der(Tag.sequence, objectId(oid), der(tag, value)));
const name = (...rdns: Uint8Array[]) => readDer(der(Tag.sequence, ...rdns));

describe('distinguished names', () => {
  it('are shown in the order in which they stand, with what separates escaped', () => {
    const read = readName(name(rdn('2.5.4.10', 0x0c, utf8('Bücher, Brot + Co')), rdn('2.5.4.3', 0x13, utf8('Alice'))));
    expect(nameText(read)).toBe('O=Bücher\\, Brot \\+ Co, CN=Alice');
    expect(titleOf(read)).toBe('Alice');
  });

  it.each([
    ['UTF8String', 0x0c, utf8('Ä')],
    ['TeletexString', 0x14, Uint8Array.of(0xc4)],
    ['BMPString', 0x1e, Uint8Array.of(0, 0xc4)],
    ['UniversalString', 0x1c, Uint8Array.of(0, 0, 0, 0xc4)],
  ])('in a %s', (_, tag, octets) => {
    expect(readName(name(rdn('2.5.4.3', tag, octets)))).toEqual([{ type: 'CN', text: 'Ä' }]);
  });

  it.each([
    ['UTF8String that is not UTF-8', 0x0c, Uint8Array.of(0xff)],
    ['PrintableString with an umlaut', 0x13, Uint8Array.of(0xc4)],
    ['BMPString of half a character', 0x1e, Uint8Array.of(0xd8, 0x00)],
    ['UniversalString beyond Unicode', 0x1c, Uint8Array.of(0, 0x11, 0, 0)],
    ['UniversalString of three octets', 0x1c, Uint8Array.of(0, 0, 0)],
  ])('a %s is refused, not guessed', (_, tag, octets) => {
    expect(() => readName(name(rdn('2.5.4.3', tag, octets)))).toThrow(expect.objectContaining({ code: 'malformed' }));
  });

  it('what could pass for other text is written out', () => {
    expect(safeText('Ali\u202Eecila\0\u200b')).toBe('Ali\\u{202e}ecila\\u{0}\\u{200b}');
    const read = readName(name(rdn('2.5.4.3', 0x0c, utf8('bank.example\0.evil.example'))));
    expect(titleOf(read)).toBe('bank.example\\u{0}.evil.example');
  });

  it('an attribute without text is its octets', () => {
    expect(readName(name(rdn('1.2.3', Tag.integer, Uint8Array.of(7))))).toEqual([{ type: '1.2.3', text: '#020107' }]);
  });
});

describe('alternative names', () => {
  const ip = (hex: string) => readGeneralName(readDer(der(0x87, Buffer.from(hex, 'hex')))).text;
  it('of every kind', () => {
    expect(ip('7f000001')).toBe('127.0.0.1');
    expect(ip('20010db8000000000000000000000001')).toBe('2001:db8::1');
    expect(ip('0a000000ff000000')).toBe('10.0.0.0/255.0.0.0');
    expect(ip('0a')).toBe('#0a');
    const srv = der(0xa0, objectId('1.3.6.1.5.5.7.8.7'), der(0xa0, der(0x16, utf8('_xmpp-client.a.example'))));
    expect(readGeneralName(readDer(srv))).toEqual({ kind: 'srv', text: '_xmpp-client.a.example' });
    expect(readGeneralName(readDer(der(0x86, utf8('https://a.example/'))))).toEqual({ kind: 'uri', text: 'https://a.example/' });
  });
});

describe('what a certificate says', () => {
  it('of a key that the protocol has no place for, too', () => {
    inFolder((folder) => {
      const file = path.join(folder, 'c.der');
      for (const [algorithm, keyType] of [
        ['rsa:1024', 'RSA 1024'],
        ['ed448', 'Ed448'],
      ] as const) {
        const args = [
          'req',
          '-x509',
          '-newkey',
          algorithm,
          '-nodes',
          '-keyout',
          'k',
          '-out',
          'c.der',
          '-outform',
          'DER',
          '-subj',
          '/O=A/CN=B',
        ];
        mustRun('openssl', args, folder);
        expect(summarise(readFileSync(file))).toMatchObject({
          title: 'B',
          keyType,
          problem: 'bad-key',
          ca: true,
          selfIssued: true,
        });
      }
    });
  });

  it('all that somebody may look for is in its search text, in lower case', () => {
    inFolder((folder) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', {
        namedCurve: 'prime256v1',
        publicKeyEncoding: { format: 'der', type: 'spki' },
        privateKeyEncoding: { format: 'pem', type: 'pkcs8' },
      });
      const san = 'subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:Alice@A.example,email:alice@mail.example,DNS:a.example';
      writeFileSync(path.join(folder, 'k.pem'), privateKey);
      const args = [
        'req',
        '-x509',
        '-key',
        'k.pem',
        '-out',
        'c.der',
        '-outform',
        'DER',
        '-subj',
        '/O=Bücher GmbH/CN=Alice A',
        '-utf8',
        '-addext',
        san,
      ];
      mustRun('openssl', args, folder);
      const summary = summarise(readFileSync(path.join(folder, 'c.der')));
      expect(summary).toMatchObject({
        jids: ['alice@a.example'],
        keyHash: keyHash(publicKey),
        keyType: 'P-256',
        problem: undefined,
      });
      for (const wanted of [
        'bücher',
        'alice a',
        'alice@mail.example',
        'a.example',
        summary.serial.toLowerCase(),
        summary.fp.toLowerCase(),
      ])
        expect(searchText(summary)).toContain(wanted);
    });
  });
});
