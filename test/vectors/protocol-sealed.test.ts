/** Protocol 6.3: sealed messages to the octet, and the faults that are never shown. */

import { describe, expect, it } from 'vitest';
import type { DeviceId, OriginId, SealingId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { DS, SEC, XE } from '../../src-main/security/crypto/algorithms.ts';
import { sha256 } from '../../src-main/security/crypto/hash.ts';
import * as x25519 from '../../src-main/security/crypto/x25519.ts';
import { open, type Reader } from '../../src-main/security/opening.ts';
import { readSealedKey, seal, unseal, type HeldSealingKey } from '../../src-main/security/sealed.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { credentialOf, hex, toHex, told, type VectorParty } from '../support/protocol-parties.ts';
import { suite } from '../support/vectors.ts';

interface Case {
  readonly name: string;
  readonly from: string;
  readonly sender: VectorParty;
  readonly recipient: {
    readonly jid: BareJid;
    readonly device: DeviceId;
    readonly sealingPrivate: string;
    readonly SID: SealingId;
    readonly issued: string;
  };
  readonly E?: string;
  readonly S?: string;
  readonly Info?: string;
  readonly content_key?: string;
  readonly C?: string;
  readonly envelope?: string;
  readonly stanza?: string;
  readonly stanzas?: readonly string[];
  readonly shown: readonly string[];
}

const vectors = suite('protocol', 'sealed');
const { cases, now } = vectors.json<{ readonly cases: readonly Case[]; readonly now: string }>('sealed.json');

function held({ recipient }: Case): HeldSealingKey {
  const pair = x25519.importPrivate(hex(recipient.sealingPrivate));
  return { sid: recipient.SID, ...pair, issued: Date.parse(recipient.issued) };
}

function readerOf(c: Case): Reader {
  const key = held(c);
  return {
    own: c.recipient,
    now: Date.parse(now),
    lookup: () => undefined,
    sealingKey: (sid) => (sid === key.sid ? key : undefined),
  };
}

const bodiesOf = (content: readonly Element[]): string[] =>
  content.filter((el) => el.is('body', 'jabber:client')).map((el) => el.text());

describe('protocol 6.3', () => {
  for (const c of cases) {
    it(`${c.name}: ${c.shown.join() || 'not shown'}`, () => {
      const stanzas = (c.stanzas ?? [c.stanza ?? '']).map((text) => parseDocument(text).withAttrs({ from: c.from }));
      const openings = stanzas.map((stanza) => open(stanza, readerOf(c)));
      expect(openings.flatMap((o) => (o.kind === 'opened' ? bodiesOf(o.content) : []))).toEqual(c.shown);
      if (c.shown.length === 0) expect(openings.map((o) => o.kind)).toEqual(['undecryptable']);
      else expectOctets(c, openings);
      vectors.ran(c.name);
    });
  }
});

function expectOctets(c: Case, [opening]: readonly ReturnType<typeof open>[]): void {
  if (opening?.kind !== 'opened' || opening.by !== 'sealed') throw new Error('not opened');
  const { fp } = credentialOf(c.sender);
  expect(opening.sender).toEqual({ jid: c.sender.jid, fp, device: c.sender.device });
  expect(opening.signature.certificate.fp).toBe(fp);
  expect(Buffer.from(opening.signature.octets).toString()).toBe(c.envelope);
  expect(opening.originId).toBe(parseDocument(c.stanza ?? '').attr('id') as OriginId);

  const [keys] = [
    parseDocument(c.stanza ?? '')
      .child('x', SEC)
      ?.child('EncryptedData', XE)
      ?.child('KeyInfo', DS)
      ?.elements(),
  ];
  const [encryptedKey] = keys ?? [];
  const sealed = encryptedKey && readSealedKey(encryptedKey);
  if (sealed === undefined) throw new Error('no sealed key');
  const key = held(c);
  expect(toHex(key.publicRaw)).toBe(c.S);
  expect(toHex(sealed.ephemeral)).toBe(c.E);
  expect(toHex(sealed.info)).toBe(c.Info);
  expect(toHex(unseal(sealed, key))).toBe(c.content_key);

  // Written by us from another ephemeral key, it opens to the same.
  const to = { ...c.recipient, fp, sealing: key };
  const again = parseDocument(seal(hex(c.content_key ?? ''), sha256(hex(c.C ?? '')), opening.sender, to, told('7'.repeat(64))));
  const reread = readSealedKey(again);
  expect(reread && toHex(unseal(reread, key))).toBe(c.content_key);
  const shape = (el: Element): string => c14n(el).replaceAll(/>[A-Za-z0-9+/=]{40,}</g, '><');
  expect(encryptedKey && shape(again)).toBe(encryptedKey && shape(encryptedKey));
}
