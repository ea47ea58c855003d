import type { DeviceId, Fingerprint, SealingId } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';
import { checkChain, readCertificate, type Certificate } from '../pki/certificate.ts';
import { PkiError } from '../pki/errors.ts';
import { xml, type Element } from '../xml/element.ts';
import { DS, DS11, SEC } from './crypto/algorithms.ts';
import { fromBase64, hexUpper, toBase64 } from './crypto/encoding.ts';
import { CryptoError } from './crypto/errors.ts';
import { sha256 } from './crypto/hash.ts';
import * as x25519 from './crypto/x25519.ts';
import { dateOf, parseDate } from './date.ts';
import { c14n } from './xmlsec/c14n.ts';
import { XmlsecError } from './xmlsec/errors.ts';
import { ANY, between, DEVICE, element, exactly, obeys, signature, transformsFit } from './xmlsec/law.ts';
import { forDocuments, signEnveloped, verifyEnveloped, type SigningCredential } from './xmlsec/signature.ts';

/**
 * Credential bundles (protocol 4): what a device publishes of itself, signed by its credential. Reading one yields what
 * its signature covered, and nothing is said yet about trust.
 */

const DAY = 86_400_000;
/** `notAfter` is exactly this long after `issued`. */
export const BUNDLE_LIFE = 30 * DAY;
/** An `issued` further in the future is refused. */
const MAX_AHEAD = DAY;
export const MAX_BUNDLE_OCTETS = 16 * 1024;
const MAX_CERTIFICATES = 4;
/** Names in `Vouched` and in `Revoked`. */
export const MAX_NAMES = 32;

export interface SealingKey {
  readonly sid: SealingId;
  /** 32 octets. */
  readonly publicRaw: Uint8Array;
}

interface Statement {
  readonly jid: BareJid;
  readonly device: DeviceId;
  /** Milliseconds since the epoch, whole seconds. */
  readonly issued: number;
  readonly sealing: SealingKey;
  /** Credentials of the same bare JID that the signer answers for, and that are withdrawn. */
  readonly vouched: readonly Fingerprint[];
  readonly revoked: readonly Fingerprint[];
}

export interface BundleDraft extends Omit<Statement, 'sealing'> {
  readonly sealingPublic: Uint8Array;
}

export interface Bundle extends Statement {
  readonly fp: Fingerprint;
  /** End entity first; each is certified by the next. */
  readonly chain: readonly Certificate[];
  /** Nothing is sealed to it later. */
  readonly notAfter: number;
}

export type BundleErrorCode =
  /** Structure, sizes, JID, device, dates, SID. */
  | 'malformed'
  | 'bad-signature'
  /** The certificate's key or the chain. */
  | 'untrusted-credential'
  /** Issued before one of the same device that is known. */
  | 'outdated';

/** A bundle is to be ignored and reported (protocol 4). */
export class BundleError extends Error {
  readonly code: BundleErrorCode;

  constructor(code: BundleErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'BundleError';
    this.code = code;
  }
}

const FP = /^[0-9A-F]{64}$/;
const names = between(0, 1, element(SEC, { KeyName: between(1, MAX_NAMES, element(DS, FP)) }));
const certificates = element(DS, { X509Certificate: between(1, MAX_CERTIFICATES, element(DS, 'base64')) });
const law = element(
  SEC,
  {
    KeyInfo: exactly(1, element(DS, { KeyName: exactly(1, element(DS, FP)), X509Data: exactly(1, certificates) })),
    SealingKey: exactly(
      1,
      element(SEC, { DEREncodedKeyValue: exactly(1, element(DS11, 'base64')) }, { attributes: { id: /^[0-9A-F]{16}$/ } }),
    ),
    Vouched: names,
    Revoked: names,
    Signature: exactly(1, signature),
  },
  { attributes: { jid: ANY, device: DEVICE, issued: ANY, notAfter: ANY } },
);

/** SID: the first 16 hex digits of the SHA-256 of the X25519 SubjectPublicKeyInfo. */
export function sealingIdOf(publicRaw: Uint8Array): SealingId {
  return hexUpper(sha256(x25519.toSpki(publicRaw))).slice(0, 16) as SealingId;
}

/**
 * The signed bundle of a device. Certificates that are too many or too large are left out from the end of the chain.
 * @throws BundleError `malformed` where even the end entity alone is too large
 */
export function makeBundle(draft: BundleDraft, credential: SigningCredential): Element {
  for (let length = Math.min(MAX_CERTIFICATES, credential.chain.length); length > 0; length--) {
    const bundle = signEnveloped(write(draft, credential.fp, credential.chain.slice(0, length)), forDocuments(credential), {
      mode: 'prefix-free',
    });
    if (octetsOf(bundle) <= MAX_BUNDLE_OCTETS) return bundle;
  }
  throw new BundleError('malformed');
}

function write(draft: BundleDraft, fp: Fingerprint, chain: readonly Uint8Array[]): Element {
  const { jid, device, issued, sealingPublic, vouched, revoked } = draft;
  const named = (name: string, fps: readonly Fingerprint[]): Element | undefined =>
    fps.length === 0 ? undefined : xml(name, SEC, {}, ...fps.map((other) => xml('KeyName', DS, {}, other)));
  // From whole seconds, so that the two dates are exactly 30 days apart.
  const since = Math.floor(issued / 1_000) * 1_000;
  return xml(
    'KeyTransport',
    SEC,
    { jid, device, issued: dateOf(since), notAfter: dateOf(since + BUNDLE_LIFE) },
    xml(
      'KeyInfo',
      DS,
      {},
      xml('KeyName', DS, {}, fp),
      xml('X509Data', DS, {}, ...chain.map((der) => xml('X509Certificate', DS, {}, toBase64(der)))),
    ),
    xml(
      'SealingKey',
      SEC,
      { id: sealingIdOf(sealingPublic) },
      xml('DEREncodedKeyValue', DS11, {}, toBase64(x25519.toSpki(sealingPublic))),
    ),
    named('Vouched', vouched),
    named('Revoked', revoked),
  );
}

export interface BundleReader {
  /** Whose node or presence it came from. */
  readonly owner: BareJid;
  /** The item's id, where it is one. */
  readonly item?: string;
  readonly now: number;
  /** `issued` of the newest bundle known of this (jid, fp, device): it never goes backwards. */
  readonly newest: (fp: Fingerprint, device: DeviceId) => number | undefined;
}

/**
 * Verifies a bundle.
 * @throws BundleError
 */
export function readBundle(bundle: Element, { owner, item, now, newest }: BundleReader): Bundle {
  check(bundle.is('KeyTransport', SEC) && obeys(bundle, law) && transformsFit(bundle));
  check(octetsOf(bundle) <= MAX_BUNDLE_OCTETS);
  const claimed = read(bundle);
  check(claimed.jid === owner && (item === undefined || item === claimed.device));
  check(claimed.notAfter === claimed.issued + BUNDLE_LIFE && claimed.issued <= now + MAX_AHEAD);

  const [endEntity] = claimed.chain;
  const certificate = trusting(() => readCertificate(endEntity ?? new Uint8Array(0)));
  if (certificate.fp !== claimed.fp) throw new BundleError('bad-signature');
  // Read again from the octets that were signed, and nothing but those.
  const { chain: ders, ...signed } = read(verify(bundle, certificate));
  const chain = trusting(() => {
    const all = [certificate, ...ders.slice(1).map(readCertificate)];
    checkChain(all);
    return all;
  });
  if (signed.issued < (newest(signed.fp, signed.device) ?? -Infinity)) throw new BundleError('outdated');
  return { ...signed, chain };
}

function verify(bundle: Element, { fp, publicKey }: Certificate): Element {
  try {
    return verifyEnveloped(bundle, { fp, publicKey }, { name: 'KeyTransport', ns: SEC }, { mode: 'prefix-free' }).content;
  } catch (cause) {
    if (cause instanceof XmlsecError) throw new BundleError(cause.code === 'bad-signature' ? cause.code : 'malformed', { cause });
    throw cause;
  }
}

/** What it says, its structure being checked; only `sealing` is looked into further. */
function read(bundle: Element): Omit<Bundle, 'chain'> & { readonly chain: readonly Uint8Array[] } {
  const { jid = '', device, issued, notAfter } = bundle.attrs;
  const keyInfo = bundle.child('KeyInfo', DS);
  const sealing = bundle.child('SealingKey');
  const dates = [issued, notAfter].map((date) => parseDate(date ?? ''));
  const [since, until] = dates;
  if (since === undefined || until === undefined) throw new BundleError('malformed');
  // The law has the pattern of each name; the JID is compared with its prepared owner.
  const fps = (name: string): Fingerprint[] =>
    (bundle.child(name)?.childrenOf('KeyName', DS) ?? []).map((el) => el.text() as Fingerprint);
  return {
    jid: jid as BareJid,
    device: device as DeviceId,
    issued: since,
    notAfter: until,
    fp: (keyInfo?.childText('KeyName') ?? '') as Fingerprint,
    chain: (keyInfo?.child('X509Data')?.childrenOf('X509Certificate') ?? []).map((el) => octets(el.text())),
    sealing: readSealing(sealing?.attr('id'), octets(sealing?.childText('DEREncodedKeyValue', DS11) ?? '')),
    vouched: fps('Vouched'),
    revoked: fps('Revoked'),
  };
}

/** Any private key tells a public one of low order, with which no secret would come about (protocol 2). */
const probe = x25519.importPrivate(new Uint8Array(32).fill(1)).privateKey;

function readSealing(sid: string | undefined, spki: Uint8Array): SealingKey {
  try {
    const publicRaw = x25519.fromSpki(spki);
    x25519.derive(probe, publicRaw).fill(0);
    const own = sealingIdOf(publicRaw);
    check(own === sid);
    return { sid: own, publicRaw };
  } catch (cause) {
    if (cause instanceof CryptoError) throw new BundleError('malformed', { cause });
    throw cause;
  }
}

function octets(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    if (cause instanceof CryptoError) throw new BundleError('malformed', { cause });
    throw cause;
  }
}

function octetsOf(bundle: Element): number {
  try {
    return Buffer.byteLength(c14n(bundle));
  } catch (cause) {
    if (cause instanceof XmlsecError) throw new BundleError('malformed', { cause });
    throw cause;
  }
}

function trusting<T>(of: () => T): T {
  try {
    return of();
  } catch (cause) {
    if (cause instanceof PkiError) throw new BundleError('untrusted-credential', { cause });
    throw cause;
  }
}

function check(holds: boolean): void {
  if (!holds) throw new BundleError('malformed');
}
