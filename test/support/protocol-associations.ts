import type { DeviceId, Fingerprint, KeyId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { AES256_GCM, ECDSA_SHA256, X25519 } from '../../src-main/security/crypto/algorithms.ts';
import { Secret } from '../../src-main/security/crypto/secret.ts';
import type { HashName } from '../../src-main/security/crypto/hash.ts';
import type { Party, SecurityAssociation } from '../../src-main/security/association/association.ts';
import { chainStarts } from '../../src-main/security/association/key-schedule.ts';
import { open, type Held, type Opening } from '../../src-main/security/opening.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { hex } from './protocol-parties.ts';

/** An association as vectors/protocol gives it: from its sKEYID_e. */
export interface VectorAssociation {
  readonly KEYID: string;
  readonly H: HashName;
  readonly sKEYID_e: string;
  readonly initiator: { readonly jid: string; readonly fp: string; readonly device: string };
  readonly responder: { readonly jid: string; readonly fp: string; readonly device: string };
}

export function associationOf(v: VectorAssociation, role: 'initiator' | 'responder', establishedAt: number): SecurityAssociation {
  const party = (p: VectorAssociation['initiator']): Party => ({
    jid: p.jid as BareJid,
    fp: p.fp as Fingerprint,
    device: p.device as DeviceId,
  });
  const start = chainStarts(v.H, new Secret(hex(v.sKEYID_e)));
  const [own, peer] = role === 'initiator' ? [v.initiator, v.responder] : [v.responder, v.initiator];
  const [send, receive] = role === 'initiator' ? [start.initiator, start.responder] : [start.responder, start.initiator];
  return {
    keyId: v.KEYID as KeyId,
    role,
    hash: v.H,
    own: party(own),
    peer: party(peer),
    send: { ck: send, n: 0 },
    receive: { ck: receive, n: 0 },
    exporter: new Uint8Array(32),
    algorithms: { agreement: { algorithm: X25519 }, encryption: AES256_GCM, signature: ECDSA_SHA256 },
    establishedAt,
    decryptOnly: false,
  };
}

/** A device with a store in memory: opens messages and commits what they change, as a transaction would. */
export class Device {
  sa: SecurityAssociation;
  readonly skipped = new Map<number, Uint8Array>();
  readonly used = new Map<number, Uint8Array>();
  readonly now: number;
  /** (`from`, sender device, `origin-id`) that were shown. */
  readonly shown = new Set<string>();
  readonly bodies: string[] = [];

  constructor(sa: SecurityAssociation, now: number) {
    this.sa = sa;
    this.now = now;
  }

  get held(): Held {
    return { sa: this.sa, skipped: (n) => this.skipped.get(n), used: (n) => this.used.get(n) };
  }

  open(stanza: Element): Opening {
    const { own } = this.sa;
    return open(stanza, {
      own,
      now: this.now,
      sealingKey: () => undefined,
      lookup: (keyId) => (keyId === this.sa.keyId ? this.held : undefined),
    });
  }

  /** Opens it and, where it opens, stores it. */
  receive(stanza: Element): Opening {
    const opening = this.open(stanza);
    if (opening.kind !== 'opened' || opening.by !== 'association') return opening;
    const { change, n, sender, originId, content } = opening;
    this.sa = { ...this.sa, receive: change.receive };
    for (const { n: m, mk } of change.skipped) this.skipped.set(m, mk);
    if (change.unskipped !== undefined) this.skipped.delete(change.unskipped);
    this.used.set(n, change.trace);
    const once = [sender.jid, sender.device, originId].join('\n');
    if (!this.shown.has(once)) this.bodies.push(...content.filter((el) => el.is('body', 'jabber:client')).map((el) => el.text()));
    this.shown.add(once);
    return opening;
  }
}
