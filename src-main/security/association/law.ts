import type { Element } from '../../xml/element.ts';
import { DS, ENVELOPED_SIGNATURE, EXC, SEC, SHA256 } from '../crypto/algorithms.ts';
import { AssociationError, type Step } from './errors.ts';

/**
 * Message law of the exchanges (protocol 5.2, 5.3) as a table: which attributes and children each element has, in which
 * order, how often. It is checked before anything else is read. Structure is exact: what is not named here is `malformed`,
 * and so are prefixed attributes, text between elements, and TAB, CR or LF outside base64 (protocol 1).
 */

type AttributeLaw = RegExp | string;

interface ElementLaw {
  readonly ns: string;
  /** Every one is there, unless `optional` has it. A string is the only value, a pattern what the value must match. */
  readonly attributes: Readonly<Record<string, AttributeLaw>>;
  readonly optional: Readonly<Record<string, AttributeLaw>>;
  /** Children in this order; or text (a pattern); or base64, in which white space may stand. */
  readonly content: Children | RegExp | 'base64';
}

interface Occurs {
  readonly min: number;
  readonly max: number;
  readonly law: ElementLaw;
}

type Children = Readonly<Record<string, Occurs>>;

const exactly = (times: number, law: ElementLaw): Occurs => ({ min: times, max: times, law });
const between = (min: number, max: number, law: ElementLaw): Occurs => ({ min, max, law });

interface Attributes {
  readonly attributes?: Readonly<Record<string, AttributeLaw>>;
  readonly optional?: Readonly<Record<string, AttributeLaw>>;
}
const element = (
  ns: string,
  content: ElementLaw['content'],
  { attributes = {}, optional = {} }: Attributes = {},
): ElementLaw => ({
  ns,
  attributes,
  optional,
  content,
});

/** Any text, on one line. */
const ANY = /^[^\t\r\n]*$/;
const COOKIE = /^[0-9A-F]{32}$/;
const DEVICE = /^[0-9A-F]{16}$/;
const TOKEN = /^[A-Za-z0-9]{1,32}$/;
const MODP_LENGTH = /^(?:3072|4096)$/;

export const MAX_METHODS = 8;
export const MAX_SHARES = 3;
/** Certificates of a chain in an exchange, and octets of their DER in all (protocol 10). */
export const MAX_CERTIFICATES = 8;
export const MAX_CHAIN_OCTETS = 24 * 1024;

const algorithm = (ns: string, uri: AttributeLaw = ANY): ElementLaw => element(ns, {}, { attributes: { Algorithm: uri } });

// <Signature>: the one shape of 5.3. A method or an FP that does not fit is a bad signature, not a bad structure.
const signature = element(DS, {
  SignedInfo: exactly(
    1,
    element(DS, {
      CanonicalizationMethod: exactly(1, algorithm(DS, EXC)),
      SignatureMethod: exactly(1, algorithm(DS)),
      Reference: exactly(
        1,
        element(
          DS,
          {
            Transforms: exactly(1, element(DS, { Transform: exactly(2, algorithm(DS)) })),
            DigestMethod: exactly(1, algorithm(DS, SHA256)),
            DigestValue: exactly(1, element(DS, 'base64')),
          },
          { attributes: { URI: '' } },
        ),
      ),
    }),
  ),
  SignatureValue: exactly(1, element(DS, 'base64')),
  KeyInfo: exactly(1, element(DS, { KeyName: exactly(1, element(DS, ANY)) })),
});
const TRANSFORMS = [ENVELOPED_SIGNATURE, EXC];

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

/** The two transforms of 5.3, in their order: the one thing that a count does not say. */
function transformsFit(query: Element): boolean {
  const transforms = query.child('Signature', DS)?.child('SignedInfo')?.child('Reference')?.child('Transforms')?.elements() ?? [];
  return transforms.every((transform, i) => transform.attr('Algorithm') === TRANSFORMS[i]);
}

function obeys(el: Element, rule: ElementLaw): boolean {
  return el.ns === rule.ns && el.foreign.length === 0 && attributesFit(el, rule) && contentFits(el, rule.content);
}

function attributesFit(el: Element, { attributes, optional }: ElementLaw): boolean {
  let known = 0;
  for (const [name, rule] of Object.entries(attributes)) {
    if (!valueFits(el.attr(name), rule)) return false;
    known++;
  }
  for (const [name, rule] of Object.entries(optional)) {
    const written = el.attr(name);
    if (written === undefined) continue;
    if (!valueFits(written, rule)) return false;
    known++;
  }
  return Object.keys(el.attrs).length === known;
}

function valueFits(written: string | undefined, rule: AttributeLaw): boolean {
  if (written === undefined) return false;
  return typeof rule === 'string' ? written === rule : rule.test(written);
}

function contentFits(el: Element, content: ElementLaw['content']): boolean {
  if (content === 'base64') return el.children.every((c) => typeof c === 'string');
  if (content instanceof RegExp) return el.children.every((c) => typeof c === 'string') && content.test(el.text());
  let at = 0;
  for (const [name, { min, max, law: rule }] of Object.entries(content)) {
    let times = 0;
    for (; times < max; times++, at++) {
      const child = el.children[at];
      if (child === undefined || typeof child === 'string' || child.name !== name || !obeys(child, rule)) break;
    }
    if (times < min) return false;
  }
  return at === el.children.length;
}
