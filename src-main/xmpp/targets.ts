/** Where an account's server is: RFC 6120 §3.2 with XEP-0368, and what a domain's host-meta adds (XEP-0487). */

import { resolveSrv } from 'node:dns/promises';
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { SignetError } from '../../src-shared/errors.ts';
import type { Random, Timers } from './ports.ts';

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly tls: 'direct' | 'starttls';
  /**
   * A name that the domain itself delegated to, over HTTPS (XEP-0487): it is sent as the server's name, and a certificate
   * for it counts as one for the domain.
   */
  readonly delegate?: string;
}

export interface SrvRecord {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** Look-up of SRV records; rejects where there are none, as `node:dns` does. */
export interface Resolver {
  srv(name: string): Promise<readonly SrvRecord[]>;
}

export const systemResolver: Resolver = { srv: (name) => resolveSrv(name) };

const XMPP_PORT = 5222;
/** More records than this are not looked at. */
const MAX_TARGETS = 16;
const LOOKUP_MS = 5_000;

/** The domain as DNS and certificates write it (A-labels); an IPv6 literal loses its brackets. */
export function asciiDomain(domain: string): string {
  const bare = domain.startsWith('[') && domain.endsWith(']') ? domain.slice(1, -1) : domain;
  if (isIP(bare) !== 0) return bare;
  const ascii = domainToASCII(domain);
  if (ascii === '') throw new SignetError('bad-jid');
  return ascii;
}

/** The domain itself, where nothing else is known (RFC 6120 §3.2.2). */
export const fallbackTarget = (domain: string): Target => ({ host: asciiDomain(domain), port: XMPP_PORT, tls: 'starttls' });

/**
 * The targets to try, in order: both SRV sets merged as one (XEP-0368 §3), or the domain itself on port 5222.
 * @throws SignetError server-not-found where the domain says that it has no such service
 */
export async function targetsOf(domain: string, resolver: Resolver, random: Random, timers: Timers): Promise<Target[]> {
  const host = asciiDomain(domain);
  if (isIP(host) !== 0) return [fallbackTarget(domain)];
  const [direct, starttls] = await Promise.all([
    lookUp(resolver, timers, `_xmpps-client._tcp.${host}`),
    lookUp(resolver, timers, `_xmpp-client._tcp.${host}`),
  ]);
  const records = [
    ...direct.records.map((r) => ({ ...r, tls: 'direct' as const })),
    ...starttls.records.map((r) => ({ ...r, tls: 'starttls' as const })),
  ];
  if (records.length > 0) return inOrder(records, random).map((r) => ({ host: r.name, port: r.port, tls: r.tls }));
  // RFC 6120 §3.2.1 step 6, XEP-0368 §5: target '.' means decidedly not available, and the fallback is not for such a domain.
  if (starttls.refused || direct.refused) throw new SignetError('server-not-found');
  return [fallbackTarget(domain)];
}

interface LookUp {
  readonly records: readonly SrvRecord[];
  readonly refused: boolean;
}

/** A look-up that fails counts as empty (RFC 6120 §3.2.2): the fallback needs no DNS of ours, and TLS decides who it is. */
async function lookUp(resolver: Resolver, timers: Timers, name: string): Promise<LookUp> {
  const found = await new Promise<readonly SrvRecord[]>((resolve) => {
    const cancel = timers.after(LOOKUP_MS, () => {
      resolve([]);
    });
    resolver
      .srv(name)
      .catch(() => [])
      .then((records) => {
        cancel();
        resolve(records);
      })
      .catch(() => {
        resolve([]);
      });
  });
  const records = found.filter((r) => r.name !== '' && r.name !== '.' && r.port > 0 && r.port <= 0xffff);
  return { records, refused: found.length > 0 && records.length === 0 };
}

/** RFC 2782: lower priority first; among equals a random choice in proportion to weight. At most 16 are kept. */
export function inOrder<R extends { readonly priority: number; readonly weight: number }>(
  records: readonly R[],
  random: Random,
): R[] {
  const left = [...records].sort((a, b) => a.priority - b.priority || a.weight - b.weight);
  const out: R[] = [];
  while (left.length > 0 && out.length < MAX_TARGETS) {
    const priority = left[0]?.priority;
    const group = left.filter((r) => r.priority === priority);
    const sum = group.reduce((total, r) => total + r.weight, 0);
    const octets = random(4);
    let pick = new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0) % (sum + 1);
    const chosen = group.find((r) => (pick -= r.weight) <= 0) ?? group[0];
    if (chosen === undefined) break;
    out.push(chosen);
    left.splice(left.indexOf(chosen), 1);
  }
  return out;
}
