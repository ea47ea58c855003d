/** The other side of the rooms' bench: ts-mls (RFC 9420), a group of the same size, one member removed in a commit. */

import {
  createCommit,
  createGroup,
  defaultCapabilities,
  defaultLifetime,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  type Credential,
  type Proposal,
} from 'ts-mls';

/** Microseconds of CPU, and octets, of the commit that removes one of `size`. */
export async function mlsRemoval(size: number, rounds = 3): Promise<{ readonly us: number; readonly octets: number }> {
  const cipherSuite = await getCiphersuiteImpl(getCiphersuiteFromName('MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519'));
  const person = (name: string) => {
    const credential: Credential = { credentialType: 'basic', identity: new TextEncoder().encode(name) };
    return generateKeyPackage(credential, defaultCapabilities(), defaultLifetime, [], cipherSuite);
  };
  const alice = await person('alice');
  let state = await createGroup(new TextEncoder().encode('group'), alice.publicPackage, alice.privatePackage, [], cipherSuite);
  const extraProposals: Proposal[] = [];
  for (let i = 1; i < size; i++)
    extraProposals.push({ proposalType: 'add', add: { keyPackage: (await person(`user${String(i)}`)).publicPackage } });
  ({ newState: state } = await createCommit({ state, cipherSuite, pskIndex: emptyPskIndex }, { extraProposals }));
  let best = Infinity;
  let octets = 0;
  for (let i = 0; i < rounds; i++) {
    const removal: Proposal = { proposalType: 'remove', remove: { removed: Math.floor(size / 2) } };
    const before = process.cpuUsage();
    const { commit } = await createCommit({ state, cipherSuite, pskIndex: emptyPskIndex }, { extraProposals: [removal] });
    const used = process.cpuUsage(before);
    best = Math.min(best, used.user + used.system);
    octets = encodeMlsMessage(commit).length;
  }
  return { us: best, octets };
}
