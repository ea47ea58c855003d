/**
 * Law as a table (style rule 4): which attributes and children an element has, in which order, how often, checked before
 * anything in it is read. Structure is exact: what is not named breaks the law, and so do prefixed attributes and text
 * between elements (protocol 1).
 */

import type { Element } from '../../xml/element.ts';
import { DS, ENVELOPED_SIGNATURE, EXC, SHA256 } from '../crypto/algorithms.ts';

export type AttributeLaw = RegExp | string;

/** The law of one element. */
export interface ElementLaw {
  readonly ns: string;
  /** Every one is there, unless `optional` has it. A string is the only value, a pattern what the value must match. */
  readonly attributes: Readonly<Record<string, AttributeLaw>>;
  readonly optional: Readonly<Record<string, AttributeLaw>>;
  /** Children in this order; or text (a pattern); or base64, in which white space may stand. */
  readonly content: Children | RegExp | 'base64';
}

/** How often a child may stand. */
export interface Occurs {
  readonly min: number;
  readonly max: number;
  readonly law: ElementLaw;
}

/** Children by name, in this order. */
export type Children = Readonly<Record<string, Occurs>>;

export const exactly = (times: number, law: ElementLaw): Occurs => ({ min: times, max: times, law });
export const between = (min: number, max: number, law: ElementLaw): Occurs => ({ min, max, law });

interface Attributes {
  readonly attributes?: Readonly<Record<string, AttributeLaw>>;
  readonly optional?: Readonly<Record<string, AttributeLaw>>;
}
export const element = (
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
export const ANY = /^[^\t\r\n]*$/;
export const DEVICE = /^[0-9A-F]{16}$/;

/** An empty element that names an algorithm. */
export const algorithm = (ns: string, uri: AttributeLaw = ANY): ElementLaw => element(ns, {}, { attributes: { Algorithm: uri } });

// <Signature>: the one shape of 5.3. A method or an FP that does not fit is a bad signature, not a bad structure.
const keyName = exactly(1, element(DS, ANY));
const signatureWith = (keyInfo: Children): ElementLaw =>
  element(DS, {
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
    KeyInfo: exactly(1, element(DS, keyInfo)),
  });

export const signature = signatureWith({ KeyName: keyName });
/** In envelopes and Charters KeyInfo goes on with X509Data, the end-entity certificate alone. */
export const signatureX509 = signatureWith({
  KeyName: keyName,
  X509Data: exactly(1, element(DS, { X509Certificate: exactly(1, element(DS, 'base64')) })),
});
const TRANSFORMS = [ENVELOPED_SIGNATURE, EXC];

/** Whether an element, if it has a Signature, has the two transforms of 5.3 in their order: what a count does not say. */
export function transformsFit(el: Element): boolean {
  const transforms = el.child('Signature', DS)?.child('SignedInfo')?.child('Reference')?.child('Transforms')?.elements() ?? [];
  return transforms.every((transform, i) => transform.attr('Algorithm') === TRANSFORMS[i]);
}

/** Whether an element, whose name the caller has checked, is exactly as its law says. */
export function obeys(el: Element, rule: ElementLaw): boolean {
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
