import type { Element } from '../../xml/element.ts';
import { DS, SEC } from '../crypto/algorithms.ts';
import {
  ANY,
  DEVICE,
  algorithm,
  between,
  element,
  exactly,
  obeys,
  signature,
  transformsFit,
  type Children,
  type ElementLaw,
  type Occurs,
} from '../xmlsec/law.ts';
import { AssociationError, type Step } from './errors.ts';

/**
 * Message law of the exchanges (protocol 5.2, 5.3) as a table: which attributes and children each element has, in which
 * order, how often. It is checked before anything else is read. Structure is exact: what is not named here is `malformed`,
 * and so are prefixed attributes, text between elements, and TAB, CR or LF outside base64 (protocol 1).
 */

const COOKIE = /^[0-9A-F]{32}$/;
const TOKEN = /^[A-Za-z0-9]{1,32}$/;
const MODP_LENGTH = /^(?:3072|4096)$/;

export const MAX_METHODS = 8;
export const MAX_SHARES = 3;
/** Certificates of a chain in an exchange, and octets of their DER in all (protocol 10). */
export const MAX_CERTIFICATES = 8;
export const MAX_CHAIN_OCTETS = 24 * 1024;

const cookie = exactly(1, element(DS, COOKIE));
const chain = exactly(1, element(DS, { X509Certificate: between(1, MAX_CERTIFICATES, element(DS, 'base64')) }));
const device = { attributes: { device: DEVICE } };
/** Who it is from: device, cookie and chain. */
const introduced = exactly(1, element(SEC, { KeyName: cookie, X509Data: chain }, device));
/** {CI} and {CR}: the cookie alone. */
const named = exactly(1, element(SEC, { KeyName: cookie }));
const offered = between(1, MAX_METHODS, algorithm(SEC));
const chosen = exactly(1, algorithm(SEC));
const value = exactly(1, element(SEC, 'base64'));

const association = (step: Step, content: Children): Occurs =>
  exactly(1, element(SEC, content, { attributes: { step, version: '1', id: TOKEN, initiator: ANY, responder: ANY } }));

const share = element(
  SEC,
  {
    AgreementMethod: exactly(1, algorithm(SEC)),
    'KA-Nonce': value,
    DHKeyValue: exactly(1, element(SEC, { Public: exactly(1, element(SEC, 'base64')) })),
  },
  { optional: { length: MODP_LENGTH } },
);
const once = exactly(1, signature);

export const law: Readonly<Record<Step, ElementLaw>> = {
  // AM1  I -> R: cookie, chain of I, the offer, Ni and shares, signature
  AM1: element(SEC, {
    SecurityAssociation: association('AM1', {
      OriginatorKeyInfo: introduced,
      EncryptionMethod: offered,
      DigestMethod: offered,
      SignatureMethod: offered,
    }),
    KeyAgreement: between(1, MAX_SHARES, share),
    Signature: once,
  }),
  // AM2  I <- R: both cookies, chain of R, the choice, TH_1, Nr and share, signature
  AM2: element(SEC, {
    SecurityAssociation: association('AM2', {
      OriginatorKeyInfo: named,
      RecipientKeyInfo: introduced,
      EncryptionMethod: chosen,
      DigestMethod: chosen,
      SignatureMethod: chosen,
      DigestValue: value,
    }),
    KeyAgreement: exactly(1, share),
    Signature: once,
  }),
  // AM3  I -> R: both cookies, TH_2, HASH_I, signature
  AM3: element(SEC, {
    SecurityAssociation: association('AM3', {
      OriginatorKeyInfo: named,
      RecipientKeyInfo: named,
      DigestValue: value,
      Authenticator: value,
    }),
    Signature: once,
  }),
  // AM4  I <- R: both cookies, HASH_R
  AM4: element(SEC, {
    SecurityAssociation: association('AM4', { OriginatorKeyInfo: named, RecipientKeyInfo: named, Authenticator: value }),
  }),
};

/**
 * Holds a query against the law of one step.
 * @throws AssociationError `malformed`
 */
export function checkLaw(query: Element, step: Step): void {
  if (query.name !== 'query' || !obeys(query, law[step]) || !transformsFit(query))
    throw new AssociationError('malformed', { step });
}

/** The step that a query says it is, for choosing the law; undefined for none of ours. */
export function stepOf(query: Element): Step | undefined {
  const step = query.child('SecurityAssociation', SEC)?.attr('step');
  return step !== undefined && Object.hasOwn(law, step) ? (step as Step) : undefined;
}
