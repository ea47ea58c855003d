import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkChain, readCertificate, readChain } from '../../../src-main/pki/certificate.ts';
import { der, encodeTime, oidContents, Tag } from '../../../src-main/pki/der.ts';
import { utf8 } from '../../../src-main/security/crypto/encoding.ts';
import { DATA } from '../../support/vectors-accounts.ts';
import { inFolder, tool } from '../../support/openssl.ts';

const coded = (code: string) => expect.objectContaining({ name: 'PkiError', code });
const oid = (dotted: string) => der(Tag.oid, oidContents(dotted));
const ECDSA = der(Tag.sequence, oid('1.2.840.10045.4.3.2'));
const name = (cn: string) => der(Tag.sequence, der(Tag.set, der(Tag.sequence, oid('2.5.4.3'), der(Tag.utf8String, utf8(cn)))));
const xmppAddr = (text: string) => der(0xa0, oid('1.3.6.1.5.5.7.8.5'), der(0xa0, der(Tag.utf8String, utf8(text))));
const extension = (id: string, value: Uint8Array, critical = false) =>
  der(Tag.sequence, oid(id), ...(critical ? [der(Tag.boolean, Uint8Array.of(0xff))] : []), der(Tag.octetString, value));
const altName = (...names: Uint8Array[]) => extension('2.5.29.17', der(Tag.sequence, ...names));

const key = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
interface Recipe {
  readonly extensions?: readonly Uint8Array[];
  readonly subject?: string;
  readonly issuer?: string;
  readonly publicKey?: KeyObject;
  readonly signer?: KeyObject;
  readonly version?: Uint8Array;
  readonly serial?: Uint8Array;
  readonly validity?: Uint8Array;
  readonly outerAlgorithm?: Uint8Array;
}

/** A certificate that is right but for what the recipe says. */
function bake(recipe: Recipe = {}): Uint8Array {
  const tbs = der(
    Tag.sequence,
    der(0xa0, recipe.version ?? der(Tag.integer, Uint8Array.of(2))),
    recipe.serial ?? der(Tag.integer, Uint8Array.of(1)),
    ECDSA,
    name(recipe.issuer ?? 'x'),
    recipe.validity ?? der(Tag.sequence, encodeTime(Date.UTC(2026, 0, 1)), encodeTime(Date.UTC(2031, 0, 1))),
    name(recipe.subject ?? 'x'),
    (recipe.publicKey ?? key.publicKey).export({ format: 'der', type: 'spki' }),
    ...(recipe.extensions === undefined ? [] : [der(0xa3, der(Tag.sequence, ...recipe.extensions))]),
  );
  const signature = sign('sha256', tbs, recipe.signer ?? key.privateKey);
  return der(Tag.sequence, tbs, recipe.outerAlgorithm ?? ECDSA, der(Tag.bitString, Uint8Array.of(0), signature));
}

describe('reading a certificate', () => {
  it('tells all XMPP addresses, prepared, and whether it names any', () => {
    expect(readCertificate(bake()).namesXmpp).toBe(false);
    expect(readCertificate(bake({ extensions: [altName(xmppAddr('Alice@A.example'), xmppAddr('b@c.example'))] }))).toMatchObject({
      xmppAddrs: ['alice@a.example', 'b@c.example'],
      namesXmpp: true,
    });
  });

  it('keeps in mind that it names addresses even where they are none, or full ones', () => {
    for (const text of ['@', 'a@b/c', '', 'a b@c'])
      expect(readCertificate(bake({ extensions: [altName(xmppAddr(text))] }))).toMatchObject({ xmppAddrs: [], namesXmpp: true });
  });

  it('tells key usages, basic constraints and critical extensions that it does not know', () => {
    const usage = extension('2.5.29.15', der(Tag.bitString, Uint8Array.of(1, 0x06)), true);
    const basic = extension(
      '2.5.29.19',
      der(Tag.sequence, der(Tag.boolean, Uint8Array.of(0xff)), der(Tag.integer, Uint8Array.of(3))),
      true,
    );
    const odd = extension('1.2.3.4', der(Tag.octetString, new Uint8Array(1)), true);
    const certificate = readCertificate(bake({ extensions: [usage, basic, odd, extension('1.2.3.5', new Uint8Array(1))] }));
    expect([...(certificate.keyUsage ?? [])]).toEqual(['keyCertSign', 'cRLSign']);
    expect(certificate.basicConstraints).toEqual({ ca: true, pathLen: 3 });
    expect(certificate.unknownCritical).toEqual(['1.2.3.4']);
    expect(readCertificate(bake()).keyUsage).toBeUndefined();
  });

  it.each<[string, Recipe]>([
    ['an extension twice', { extensions: [altName(xmppAddr('a@b')), altName(xmppAddr('c@d'))] }],
    ['no extension in the list', { extensions: [] }],
    [
      'critical FALSE written out',
      { extensions: [der(Tag.sequence, oid('1.2.3'), der(Tag.boolean, Uint8Array.of(0)), der(Tag.octetString))] },
    ],
    ['extensions in version 1', { extensions: [altName(xmppAddr('a@b'))], version: der(Tag.integer, Uint8Array.of(0)) }],
    [
      'an address that is not UTF-8',
      { extensions: [altName(der(0xa0, oid('1.3.6.1.5.5.7.8.5'), der(0xa0, der(Tag.utf8String, Uint8Array.of(0xff)))))] },
    ],
    [
      'an address in another string type',
      { extensions: [altName(der(0xa0, oid('1.3.6.1.5.5.7.8.5'), der(0xa0, der(0x16, utf8('a@b')))))] },
    ],
    ['a short length in long form', { serial: Uint8Array.of(0x02, 0x81, 0x01, 0x01) }],
    ['a padded serial number', { serial: der(Tag.integer, Uint8Array.of(0, 1)) }],
    ['another algorithm outside than inside', { outerAlgorithm: der(Tag.sequence, oid('1.2.840.10045.4.3.3')) }],
    ['a day that does not exist', { validity: der(Tag.sequence, der(Tag.utcTime, utf8('260230000000Z')), encodeTime(0)) }],
    ['a time without seconds', { validity: der(Tag.sequence, der(Tag.utcTime, utf8('2602010000Z')), encodeTime(0)) }],
    ['a time with an offset', { validity: der(Tag.sequence, der(Tag.utcTime, utf8('260201000000+0000')), encodeTime(0)) }],
  ])('refuses %s', (_, recipe) => {
    expect(() => readCertificate(bake(recipe))).toThrow(coded('malformed'));
  });

  it('refuses octets after the end, a length in long form, an indefinite length', () => {
    const right = bake();
    expect(() => readCertificate(Buffer.concat([right, Buffer.from([0])]))).toThrow(coded('malformed'));
    expect(right[1]).toBe(0x82);
    const long = Buffer.concat([Buffer.from([0x30, 0x83, 0]), right.subarray(2)]);
    expect(() => readCertificate(long)).toThrow(coded('malformed'));
    const indefinite = Buffer.concat([Buffer.from([0x30, 0x80]), right.subarray(4), Buffer.from([0, 0])]);
    expect(() => readCertificate(indefinite)).toThrow(coded('malformed'));
  });

  it.each([
    ['RSA of 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey],
    ['Ed448', () => generateKeyPairSync('ed448').publicKey],
    ['X25519', () => generateKeyPairSync('x25519').publicKey],
  ])('refuses a key of %s', (_, publicKey) => {
    expect(() => readCertificate(bake({ publicKey: publicKey() }))).toThrow(coded('bad-key'));
  });

  it('reads what OpenSSL makes, for every kind of key', () => {
    inFolder((folder) => {
      const kinds = [
        ['ed25519', [], 'Ed25519'],
        ['ec', ['-pkeyopt', 'ec_paramgen_curve:P-256'], 'P-256'],
        ['ec', ['-pkeyopt', 'ec_paramgen_curve:P-384'], 'P-384'],
        ['ec', ['-pkeyopt', 'ec_paramgen_curve:P-521'], 'P-521'],
        ['rsa:2048', [], 'RSA'],
      ] as const;
      for (const [algorithm, options, keyType] of kinds) {
        const san = 'subjectAltName=otherName:1.3.6.1.5.5.7.8.5;UTF8:alice@a.example';
        const args = [
          'req',
          '-x509',
          '-newkey',
          algorithm,
          ...options,
          '-nodes',
          '-keyout',
          'k',
          '-out',
          'c',
          '-outform',
          'DER',
          '-subj',
          '/O=A/CN=B',
          '-addext',
          san,
        ];
        const made = tool('openssl', args, folder);
        expect(made.status, made.stderr).toBe(0);
        expect(readCertificate(readFileSync(path.join(folder, 'c')))).toMatchObject({
          keyType,
          xmppAddrs: ['alice@a.example'],
          subject: 'O=A, CN=B',
          selfSigned: true,
          basicConstraints: { ca: true },
        });
      }
    });
  });

  it('reads every certificate of the protocol’s own vectors', () => {
    const { cases } = JSON.parse(readFileSync(path.join(DATA, 'protocol/signatures.json'), 'utf8')) as {
      cases: { certificate: string }[];
    };
    for (const c of cases)
      expect(readCertificate(Buffer.from(c.certificate, 'base64')).xmppAddrs.join()).toMatch(/^(alice@a|bob@b)\.example$/);
  });
});

describe('a chain', () => {
  const ca = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const root = bake({ subject: 'root', issuer: 'root', publicKey: ca.publicKey, signer: ca.privateKey });
  const leaf = bake({ subject: 'leaf', issuer: 'root', signer: ca.privateKey });

  it('is right where each certificate is certified by the next', () => {
    const chain = readChain([leaf, root]);
    expect(() => {
      checkChain(chain);
    }).not.toThrow();
    expect(chain.map((c) => c.selfSigned)).toEqual([false, true]);
  });

  it('is wrong in another order, with another name, or with another key', () => {
    const forged = bake({ subject: 'leaf', issuer: 'root' });
    const renamed = bake({ subject: 'leaf', issuer: 'else', signer: ca.privateKey });
    for (const chain of [
      [root, leaf],
      [forged, root],
      [renamed, root],
    ])
      expect(() => {
        checkChain(readChain(chain));
      }).toThrow(coded('bad-chain'));
  });

  it('has 1 to 8 certificates and at most 24 KiB', () => {
    expect(() => readChain([])).toThrow(coded('malformed'));
    expect(readChain(Array.from({ length: 8 }, () => root))).toHaveLength(8);
    expect(() => readChain(Array.from({ length: 9 }, () => root))).toThrow(coded('too-large'));
    expect(() => readChain([leaf, root], 1)).toThrow(coded('too-large'));
    const fat = bake({ extensions: [extension('1.2.3', new Uint8Array(13_000))] });
    expect(readChain([fat])).toHaveLength(1);
    expect(() => readChain([fat, fat])).toThrow(coded('too-large'));
    expect(() => readCertificate(new Uint8Array(25_000))).toThrow(coded('too-large'));
  });
});
