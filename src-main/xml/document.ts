import { isUtf8 } from 'node:buffer';
import { hasLoneSurrogate } from './chars.ts';
import type { Element } from './element.ts';
import { XmlError } from './errors.ts';
import { DEFAULT_LIMITS, type XmlLimits } from './limits.ts';
import { parsePlain } from './plain.ts';
import { createSax } from './sax.ts';
import { TreeBuilder } from './tree.ts';

export interface DocumentOptions {
  readonly limits?: Partial<XmlLimits>;
  /** CDATA sections: read as text, or refused (the default). */
  readonly cdata?: 'text' | 'refuse';
  /** Whether an XML declaration may stand at the very start; refused unless told. */
  readonly xmlDeclaration?: boolean;
}

const BYTE_ORDER_MARK = 0xfeff;

/**
 * Reads one whole document: a decrypted envelope, a signed element, a bundle. The same XML as in a stream (RFC 6120 §11).
 * White space around the root is allowed, as XML has it.
 * @throws XmlError
 */
export function parseDocument(input: Uint8Array | string, options: DocumentOptions = {}): Element {
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const text = typeof input === 'string' ? checkString(input, limits) : decode(input, limits);
  return parsePlain(text, limits) ?? parseStrictly(text, limits, options);
}

/** The whole of XML that is taken; decides on everything that is wrong. Exported to be held against the short way. */
export function parseStrictly(text: string, limits: XmlLimits, options: DocumentOptions): Element {
  if (text.charCodeAt(0) === BYTE_ORDER_MARK) throw new XmlError('not-well-formed');

  const tree = new TreeBuilder(limits);
  let root: Element | undefined;
  const sax = createSax(
    {
      open: (tag) => {
        tree.open(tag);
      },
      close: () => {
        root = tree.close() ?? root;
      },
      text: (part) => {
        tree.text(part);
      },
      cdata: (part) => {
        if (options.cdata !== 'text') throw new XmlError('restricted-xml');
        tree.text(part);
      },
      declaration: () => undefined,
      beforeError: () => undefined,
    },
    options.xmlDeclaration === true,
  );
  sax.write(text);
  sax.end();
  if (root === undefined) throw new XmlError('not-well-formed');
  return root;
}

function checkString(text: string, limits: XmlLimits): string {
  if (text.length > limits.octets || Buffer.byteLength(text) > limits.octets) throw new XmlError('too-large');
  if (hasLoneSurrogate(text)) throw new XmlError('invalid-utf8');
  return text;
}

function decode(octets: Uint8Array, limits: XmlLimits): string {
  if (octets.length > limits.octets) throw new XmlError('too-large');
  if (!isUtf8(octets)) throw new XmlError('invalid-utf8');
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString();
}
