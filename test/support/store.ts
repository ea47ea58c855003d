/** Real stores in temp folders, for tests. */

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DeviceId, Fingerprint, KeyId, OriginId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import type { AssociationRow } from '../../src-main/store/associations.ts';
import type { NewMessage } from '../../src-main/store/messages.ts';
import { openStore, type Store } from '../../src-main/store/store.ts';

export const random = (octets: number): Uint8Array => Uint8Array.from(randomBytes(octets));

export function tempDir(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'signet-store-'));
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** An open store that goes with its scope's `remove`. */
export function tempStore(): { readonly dir: string; readonly key: Uint8Array; readonly store: Store; remove(): void } {
  const { dir, remove } = tempDir();
  const key = random(32);
  const store = openStore({ dir, key });
  return {
    dir,
    key,
    store,
    remove: () => {
      store.close();
      remove();
    },
  };
}

export const bob = 'bob@example.org' as BareJid;
export const alice = 'alice@example.org' as BareJid;
export const device = (n: number): DeviceId => n.toString(16).toUpperCase().padStart(16, '0') as DeviceId;
export const fp = (n: number): Fingerprint => n.toString(16).toUpperCase().padStart(64, '0') as Fingerprint;
export const keyId = (n: number): KeyId => n.toString(16).toUpperCase().padStart(64, '0') as KeyId;
export const originId = (s: string): OriginId => s as OriginId;

export const message = (changes: Partial<NewMessage> = {}): NewMessage => ({
  conversation: bob,
  originId: originId(`o-${Math.random().toString(36).slice(2)}`),
  mine: false,
  body: 'hello',
  at: 1_000,
  protection: 'session',
  device: device(0xb1),
  ...changes,
});

export const association = (n: number, changes: Partial<AssociationRow> = {}): AssociationRow => ({
  keyId: keyId(n),
  role: 'initiator',
  hash: 'sha256',
  own: { jid: alice, fp: fp(0xa), device: device(0xa1) },
  peer: { jid: bob, fp: fp(0xb), device: device(0xb1) },
  send: { ck: random(32), n: 0 },
  receive: { ck: random(32), n: 0 },
  exporter: random(32),
  algorithms: {
    agreement: { algorithm: 'http://www.w3.org/2021/04/xmldsig-more#x25519' },
    encryption: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    signature: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  },
  establishedAt: 1_000,
  decryptOnly: false,
  ...changes,
});
