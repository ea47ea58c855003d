/** The bar on an association (issue 2, section 7): both sides, codec, transcript, chain and verdict, against a TLS 1.3 handshake. */

import { createSecureContext, connect, createServer, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { DeviceId } from '../../src-shared/ids.ts';
import { bareOf, type BareJid, type FullJid } from '../../src-shared/jid.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import type { Credential } from '../../src-main/pki/credential.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import {
  defaultPolicy,
  initiate,
  receiveAM1,
  receiveAM2,
  receiveAM3,
  receiveAM4,
  type Own,
  type Peer,
} from '../../src-main/security/association/aggressive.ts';
import { judge } from '../../src-main/security/trust.ts';
import { serialize } from '../../src-main/xml/serialize.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import type { Element } from '../../src-main/xml/element.ts';
import type { Verdict } from '../../src-shared/models.ts';
import { row, type Bench, type BenchRow } from './types.ts';

const NOW = Date.now();

const person = (full: string, device: string): Own & { readonly credential: Credential } => ({
  full: full as FullJid,
  device: device as DeviceId,
  credential: makeSelfSigned({ jid: bareOf(full as FullJid), now: NOW, random: systemRandom }),
});

/** One exchange, each message written and read as text on its way. */
function associate(alice: Own, bob: Own): void {
  const never = (): boolean => false;
  const verdict = (own: Own, peer: Peer): Verdict =>
    judge({
      jid: peer.jid,
      certificate: peer.certificate,
      known: [],
      now: NOW,
      own: { jid: bareOf(own.full), fp: own.credential.fp },
    }).verdict;
  const travel = (from: Own, to: Own, query: Element) => ({
    from: from.full,
    to: to.full,
    query: parseDocument(serialize(query)),
  });

  const am1 = initiate(alice, bob.full, defaultPolicy, systemRandom);
  const judgingI = receiveAM1(bob, travel(alice, bob, am1.send), defaultPolicy, systemRandom, never, never).verify();
  const am2 = judgingI.resume(verdict(bob, judgingI.peer));
  const judgingR = receiveAM2(am1.next, travel(bob, alice, am2.send), never);
  const am3 = judgingR.resume(verdict(alice, judgingR.peer));
  const judging = receiveAM3(am2.next, travel(alice, bob, am3.send), NOW);
  const am4 = judging.resume(verdict(bob, judging.peer));
  const stands = receiveAM4(am3.next, travel(bob, alice, am4.send), NOW);
  if (stands.next.keyId !== am4.next.keyId) throw new Error('no association');
}

const pem = (label: string, der: Uint8Array): string =>
  `-----BEGIN ${label}-----\n${Buffer.from(der).toString('base64')}\n-----END ${label}-----\n`;

/** CPU of TLS 1.3 handshakes with client certificates on loopback: P-256, X25519, contexts made once, no resumption. */
async function handshakes(count: number): Promise<number> {
  const [server, client] = ['server@b.example', 'client@a.example'].map((jid) =>
    makeSelfSigned({ jid: jid as BareJid, now: NOW, random: systemRandom }),
  );
  if (server === undefined || client === undefined) throw new Error('no credentials');
  const context = (own: Credential, other: Credential) =>
    createSecureContext({
      key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      cert: pem('CERTIFICATE', own.certificate.der),
      ca: pem('CERTIFICATE', other.certificate.der),
      minVersion: 'TLSv1.3',
      ecdhCurve: 'X25519',
    });
  const listener = createServer({
    key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    cert: pem('CERTIFICATE', server.certificate.der),
    ca: pem('CERTIFICATE', client.certificate.der),
    minVersion: 'TLSv1.3',
    ecdhCurve: 'X25519',
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.on('secureConnection', (socket: TLSSocket) => socket.end('.'));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const secureContext = context(client, server);
  const shake = async (): Promise<void> => {
    const socket = connect({ host: '127.0.0.1', port, secureContext, checkServerIdentity: () => undefined });
    // The server's octet shows that it took the client's certificate.
    const [first] = (await once(socket, 'data')) as [Buffer];
    if (first.length !== 1 || socket.getProtocol() !== 'TLSv1.3') throw new Error('no handshake');
    socket.destroy();
  };
  for (let i = 0; i < 30; i++) await shake();
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await shake();
  const { user, system } = process.cpuUsage(before);
  listener.close();
  return (user + system) / count;
}

export function associations(count: number): number {
  const alice = person('alice@a.example/one', 'A1A2A3A4A5A6A7A8');
  const bob = person('bob@b.example/two', 'B1B2B3B4B5B6B7B8');
  for (let i = 0; i < 30; i++) associate(alice, bob);
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) associate(alice, bob);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** Rounds alternate, and the least of each side counts: what others do on the machine only adds. */
export async function benchAssociation(count = 100, rounds = 5): Promise<BenchRow> {
  let [ours, theirs] = [Infinity, Infinity];
  for (let i = 0; i < rounds; i++) {
    ours = Math.min(ours, associations(count));
    theirs = Math.min(theirs, await handshakes(count));
  }
  return row(
    'association, both sides, to a TLS 1.3 handshake',
    'x',
    ours / theirs,
    0.8,
    `${ours.toFixed(0)} to ${theirs.toFixed(0)} µs CPU`,
  );
}

export const bench: Bench = () => benchAssociation();
