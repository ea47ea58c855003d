/** Bars on a protected message of 1 KiB to one device (issue 2, section 7), each side measured in the same run. */

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { decrypt as decryptXml, encrypt as encryptXml, type DecryptOptions, type EncryptOptions } from 'xml-encryption';
import { SignedXml } from 'xml-crypto';
import type { DeviceId, Fingerprint, KeyId, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { xml } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import {
  AES256_GCM,
  ECDSA_SHA256,
  ENVELOPED_SIGNATURE,
  EXC,
  SHA256,
  X25519,
  XE,
  XE11,
} from '../../src-main/security/crypto/algorithms.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import type { Party, SecurityAssociation } from '../../src-main/security/association/association.ts';
import { protect, type Draft } from '../../src-main/security/message.ts';
import { open } from '../../src-main/security/opening.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import { paddedLength } from '../../src-main/security/padding.ts';
import { compareCpu } from './measure.ts';
import { row, type Bench, type BenchRow } from './types.ts';

const NOW = Date.parse('2026-09-21T14:13:20Z');
const BODY = 'A message of one KiB, with words and numbers 12345. '.repeat(20).slice(0, 1024);

const alice: Party = { jid: 'alice@a.example' as BareJid, fp: 'A'.repeat(64) as Fingerprint, device: 'A1'.repeat(8) as DeviceId };
const bob: Party = { jid: 'bob@b.example' as BareJid, fp: 'B'.repeat(64) as Fingerprint, device: 'B1'.repeat(8) as DeviceId };

function pair(): { sender: SecurityAssociation; receiver: SecurityAssociation } {
  const ck = randomBytes(32);
  const common = {
    keyId: '0123456789ABCDEF'.repeat(4) as KeyId,
    hash: 'sha256' as const,
    exporter: new Uint8Array(32),
    algorithms: { agreement: { algorithm: X25519 }, encryption: AES256_GCM, signature: ECDSA_SHA256 } as const,
    establishedAt: NOW,
    decryptOnly: false,
  };
  const other = { ck: randomBytes(32), n: 0 };
  return {
    sender: { ...common, role: 'initiator', own: alice, peer: bob, send: { ck, n: 0 }, receive: other },
    receiver: { ...common, role: 'responder', own: bob, peer: alice, send: other, receive: { ck, n: 0 } },
  };
}

const draft: Draft = {
  kind: 'message',
  from: alice,
  to: bob.jid,
  originId: '5d4c3b2a-1f0e-4d3c-9b8a-7f6e5d4c3b2a' as OriginId,
  content: [xml('body', 'jabber:client', {}, BODY)],
  time: NOW,
};

const WRAP_IV = Buffer.from('A6A6A6A6A6A6A6A6', 'hex');
const hmac = (key: Uint8Array, ...parts: readonly (Uint8Array | string)[]): Buffer => {
  const h = createHmac('sha256', key);
  for (const part of parts) h.update(part);
  return h.digest();
};

/** Every primitive of 6.1 and 6.2, once for each end, by the platform's own functions; nothing else. */
function primitives(plaintext: Buffer, rpad: number, ck: Uint8Array): unknown {
  randomBytes(rpad);
  const cek = randomBytes(32);
  const iv = randomBytes(12);
  const seal = createCipheriv('aes-256-gcm', cek, iv);
  const c = Buffer.concat([iv, seal.update(plaintext), seal.final(), seal.getAuthTag()]);
  const text = c.toString('base64');
  const mk = hmac(ck, Uint8Array.of(1));
  hmac(ck, Uint8Array.of(2));
  const kek = hmac(mk, 'kek', createHash('sha256').update(c).digest());
  const wrap = createCipheriv('id-aes256-wrap', kek, WRAP_IV);
  const wrapped = Buffer.concat([wrap.update(cek), wrap.final()]).toString('base64');

  const received = Buffer.from(text, 'base64');
  const mk2 = hmac(ck, Uint8Array.of(1));
  hmac(ck, Uint8Array.of(2));
  const kek2 = hmac(mk2, 'kek', createHash('sha256').update(received).digest());
  const unwrap = createDecipheriv('id-aes256-wrap', kek2, WRAP_IV);
  const key = Buffer.concat([unwrap.update(Buffer.from(wrapped, 'base64')), unwrap.final()]);
  const opener = createDecipheriv('aes-256-gcm', key, received.subarray(0, 12));
  opener.setAuthTag(received.subarray(received.length - 16));
  return Buffer.concat([opener.update(received.subarray(12, received.length - 16)), opener.final()]);
}

/** AES-256-GCM and base64 of the same padded text, there and back, key and IV made once. */
function rawGcm(key: Uint8Array, iv: Uint8Array, plaintext: Buffer): unknown {
  const seal = createCipheriv('aes-256-gcm', key, iv);
  const text = Buffer.concat([seal.update(plaintext), seal.final(), seal.getAuthTag()]).toString('base64');
  const received = Buffer.from(text, 'base64');
  const opener = createDecipheriv('aes-256-gcm', key, iv);
  opener.setAuthTag(received.subarray(received.length - 16));
  return Buffer.concat([opener.update(received.subarray(0, received.length - 16)), opener.final()]);
}

export async function benchMessage(runs = 2_000): Promise<readonly BenchRow[]> {
  const { sender, receiver } = pair();
  const stanzaText = (): string =>
    protect(draft, [sender], systemRandom).stanza.xml.replace(
      '<message',
      '<message xmlns="jabber:client" from="alice@a.example/one"',
    );
  const reader = {
    ...{ own: bob, now: NOW, sealingKey: () => undefined },
    lookup: () => ({ sa: receiver, skipped: () => undefined, used: () => undefined }),
  };
  const sample = parseDocument(stanzaText());
  let envelope: Uint8Array = new Uint8Array();
  const first = open(sample, {
    ...reader,
    parse: (octets) => {
      envelope = Uint8Array.from(octets);
      return parseDocument(octets);
    },
  });
  if (first.kind !== 'opened') throw new Error(first.kind);
  const tree = parseDocument(envelope);
  const rpad = tree.child('rpad')?.text().length ?? 0;
  const plaintext = Buffer.from(envelope);
  if (plaintext.length !== paddedLength(plaintext.length)) throw new Error('not padded');

  const key = randomBytes(32);
  const iv = randomBytes(12);
  const cpu = compareCpu(
    [
      { name: 'primitives', run: () => primitives(plaintext, rpad, sender.send.ck) },
      // Parsing excluded: the stanza is a tree already, and the envelope's parse gives the one that was made before.
      {
        name: 'ours',
        run: () => {
          protect(draft, [sender], systemRandom);
          if (open(sample, { ...reader, parse: () => tree }).kind !== 'opened') throw new Error('not opened');
        },
      },
      { name: 'raw', run: () => rawGcm(key, iv, plaintext) },
      {
        name: 'parsed',
        run: () => {
          if (open(parseDocument(stanzaText()), reader).kind !== 'opened') throw new Error('not opened');
        },
      },
    ],
    runs,
  );
  const at = (name: string): number => cpu[name] ?? NaN;
  const peer = await peerCpu(plaintext.toString(), runs);
  const sides = (ours: number, theirs: number): string => `${ours.toFixed(1)} to ${theirs.toFixed(1)} µs CPU`;
  const [ours, primitive, parsed, raw] = [at('ours'), at('primitives'), at('parsed'), at('raw')];
  return [
    row('1 KiB message, built and opened, to its primitives', 'x', ours / primitive, 1.6, sides(ours, primitive)),
    row('1 KiB message with the strict parse, to raw AES-GCM', 'x', parsed / raw, 8, sides(parsed, raw)),
    row('xml-encryption and xml-crypto, to the same', 'x', peer / parsed, 25, sides(peer, parsed), true),
  ];
}

export const bench: Bench = () => benchMessage();

/**
 * There and back as ours is: xml-encryption (RSA-2048-OAEP, aes256-gcm), then xml-crypto (ECDSA P-256) on its result, which
 * the other end verifies and decrypts. Keys are parsed once.
 */
async function peerCpu(text: string, runs: number): Promise<number> {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey, chain, certificate } = makeSelfSigned({ jid: alice.jid, now: NOW, random: systemRandom });
  const options: EncryptOptions = {
    rsa_pub: rsa.publicKey,
    pem: `-----BEGIN CERTIFICATE-----\n${Buffer.from(chain[0] ?? []).toString('base64')}\n-----END CERTIFICATE-----\n`,
    encryptionAlgorithm: `${XE11}aes256-gcm`,
    keyEncryptionAlgorithm: `${XE}rsa-oaep-mgf1p`,
  };
  const encrypt = promisify<string, EncryptOptions, string>(encryptXml);
  const decrypt = promisify<string, DecryptOptions, string>(decryptXml);
  class EcdsaSha256 {
    getSignature(signedInfo: string): string {
      return sign('sha256', Buffer.from(signedInfo), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64');
    }
    verifySignature(signedInfo: string, _key: unknown, value: string): boolean {
      const key = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      return verify('sha256', Buffer.from(signedInfo), key, Buffer.from(value, 'base64'));
    }
    getAlgorithmName(): string {
      return ECDSA_SHA256;
    }
  }
  const signedXml = (): SignedXml => {
    const held = 'held by the algorithm';
    const sig = new SignedXml({
      signatureAlgorithm: ECDSA_SHA256,
      canonicalizationAlgorithm: EXC,
      privateKey: held,
      publicCert: held,
    });
    Object.assign(sig.SignatureAlgorithms, { [ECDSA_SHA256]: EcdsaSha256 });
    return sig;
  };
  const once = async (): Promise<void> => {
    const encrypted = await encrypt(text, options);
    const signer = signedXml();
    signer.addReference({
      xpath: '/*',
      isEmptyUri: true,
      uri: '',
      transforms: [ENVELOPED_SIGNATURE, EXC],
      digestAlgorithm: SHA256,
    });
    signer.computeSignature(encrypted);
    const sent = signer.getSignedXml();

    const verifier = signedXml();
    verifier.loadSignature(/<Signature .*<\/Signature>/s.exec(sent)?.[0] ?? '');
    if (!verifier.checkSignature(sent)) throw new Error('not verified');
    const [signedReference = ''] = verifier.getSignedReferences();
    if ((await decrypt(signedReference, { key: rsa.privateKey })) !== text) throw new Error('not decrypted');
  };
  for (let i = 0; i < 50; i++) await once();
  const before = process.cpuUsage();
  for (let i = 0; i < runs; i++) await once();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / runs;
}
