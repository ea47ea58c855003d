import { createPrivateKey } from 'node:crypto';
import type { DeviceId } from '../../src-shared/ids.ts';
import type { BareJid, FullJid } from '../../src-shared/jid.ts';
import { makeCredential, type Credential } from '../../src-main/pki/credential.ts';
import type { Own } from '../../src-main/security/association/aggressive.ts';
import type { Random } from '../../src-main/security/ports.ts';

/** The people of vectors/protocol, and randomness that is told what to give. */

export interface VectorParty {
  readonly jid: string;
  readonly device: string;
  readonly credential: {
    readonly fp: string;
    readonly method: string;
    readonly privateKeyPkcs8: string;
    readonly chain: readonly string[];
  };
}

export const hex = (s: string): Buffer => Buffer.from(s, 'hex');
export const toHex = (octets: Uint8Array): string => Buffer.from(octets).toString('hex').toUpperCase();

export function credentialOf(party: VectorParty): Credential {
  const key = createPrivateKey({ key: Buffer.from(party.credential.privateKeyPkcs8, 'base64'), format: 'der', type: 'pkcs8' });
  return makeCredential(
    party.credential.chain.map((der) => Buffer.from(der, 'base64')),
    key,
  );
}

export function ownOf(party: VectorParty): Own {
  return { full: party.jid as FullJid, device: party.device as DeviceId, credential: credentialOf(party) };
}

/** Gives these octets, in this order, and no others. */
export function told(...values: readonly (string | undefined)[]): Random {
  const left = values.filter((v) => v !== undefined).map(hex);
  return (octets) => {
    const next = left.shift();
    if (next?.length !== octets) throw new Error(`asked for ${String(octets)} octets, told ${String(next?.length)}`);
    return new Uint8Array(next);
  };
}

export const bare = (jid: string): BareJid => jid.split('/')[0] as BareJid;
