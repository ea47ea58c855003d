import type { FullJid, Jid } from '../../../src-shared/jid.ts';
import { bareOf, isFull } from '../../../src-shared/jid.ts';
import type { Cookie, DeviceId, KeyId } from '../../../src-shared/ids.ts';
import type { Verdict } from '../../../src-shared/models.ts';
import { tryJid } from '../../jid/jid.ts';
import { checkChain, readCertificate, type Certificate } from '../../pki/certificate.ts';
import { PkiError } from '../../pki/errors.ts';
import type { Element } from '../../xml/element.ts';
import {
  agreements,
  encryptionMethods,
  isEncryptionMethod,
  isPrfMethod,
  isSignatureMethod,
  prfMethods,
  signatureMethods,
  DS,
  SEC,
  X25519,
  type Agreement,
  type EncryptionMethod,
  type PrfMethod,
  type SignatureMethod,
} from '../crypto/algorithms.ts';
import { equal } from '../crypto/constant-time.ts';
import { hexUpper } from '../crypto/encoding.ts';
import { hashOfPrf, type HashName } from '../crypto/hash.ts';
import type { Secret } from '../crypto/secret.ts';
import { methodsFor } from '../crypto/signature.ts';
import type { Random } from '../ports.ts';
import { accepted } from '../trust.ts';
import { c14n } from '../xmlsec/c14n.ts';
import { XmlsecError } from '../xmlsec/errors.ts';
import { signEnveloped, verifyEnveloped, type SigningCredential } from '../xmlsec/signature.ts';
import { makeShare, sharedSecret, wipeShare, type KeyShare } from './agreement.ts';
import type { Party, SecurityAssociation } from './association.ts';
import {
  decode,
  encode,
  publicOf,
  sameGroup,
  shareOf,
  type AM1,
  type AM2,
  type AM3,
  type Introduction,
  type Messages,
} from './codec.ts';
import { AssociationError, type Step } from './errors.ts';
import { chainStarts, hashI, hashR, schedule, transcript, TH_0, type Keys } from './key-schedule.ts';
import { stepOf } from './law.ts';

/**
 * Aggressive mode (protocol 5.2), both roles side by side: three messages and an acknowledgement.
 *
 * ```
 *   initiator I                                                              responder R
 *   initiate ──────────────── AM1  CKYi, chain of I, offer, Ni, shares ───────────────► receiveAM1
 *   awaiting AM2                                                             (judging I)
 *   receiveAM2 ◄── AM2  CKYi, CKYr, chain of R, choice, TH_1, Nr, share ────────────── awaiting AM3
 *   (judging R)
 *   awaiting AM4 ──────────── AM3  CKYi, CKYr, TH_2, HASH_I ──────────────────────────► receiveAM3
 *                                                                            (judging I)
 *   receiveAM4 ◄───────────── AM4  CKYi, CKYr, HASH_R ───────────────────────────────── stands
 *   stands
 * ```
 *
 * A step is pure: it takes a state and a message and gives the next state, what to send and what to wipe, or throws
 * AssociationError and changes nothing. Where a credential is to be judged, which may take the network, a step comes in two
 * halves: `Judging` names the peer, and `resume` takes the verdict.
 */

/** Ourselves in an exchange. */
export interface Own {
  readonly full: FullJid;
  readonly device: DeviceId;
  readonly credential: SigningCredential;
}

export interface Policy {
  /** What an initiator sends shares for; x25519 is among them. */
  readonly offer: readonly Agreement[];
  /** What a responder takes, most preferred first. */
  readonly take: readonly Agreement[];
  readonly digests: readonly PrfMethod[];
  readonly signatures: readonly SignatureMethod[];
  /** Where X25519 keys come from, in place of the platform's own generator (vectors). */
  readonly x25519Random?: Random;
}

export const defaultPolicy: Policy = {
  offer: [{ algorithm: X25519 }],
  take: agreements,
  digests: prfMethods,
  signatures: signatureMethods,
};

/** The other side, as its signature proved it; nothing is said yet about trust. */
export interface Peer extends Party {
  readonly full: FullJid;
  /** End entity first; that each is certified by the next is checked before a verdict is asked for. */
  readonly chain: readonly Certificate[];
  /** The end entity, `chain[0]`. */
  readonly certificate: Certificate;
}

interface Names {
  readonly id: string;
  /** As AM1 wrote them. */
  readonly initiator: string;
  readonly responder: string;
  readonly cookieI: Cookie;
}

interface Selection {
  readonly agreement: Agreement;
  readonly encryption: EncryptionMethod;
  readonly hash: HashName;
  /** What the peer signs with. */
  readonly signature: SignatureMethod;
}

export interface AwaitingAM2 extends Names {
  readonly state: 'awaiting AM2';
  readonly own: Own;
  readonly peerFull: FullJid;
  readonly offer: AM1;
  readonly shares: readonly KeyShare[];
  /** c14n of AM1: TH_1 waits for AM2 to name H. */
  readonly am1: string;
}

interface Keyed extends Names {
  readonly own: Own;
  readonly peer: Peer;
  readonly cookieR: Cookie;
  readonly selection: Selection;
  readonly keys: Keys;
}

export interface AwaitingAM3 extends Keyed {
  readonly state: 'awaiting AM3';
  readonly th2: Uint8Array;
}

export interface AwaitingAM4 extends Keyed {
  readonly state: 'awaiting AM4';
  readonly th3: Uint8Array;
}

export type ExchangeState = AwaitingAM2 | AwaitingAM3 | AwaitingAM4;

/** A message as it came: `from` and `to` prepared, of the stanza itself. */
export interface Arrived {
  readonly from: Jid;
  readonly to: Jid;
  readonly query: Element;
}

/** What a step gives: the next state, what to send, and what is to be wiped once the next state is committed. */
export interface Stepped<Next> {
  readonly next: Next;
  readonly send: Element;
  readonly wipe: readonly Secret[];
}

/** Every check before "chain and verdict" held. */
export interface Judging<Outcome> {
  readonly peer: Peer;
  /**
   * The peer has our own (bare JID, fp, device): a copy of our store (6.5). Found only in AM2 and AM3, which are fresh;
   * `resume` refuses it with `untrusted-credential`, whatever the verdict.
   */
  readonly ownCopy: boolean;
  /** @throws AssociationError */
  resume(verdict: Verdict): Outcome;
}

/** Does a KEYID name an SA that we hold? */
export type Holds = (keyId: KeyId) => boolean;

// ── AM1  I -> R: cookie, chain of I, offer, Ni and shares, signature ──────────────────────────────────────────────

/** Opens an exchange with a full JID (protocol 3 says which may be asked). */
export function initiate(own: Own, peer: FullJid, policy: Policy, random: Random): Stepped<AwaitingAM2> {
  const names = { id: hexUpper(random(8)), initiator: own.full, responder: peer, cookieI: hexUpper(random(16)) as Cookie };
  const nonce = random(32);
  const shares = policy.offer.map((agreement) => makeShare(agreement, random, policy.x25519Random));
  const offer: AM1 = {
    step: 'AM1',
    ...names,
    device: own.device,
    chain: own.credential.chain,
    encryption: encryptionMethods,
    digest: policy.digests,
    signature: policy.signatures,
    nonce,
    shares: shares.map(({ agreement, pair }) => shareOf(agreement, pair.publicRaw)),
  };
  const send = signEnveloped(encode(offer), own.credential, { mode: 'prefix-free' });
  return { next: { state: 'awaiting AM2', ...names, own, peerFull: peer, offer, shares, am1: c14n(send) }, send, wipe: [] };
}

/** AM1 up to its algorithms, read and not verified: the cheap checks, before the first public key operation. */
export interface ReadAM1 {
  readonly cookieI: Cookie;
  /** The certificate's key and the signature under it. @throws AssociationError */
  verify(): Judging<Stepped<AwaitingAM3>>;
}

/**
 * @param seen a CKYi that counts as seen (5.1)
 * @throws AssociationError, as all steps do
 */
export function receiveAM1(
  own: Own,
  arrived: Arrived,
  policy: Policy,
  random: Random,
  seen: (cookie: Cookie) => boolean,
  holds: Holds,
): ReadAM1 {
  const step = 'AM1';
  const offer = readMessage(step, arrived, { initiator: arrived.from, responder: arrived.to });
  if (arrived.to !== own.full) throw new AssociationError('malformed', { step });
  // step, version and id are the law's; the cookie is as expected if nobody has used it
  if (seen(offer.cookieI)) throw new AssociationError('cookie-mismatch', { step });
  // algorithms from our list, the initiator's order of preference deciding
  const encryption = offer.encryption.find(isEncryptionMethod);
  const digest = offer.digest.find((uri): uri is PrfMethod => isPrfMethod(uri) && policy.digests.includes(uri));
  const canSign = methodsFor(own.credential.privateKey);
  const signature = offer.signature.find((uri): uri is SignatureMethod => isSignatureMethod(uri) && canSign.includes(uri));
  if (encryption === undefined || digest === undefined || signature === undefined) {
    throw new AssociationError('no-common-suite', { step });
  }
  // the group is R's choice among the shares
  const agreement = policy.take.find((ours) =>
    offer.shares.some((s) => s.agreement !== undefined && sameGroup(s.agreement, ours)),
  );
  if (agreement === undefined) throw new AssociationError('unsupported-group', { step });

  const verify = (): Judging<Stepped<AwaitingAM3>> => {
    const { certificate, method, message } = verifyIntroduced(step, arrived, offer);
    const peer = peerOf(step, arrived, certificate, message);
    const selection = { agreement, encryption, hash: hashOfPrf[digest], signature: method };
    // AM1 may be a replay: a copy of our store is not told from one here, and R goes on.
    const answer = { own, peer, offer: message, selection, digest, signature, arrived, policy, random, holds };
    return judging(step, peer, false, () => respond(answer));
  };
  return { cookieI: offer.cookieI, verify };
}

// ── AM2  I <- R: both cookies, chain of R, choice, TH_1, Nr and share, signature ──────────────────────────────────

interface Answer {
  readonly own: Own;
  readonly peer: Peer;
  readonly offer: AM1;
  readonly selection: Selection;
  readonly digest: PrfMethod;
  /** What we sign with. */
  readonly signature: SignatureMethod;
  readonly arrived: Arrived;
  readonly policy: Policy;
  readonly random: Random;
  readonly holds: Holds;
}

function respond({
  own,
  peer,
  offer,
  selection,
  digest,
  signature,
  arrived,
  policy,
  random,
  holds,
}: Answer): Stepped<AwaitingAM3> {
  const { hash, agreement } = selection;
  const share = offer.shares.find((s) => s.agreement !== undefined && sameGroup(s.agreement, agreement));
  if (share === undefined) throw new AssociationError('unsupported-group', { step: 'AM1' });
  const peerRaw = publicOf(share, 'AM1');
  const cookieR = freshCookie(offer.cookieI, random, holds);
  const nonce = random(32);
  const mine = makeShare(agreement, random, policy.x25519Random);
  const key = sharedSecret(mine, peerRaw, 'AM1');
  wipeShare(mine);
  const names = { id: offer.id, initiator: offer.initiator, responder: offer.responder, cookieI: offer.cookieI };
  // TH_1 = H(TH_0 | c14n(AM1))
  const th1 = transcript(hash, TH_0, Buffer.from(c14n(arrived.query)));
  const answer: AM2 = {
    step: 'AM2',
    ...names,
    cookieR,
    device: own.device,
    chain: own.credential.chain,
    encryption: selection.encryption,
    digest,
    signature,
    transcript: th1,
    nonce,
    share: shareOf(agreement, mine.pair.publicRaw),
  };
  const send = signEnveloped(encode(answer), { ...own.credential, method: signature }, { mode: 'prefix-free' });
  // TH_2 = H(TH_1 | c14n(AM2))
  const th2 = transcript(hash, th1, Buffer.from(c14n(send)));
  const keys = schedule(hash, offer.nonce, nonce, key, th2);
  return { next: { state: 'awaiting AM3', ...names, own, peer, cookieR, selection, keys, th2 }, send, wipe: [] };
}

/** I on AM2. What fails ends the exchange, unanswered. */
export function receiveAM2(state: AwaitingAM2, arrived: Arrived, holds: Holds): Judging<Stepped<AwaitingAM4>> {
  const step = 'AM2';
  const unverified = readMessage(step, arrived, { initiator: arrived.to, responder: arrived.from });
  if (arrived.from !== state.peerFull || arrived.to !== state.own.full) throw new AssociationError('malformed', { step });
  checkNames(step, state, unverified);
  if (holds(keyIdOf(state.cookieI, unverified.cookieR))) throw new AssociationError('cookie-mismatch', { step });
  // algorithms from our list and from the offer
  const { encryption, digest, signature } = unverified;
  const inOffer =
    state.offer.encryption.includes(encryption) &&
    state.offer.digest.includes(digest) &&
    state.offer.signature.includes(signature);
  if (!inOffer || !isEncryptionMethod(encryption) || !isPrfMethod(digest))
    throw new AssociationError('no-common-suite', { step });
  const { agreement } = unverified.share;
  const mine = agreement === undefined ? undefined : state.shares.find((s) => sameGroup(s.agreement, agreement));
  if (mine === undefined) throw new AssociationError('unsupported-group', { step });

  const { certificate, method, message } = verifyIntroduced(step, arrived, unverified);
  if (method !== signature) throw new AssociationError('bad-signature', { step });
  // DigestValue = TH_1 = H(TH_0 | c14n(AM1))
  const hash = hashOfPrf[digest];
  const th1 = transcript(hash, TH_0, Buffer.from(state.am1));
  if (!equal(th1, message.transcript)) throw new AssociationError('bad-signature', { step });
  const peer = peerOf(step, arrived, certificate, message);

  return judging(step, peer, isOwnCopy(state.own, peer), () => {
    const key = sharedSecret(mine, publicOf(message.share, step), step);
    // TH_2 = H(TH_1 | c14n(AM2))
    const th2 = transcript(hash, th1, Buffer.from(c14n(arrived.query)));
    const keys = schedule(hash, state.offer.nonce, message.nonce, key, th2);
    const { id, initiator, responder, cookieI } = state;
    const names = { id, initiator, responder, cookieI, cookieR: message.cookieR };
    // AM3  I -> R: both cookies, TH_2, HASH_I, signature
    const send = signEnveloped(
      encode({ step: 'AM3', ...names, transcript: th2, authenticator: hashI(hash, keys.a, th2) }),
      state.own.credential,
      { mode: 'prefix-free' },
    );
    // TH_3 = H(TH_2 | c14n(AM3))
    const th3 = transcript(hash, th2, Buffer.from(c14n(send)));
    state.shares.forEach(wipeShare);
    const selection = { agreement: mine.agreement, encryption, hash, signature: method };
    return { next: { state: 'awaiting AM4', ...names, own: state.own, peer, selection, keys, th3 }, send, wipe: [] };
  });
}

// ── AM3  I -> R: both cookies, TH_2, HASH_I, signature ────────────────────────────────────────────────────────────

/** The checks that come before an exchange is looked for: addresses and structure. */
export function readAM3(own: Own, arrived: Arrived): AM3 {
  const message = readMessage('AM3', arrived, { initiator: arrived.from, responder: arrived.to });
  if (arrived.to !== own.full) throw new AssociationError('malformed', { step: 'AM3' });
  return message;
}

/** R on AM3: when it holds, the SA stands for R. */
export function receiveAM3(state: AwaitingAM3, arrived: Arrived, now: number): Judging<Stepped<SecurityAssociation>> {
  const step = 'AM3';
  const unverified = readAM3(state.own, arrived);
  if (arrived.from !== state.peer.full) throw new AssociationError('malformed', { step });
  checkNames(step, state, unverified);
  if (!sameText(unverified.cookieR, state.cookieR)) throw new AssociationError('cookie-mismatch', { step });
  const { message } = verifySigned(step, arrived, state.peer.certificate);
  // DigestValue = TH_2
  if (!equal(message.transcript, state.th2)) throw new AssociationError('bad-signature', { step });

  return judging(step, state.peer, isOwnCopy(state.own, state.peer), () => {
    const { hash } = state.selection;
    // HASH_I = prf(sKEYID_a, "I" | TH_2)
    if (!equal(message.authenticator, hashI(hash, state.keys.a, state.th2)))
      throw new AssociationError('bad-signature', { step });
    // TH_3 = H(TH_2 | c14n(AM3))
    const th3 = transcript(hash, state.th2, Buffer.from(c14n(arrived.query)));
    const { id, initiator, responder, cookieI, cookieR } = state;
    // AM4  I <- R: both cookies, HASH_R
    const authenticator = hashR(hash, state.keys.a, th3);
    const send = encode({ step: 'AM4', id, initiator, responder, cookieI, cookieR, authenticator });
    return { next: stand(state, 'responder', now), send, wipe: secretsOf(state) };
  });
}

// ── AM4  I <- R: both cookies, HASH_R ─────────────────────────────────────────────────────────────────────────────

/** I on AM4: when it holds, the SA stands for I. */
export function receiveAM4(state: AwaitingAM4, arrived: Arrived, now: number): Omit<Stepped<SecurityAssociation>, 'send'> {
  const step = 'AM4';
  const message = readMessage(step, arrived, { initiator: arrived.to, responder: arrived.from });
  if (arrived.from !== state.peer.full || arrived.to !== state.own.full) throw new AssociationError('malformed', { step });
  checkNames(step, state, message);
  if (!sameText(message.cookieR, state.cookieR)) throw new AssociationError('cookie-mismatch', { step });
  // HASH_R = prf(sKEYID_a, "R" | TH_3)
  const { hash } = state.selection;
  if (!equal(message.authenticator, hashR(hash, state.keys.a, state.th3))) throw new AssociationError('bad-signature', { step });
  return { next: stand(state, 'initiator', now), wipe: secretsOf(state) };
}

// ── what the steps share ──────────────────────────────────────────────────────────────────────────────────────────

/** Secrets that a state holds, to be wiped when it ends. */
export function secretsOf(state: ExchangeState): readonly Secret[] {
  return state.state === 'awaiting AM2' ? [] : [state.keys.a, state.keys.d, state.keys.e];
}

/** Ends a state: its secrets and exponents are erased. */
export function wipeState(state: ExchangeState): void {
  if (state.state === 'awaiting AM2') state.shares.forEach(wipeShare);
  for (const secret of secretsOf(state)) secret.wipe();
}

/** The SA of an exchange whose last check held; its secrets are copies, the state's are wiped by the caller. */
function stand(state: AwaitingAM3 | AwaitingAM4, role: SecurityAssociation['role'], now: number): SecurityAssociation {
  const { own, peer, selection, keys } = state;
  // CK_0(i→r) = prf(sKEYID_e, "i>r"), CK_0(r→i) = prf(sKEYID_e, "r>i")
  const start = chainStarts(selection.hash, keys.e);
  const [send, receive] = role === 'initiator' ? [start.initiator, start.responder] : [start.responder, start.initiator];
  return {
    keyId: keyIdOf(state.cookieI, state.cookieR),
    role,
    hash: selection.hash,
    own: { jid: bareOf(own.full), fp: own.credential.fp, device: own.device },
    peer: { jid: peer.jid, fp: peer.fp, device: peer.device },
    send: { ck: send, n: 0 },
    receive: { ck: receive, n: 0 },
    exporter: Uint8Array.from(keys.d.reveal()),
    algorithms: { agreement: selection.agreement, encryption: selection.encryption, signature: selection.signature },
    establishedAt: now,
    decryptOnly: false,
  };
}

const keyIdOf = (cookieI: Cookie, cookieR: Cookie): KeyId => `${cookieI}${cookieR}` as KeyId;
const sameText = (a: string, b: string): boolean => equal(Buffer.from(a), Buffer.from(b));

function isOwnCopy(own: Own, peer: Peer): boolean {
  return peer.jid === bareOf(own.full) && peer.fp === own.credential.fp && peer.device === own.device;
}

/** A CKYr that makes no KEYID that we hold. */
function freshCookie(cookieI: Cookie, random: Random, holds: Holds): Cookie {
  for (;;) {
    const cookie = hexUpper(random(16)) as Cookie;
    if (!holds(keyIdOf(cookieI, cookie))) return cookie;
  }
}

/**
 * Addresses, structure, sizes, step and version, in one: all are `malformed`. The query says who initiates and who responds;
 * that they are who it came from and to is compared after preparation, and they differ.
 */
function readMessage<S extends Step>(
  step: S,
  { query }: Arrived,
  expected: { readonly initiator: Jid; readonly responder: Jid },
): Messages[S] {
  if (!query.is('query', SEC) || stepOf(query) !== step) throw new AssociationError('malformed', { step });
  const message = decode(step, query);
  const { initiator, responder } = expected;
  const fits = samePrepared(message.initiator, initiator) && samePrepared(message.responder, responder);
  if (!fits || initiator === responder || !isFull(initiator) || !isFull(responder))
    throw new AssociationError('malformed', { step });
  return message;
}

const samePrepared = (written: string, prepared: Jid): boolean => written === prepared || tryJid(written) === prepared;

/** id and CKYi of an answer, which are those of the open exchange. */
function checkNames(step: Step, state: Names, message: Names): void {
  if (message.id !== state.id) throw new AssociationError('unknown-association', { step });
  if (!sameText(message.cookieI, state.cookieI)) throw new AssociationError('cookie-mismatch', { step });
}

/** The certificate's key, and the signature under it; the message is read anew from the octets whose digest held. */
function verifyIntroduced<S extends 'AM1' | 'AM2'>(
  step: S,
  arrived: Arrived,
  unverified: Messages[S],
): { readonly certificate: Certificate; readonly method: SignatureMethod; readonly message: Messages[S] } {
  const [der] = unverified.chain;
  // a key of a kind and size that protocol 2 has: RSA 2048 to 4096 bits
  const certificate = trusting(step, () => readCertificate(der ?? new Uint8Array(0)));
  return { certificate, ...verifySigned(step, arrived, certificate) };
}

/** "only now the chain": who it is, each certificate certified by the next. */
function peerOf(step: Step, { from }: Arrived, certificate: Certificate, { device, chain: ders }: Introduction): Peer {
  const full = from as FullJid;
  const chain = trusting(step, () => {
    const all = [certificate, ...ders.slice(1).map(readCertificate)];
    checkChain(all);
    return all;
  });
  return { jid: bareOf(full), fp: certificate.fp, device, full, chain, certificate };
}

/** What is wrong with a certificate or a chain is `untrusted-credential`. */
function trusting<T>(step: Step, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof PkiError) throw new AssociationError('untrusted-credential', { step }, { cause });
    throw cause;
  }
}

function verifySigned<S extends 'AM1' | 'AM2' | 'AM3'>(
  step: S,
  { query }: Arrived,
  certificate: Certificate,
): { readonly message: Messages[S]; readonly method: SignatureMethod } {
  const signature = query.child('Signature', DS);
  const method = signature?.child('SignedInfo')?.child('SignatureMethod')?.attr('Algorithm');
  if (signature === undefined || method === undefined || !isSignatureMethod(method))
    throw new AssociationError('bad-signature', { step });
  try {
    const key = { fp: certificate.fp, publicKey: certificate.publicKey };
    const { content } = verifyEnveloped(query, key, { name: 'query', ns: SEC }, { mode: 'prefix-free' });
    return { message: decode(step, content.withChildren([...content.children, signature])), method };
  } catch (cause) {
    if (cause instanceof XmlsecError && cause.code !== 'undecryptable')
      throw new AssociationError(cause.code, { step }, { cause });
    throw cause;
  }
}

/** "only now the chain and verdict": what is not accepted ends here, and so does a copy of our store. */
function judging<Outcome>(step: Step, peer: Peer, ownCopy: boolean, goOn: () => Outcome): Judging<Outcome> {
  return {
    peer,
    ownCopy,
    resume: (verdict) => {
      if (ownCopy || !accepted(verdict)) throw new AssociationError('untrusted-credential', { step });
      return goOn();
    },
  };
}
