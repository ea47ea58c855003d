import type { Cookie, DeviceId } from '../../../src-shared/ids.ts';
import { xml, type Element } from '../../xml/element.ts';
import { DH, DS, SEC, X25519, type Agreement, type ModpLength } from '../crypto/algorithms.ts';
import { equal } from '../crypto/constant-time.ts';
import { fromBase64, toBase64 } from '../crypto/encoding.ts';
import { CryptoError } from '../crypto/errors.ts';
import { AssociationError, type Step } from './errors.ts';
import { checkLaw, MAX_CHAIN_OCTETS } from './law.ts';

/**
 * The four messages of aggressive mode, typed (protocol 5.2). Strict in, exact out: `encode(decode(x))` has the c14n of x
 * where x writes its base64 without white space, or decode throws `malformed`.
 */

interface Header {
  readonly id: string;
  /** Initiator and responder as written: compared after preparation, hashed as they are. */
  readonly initiator: string;
  readonly responder: string;
  /** CKYi. */
  readonly cookieI: Cookie;
}

interface Answered extends Header {
  /** CKYr. */
  readonly cookieR: Cookie;
}

/** Who speaks: device and certificate chain (DER, end entity first). */
export interface Introduction {
  readonly device: DeviceId;
  readonly chain: readonly Uint8Array[];
}

/** One `KeyAgreement`. `agreement` is undefined where the method is not one of ours: skipped, and its value never read. */
export interface Share {
  readonly algorithm: string;
  readonly length?: ModpLength;
  readonly agreement: Agreement | undefined;
  /** The public value as written; `publicOf` reads it. */
  readonly value: string;
}

export interface AM1 extends Header, Introduction {
  readonly step: 'AM1';
  readonly encryption: readonly string[];
  readonly digest: readonly string[];
  readonly signature: readonly string[];
  readonly nonce: Uint8Array;
  readonly shares: readonly Share[];
}

export interface AM2 extends Answered, Introduction {
  readonly step: 'AM2';
  readonly encryption: string;
  readonly digest: string;
  readonly signature: string;
  /** TH_1. */
  readonly transcript: Uint8Array;
  readonly nonce: Uint8Array;
  readonly share: Share;
}

export interface AM3 extends Answered {
  readonly step: 'AM3';
  /** TH_2. */
  readonly transcript: Uint8Array;
  /** HASH_I. */
  readonly authenticator: Uint8Array;
}

export interface AM4 extends Answered {
  readonly step: 'AM4';
  /** HASH_R. */
  readonly authenticator: Uint8Array;
}

export interface Messages {
  readonly AM1: AM1;
  readonly AM2: AM2;
  readonly AM3: AM3;
  readonly AM4: AM4;
}

const NONCE_LENGTH = 32;

/**
 * Reads a query as the message of one step. The Signature is checked for its shape only.
 * @throws AssociationError `malformed`
 */
export function decode<S extends Step>(step: S, query: Element): Messages[S] {
  checkLaw(query, step);
  try {
    return readers[step](query);
  } catch (error) {
    if (error instanceof CryptoError || error instanceof AssociationError) malformed(step, error);
    throw error;
  }
}

/** The query of a message, without its Signature. */
export function encode(message: Messages[Step]): Element {
  switch (message.step) {
    case 'AM1':
      return query(
        association(
          message,
          introduce('OriginatorKeyInfo', message.cookieI, message),
          ...message.encryption.map((uri) => method('EncryptionMethod', uri)),
          ...message.digest.map((uri) => method('DigestMethod', uri)),
          ...message.signature.map((uri) => method('SignatureMethod', uri)),
        ),
        ...message.shares.map((share) => keyAgreement(share, message.nonce)),
      );
    case 'AM2':
      return query(
        association(
          message,
          name('OriginatorKeyInfo', message.cookieI),
          introduce('RecipientKeyInfo', message.cookieR, message),
          method('EncryptionMethod', message.encryption),
          method('DigestMethod', message.digest),
          method('SignatureMethod', message.signature),
          base64('DigestValue', message.transcript),
        ),
        keyAgreement(message.share, message.nonce),
      );
    case 'AM3':
      return query(
        association(
          message,
          name('OriginatorKeyInfo', message.cookieI),
          name('RecipientKeyInfo', message.cookieR),
          base64('DigestValue', message.transcript),
          base64('Authenticator', message.authenticator),
        ),
      );
    case 'AM4':
      return query(
        association(
          message,
          name('OriginatorKeyInfo', message.cookieI),
          name('RecipientKeyInfo', message.cookieR),
          base64('Authenticator', message.authenticator),
        ),
      );
  }
}

/** A share of ours. */
export function shareOf(agreement: Agreement, publicRaw: Uint8Array): Share {
  return {
    algorithm: agreement.algorithm,
    ...(agreement.algorithm === DH ? { length: agreement.length } : {}),
    agreement,
    value: toBase64(publicRaw),
  };
}

/** The public value of a share that was chosen. Throws `malformed` where it is not base64. */
export function publicOf(share: Share, step: Step): Uint8Array {
  try {
    return fromBase64(share.value);
  } catch (cause) {
    throw new AssociationError('malformed', { step }, { cause });
  }
}

export function sameGroup(a: Agreement, b: Agreement): boolean {
  return a.algorithm === b.algorithm && (a.algorithm !== DH || b.algorithm !== DH || a.length === b.length);
}

// ── reading ───────────────────────────────────────────────────────────────────────────────────────────────────────

const readers: { readonly [S in Step]: (query: Element) => Messages[S] } = {
  AM1: (q) => {
    const sa = part(q, 'SecurityAssociation');
    const shares = q.childrenOf('KeyAgreement');
    const nonces = shares.map(nonceOf);
    const [nonce] = nonces;
    // "same Ni, x25519 among them"; two for one group are malformed
    const read = shares.map((share) => readShare(share, 'AM1'));
    const groups = new Set(read.map((share) => `${share.algorithm} ${String(share.length)}`));
    if (nonce === undefined || nonces.some((other) => !equal(nonce, other)) || groups.size !== read.length) malformed('AM1');
    if (!read.some((share) => share.algorithm === X25519)) malformed('AM1');
    return {
      step: 'AM1',
      ...header(sa),
      ...introduction(part(sa, 'OriginatorKeyInfo'), 'AM1'),
      encryption: methods(sa, 'EncryptionMethod'),
      digest: methods(sa, 'DigestMethod'),
      signature: methods(sa, 'SignatureMethod'),
      nonce,
      shares: read,
    };
  },
  AM2: (q) => {
    const sa = part(q, 'SecurityAssociation');
    const share = part(q, 'KeyAgreement');
    return {
      step: 'AM2',
      ...answered(sa),
      ...introduction(part(sa, 'RecipientKeyInfo'), 'AM2'),
      encryption: algorithmOf(part(sa, 'EncryptionMethod')),
      digest: algorithmOf(part(sa, 'DigestMethod')),
      signature: algorithmOf(part(sa, 'SignatureMethod')),
      transcript: octets(sa, 'DigestValue'),
      nonce: nonceOf(share),
      share: readShare(share, 'AM2'),
    };
  },
  AM3: (q) => {
    const sa = part(q, 'SecurityAssociation');
    return { step: 'AM3', ...answered(sa), transcript: octets(sa, 'DigestValue'), authenticator: octets(sa, 'Authenticator') };
  },
  AM4: (q) => {
    const sa = part(q, 'SecurityAssociation');
    return { step: 'AM4', ...answered(sa), authenticator: octets(sa, 'Authenticator') };
  },
};

function malformed(step?: Step, cause?: Error): never {
  throw new AssociationError('malformed', { step }, { cause });
}

/** A child that the law has; its absence would be a fault of the table. */
function part(el: Element, childName: string, ns: string = SEC): Element {
  return el.child(childName, ns) ?? malformed();
}

const attribute = (el: Element, attributeName: string): string => el.attr(attributeName) ?? malformed();
const algorithmOf = (el: Element): string => attribute(el, 'Algorithm');
const methods = (sa: Element, childName: string): string[] => sa.childrenOf(childName, SEC).map(algorithmOf);
const octets = (el: Element, childName: string): Uint8Array => fromBase64(part(el, childName).text());
// The law has the pattern of each of these two.
const cookieOf = (info: Element): Cookie => part(info, 'KeyName', DS).text() as Cookie;
const deviceOf = (info: Element): DeviceId => attribute(info, 'device') as DeviceId;

function header(sa: Element): Header {
  return {
    id: attribute(sa, 'id'),
    initiator: attribute(sa, 'initiator'),
    responder: attribute(sa, 'responder'),
    cookieI: cookieOf(part(sa, 'OriginatorKeyInfo')),
  };
}

function answered(sa: Element): Answered {
  return { ...header(sa), cookieR: cookieOf(part(sa, 'RecipientKeyInfo')) };
}

function introduction(info: Element, step: Step): Introduction {
  const chain = part(info, 'X509Data', DS)
    .childrenOf('X509Certificate')
    .map((c) => fromBase64(c.text()));
  if (chain.reduce((sum, der) => sum + der.length, 0) > MAX_CHAIN_OCTETS) malformed(step);
  return { device: deviceOf(info), chain };
}

function nonceOf(share: Element): Uint8Array {
  const nonce = octets(share, 'KA-Nonce');
  return nonce.length === NONCE_LENGTH ? nonce : malformed();
}

function readShare(share: Element, step: Step): Share {
  const uri = algorithmOf(part(share, 'AgreementMethod'));
  const length = share.attr('length');
  // "length is 3072 or 4096, always with {XE}dh and never without"
  if ((length !== undefined) !== (uri === DH)) malformed(step);
  const value = part(part(share, 'DHKeyValue'), 'Public').text();
  if (length !== undefined) {
    const bits: ModpLength = length === '3072' ? 3072 : 4096;
    return { algorithm: uri, length: bits, agreement: { algorithm: DH, length: bits }, value };
  }
  return { algorithm: uri, agreement: uri === X25519 ? { algorithm: X25519 } : undefined, value };
}

// ── writing ───────────────────────────────────────────────────────────────────────────────────────────────────────

const query = (...children: Element[]): Element => xml('query', SEC, {}, ...children);
const method = (childName: string, uri: string): Element => xml(childName, SEC, { Algorithm: uri });
const base64 = (childName: string, value: Uint8Array): Element => xml(childName, SEC, {}, toBase64(value));
const name = (childName: string, cookie: Cookie): Element => xml(childName, SEC, {}, xml('KeyName', DS, {}, cookie));

function association(message: Header & { readonly step: Step }, ...children: Element[]): Element {
  const { step, id, initiator, responder } = message;
  return xml('SecurityAssociation', SEC, { step, version: '1', id, initiator, responder }, ...children);
}

function introduce(childName: string, cookie: Cookie, { device, chain }: Introduction): Element {
  return xml(
    childName,
    SEC,
    { device },
    xml('KeyName', DS, {}, cookie),
    xml('X509Data', DS, {}, ...chain.map((der) => xml('X509Certificate', DS, {}, toBase64(der)))),
  );
}

function keyAgreement(share: Share, nonce: Uint8Array): Element {
  return xml(
    'KeyAgreement',
    SEC,
    { length: share.length === undefined ? undefined : String(share.length) },
    method('AgreementMethod', share.algorithm),
    base64('KA-Nonce', nonce),
    xml('DHKeyValue', SEC, {}, xml('Public', SEC, {}, share.value)),
  );
}
