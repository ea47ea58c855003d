/** libxmlsec1's command line as peer: it verifies and decrypts ours, we verify and decrypt its. */

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../../src-shared/ids.ts';
import {
  AES256_GCM,
  DS,
  ECDSA_SHA256,
  ECDSA_SHA384,
  ECDSA_SHA512,
  ENVELOPED_SIGNATURE,
  EXC,
  KW_AES256,
  RSA_SHA256,
  SEC,
  SHA256,
  XE,
  type SignatureMethod,
} from '../../../src-main/security/crypto/algorithms.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { c14n } from '../../../src-main/security/xmlsec/c14n.ts';
import { decryptData, encryptData } from '../../../src-main/security/xmlsec/encryption.ts';
import { signEnveloped, verifyEnveloped } from '../../../src-main/security/xmlsec/signature.ts';
import type { Element } from '../../../src-main/xml/element.ts';
import { xml } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { inFolder, tool } from '../../support/openssl.ts';

const FP = 'A1'.repeat(32) as Fingerprint;
const ROOT = { name: 'KeyTransport', ns: SEC };
const content = xml('KeyTransport', SEC, { jid: 'alice@a.example', note: '<&>"é' }, xml('SealingKey', SEC, {}, 'ä<&>'));

const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const KEYS: readonly (readonly [SignatureMethod, { privateKey: KeyObject; publicKey: KeyObject }])[] = [
  [ECDSA_SHA256, ec('prime256v1')],
  [ECDSA_SHA384, ec('secp384r1')],
  [ECDSA_SHA512, ec('secp521r1')],
  [RSA_SHA256, generateKeyPairSync('rsa', { modulusLength: 2048 })],
];

/** Writes files into a folder of their own and runs xmlsec1 there. */
function xmlsec1(args: readonly string[], files: Readonly<Record<string, string | Uint8Array>>) {
  return inFolder((folder) => {
    for (const [name, data] of Object.entries(files)) writeFileSync(path.join(folder, name), data);
    const outcome = tool('xmlsec1', [...args, '--output', 'out', 'in.xml'], folder);
    return { ...outcome, out: outcome.status === 0 ? readFileSync(path.join(folder, 'out'), 'utf8') : '' };
  });
}
const declared = (el: Element): string => `<?xml version="1.0"?>\n${c14n(el)}`;

describe.each(KEYS)('%s', (method, { privateKey, publicKey }) => {
  const credential = { fp: FP, method, privateKey, chain: [] };
  const key = { fp: FP, publicKey };
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const ours = signEnveloped(content, credential, { mode: 'prefix-free' });

  it('ours holds for xmlsec1', () => {
    const outcome = inFolder((folder) => {
      writeFileSync(path.join(folder, 'k.pem'), pem);
      writeFileSync(path.join(folder, 'in.xml'), c14n(ours));
      return tool('xmlsec1', ['--verify', '--pubkey-pem', 'k.pem', 'in.xml'], folder);
    });
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(outcome.stdout + outcome.stderr).toContain('OK');
  });

  it('ours, changed, does not', () => {
    const outcome = inFolder((folder) => {
      writeFileSync(path.join(folder, 'k.pem'), pem);
      writeFileSync(path.join(folder, 'in.xml'), c14n(ours.withAttrs({ jid: 'bob@a.example' })));
      return tool('xmlsec1', ['--verify', '--pubkey-pem', 'k.pem', 'in.xml'], folder);
    });
    expect(outcome.status).not.toBe(0);
  });

  it('xmlsec1’s, over our form, holds for us', () => {
    const empty = (name: string, Algorithm: string) => xml(name, DS, { Algorithm });
    const template = xml(
      'Signature',
      DS,
      {},
      xml(
        'SignedInfo',
        DS,
        {},
        empty('CanonicalizationMethod', EXC),
        empty('SignatureMethod', method),
        xml(
          'Reference',
          DS,
          { URI: '' },
          xml('Transforms', DS, {}, empty('Transform', ENVELOPED_SIGNATURE), empty('Transform', EXC)),
          empty('DigestMethod', SHA256),
          xml('DigestValue', DS),
        ),
      ),
      xml('SignatureValue', DS),
      xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, FP)),
    );
    const outcome = xmlsec1(['--sign', `--privkey-pem:${FP}`, 'k.pem'], {
      'k.pem': privateKey.export({ format: 'pem', type: 'pkcs8' }),
      'in.xml': declared(content.withChildren([...content.children, template])),
    });
    expect(outcome.status, outcome.stderr).toBe(0);
    const theirs = parseDocument(outcome.out, { xmlDeclaration: true });
    const verified = verifyEnveloped(theirs, key, ROOT, { mode: 'prefix-free' });
    expect(c14n(verified.content)).toBe(c14n(content));
    expect(() => verifyEnveloped(theirs.withAttrs({ note: '' }), key, ROOT, { mode: 'prefix-free' })).toThrow(
      expect.objectContaining({ code: 'bad-signature' }),
    );
  });
});

describe('EncryptedData', () => {
  const NAME = `${'0123456789ABCDEF'.repeat(4)}:17`;
  const kek = systemRandom(32);
  const plaintext = '<envelope xmlns="urn:xmpp:sce:1"><content>ä&amp;</content></envelope>';

  it('ours, given KEK_n as KEYID:n, is decrypted by xmlsec1', () => {
    const data = encryptData(Buffer.from(plaintext), [{ name: NAME, kek, recipient: 'A1'.repeat(8) }], systemRandom);
    const outcome = xmlsec1(['--decrypt', `--aeskey:${NAME}`, 'kek'], { kek, 'in.xml': declared(data) });
    expect(outcome.status, outcome.stderr).toBe(0);
    expect(c14n(parseDocument(outcome.out, { xmlDeclaration: true }))).toBe(c14n(parseDocument(plaintext)));
    const wrong = xmlsec1(['--decrypt', `--aeskey:${NAME}`, 'kek'], { kek: systemRandom(32), 'in.xml': declared(data) });
    expect(wrong.status).not.toBe(0);
  });

  it('xmlsec1’s is decrypted by us', () => {
    const empty = (name: string, Algorithm: string) => xml(name, XE, { Algorithm });
    const cipherData = xml('CipherData', XE, {}, xml('CipherValue', XE));
    const keyInfo = xml('KeyInfo', DS, {}, xml('KeyName', DS, {}, NAME));
    const encryptedKey = xml('EncryptedKey', XE, {}, empty('EncryptionMethod', KW_AES256), keyInfo, cipherData);
    const template = xml(
      'EncryptedData',
      XE,
      { Type: `${XE}Element` },
      empty('EncryptionMethod', AES256_GCM),
      xml('KeyInfo', DS, {}, encryptedKey),
      cipherData,
    );
    const outcome = xmlsec1(['--encrypt', `--aeskey:${NAME}`, 'kek', '--session-key', 'aes-256', '--xml-data', 'data.xml'], {
      kek,
      'data.xml': plaintext,
      'in.xml': declared(template),
    });
    expect(outcome.status, outcome.stderr).toBe(0);
    const theirs = parseDocument(outcome.out, { xmlDeclaration: true });
    expect(Buffer.from(decryptData(theirs, (name) => (name === NAME ? kek : undefined))).toString()).toBe(plaintext);
    expect(() => decryptData(theirs, () => systemRandom(32))).toThrow(expect.objectContaining({ code: 'undecryptable' }));
    expect(() => decryptData(theirs, () => undefined)).toThrow(expect.objectContaining({ code: 'undecryptable' }));
  });
});
