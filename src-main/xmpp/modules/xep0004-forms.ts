/** XEP-0004, as far as other XEPs need it: fields with values, read and submitted. */

import { type Element, xml } from '../../xml/element.ts';

export const NS_FORMS = 'jabber:x:data';

const MAX_FIELDS = 200;
const MAX_VALUES = 200;
const MAX_TEXT = 8192;

export interface Field {
  readonly name: string;
  readonly type: string | undefined;
  readonly values: readonly string[];
}

export interface DataForm {
  /** The value of the hidden field FORM_TYPE (XEP-0068); undefined where it is missing or not hidden. */
  readonly formType: string | undefined;
  /** All fields but FORM_TYPE, in order. */
  readonly fields: readonly Field[];
  /** Not what a form of a FORM_TYPE may be: several of them, or several values (XEP-0115 §5.4, 3.5). */
  readonly illFormed: boolean;
}

/** Reads `<x xmlns='jabber:x:data'/>` of any type; undefined where it is something else or out of bounds. */
export function readDataForm(x: Element): DataForm | undefined {
  if (!x.is('x', NS_FORMS)) return undefined;
  const elements = x.childrenOf('field').filter((f) => f.attr('var') !== undefined);
  if (elements.length > MAX_FIELDS) return undefined;
  const fields = elements.map((field): Field => {
    const values = field.childrenOf('value').map((value) => value.text());
    return { name: field.attr('var') ?? '', type: field.attr('type'), values };
  });
  for (const { name, values } of fields) {
    if (values.length > MAX_VALUES || [name, ...values].some((text) => Buffer.byteLength(text) > MAX_TEXT)) return undefined;
  }
  const types = fields.filter((field) => field.name === 'FORM_TYPE');
  // In a form of type `submit` or `result` FORM_TYPE need not be marked as hidden (XEP-0068 §4).
  const [type] = types.filter((field) => field.type === 'hidden' || (field.type === undefined && x.attr('type') === 'submit'));
  return {
    formType: type?.values[0],
    fields: fields.filter((field) => field.name !== 'FORM_TYPE'),
    illFormed: types.length > 1 || new Set(types[0]?.values).size > 1,
  };
}

/** A form of type `submit`. */
export function submitForm(formType: string, values: Readonly<Record<string, string>>): Element {
  const field = (name: string, value: string, type?: string): Element =>
    xml('field', NS_FORMS, { var: name, type }, xml('value', NS_FORMS, {}, value));
  return xml(
    'x',
    NS_FORMS,
    { type: 'submit' },
    field('FORM_TYPE', formType, 'hidden'),
    ...Object.entries(values).map(([name, value]) => field(name, value)),
  );
}
