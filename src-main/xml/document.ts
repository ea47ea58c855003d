import { hasLoneSurrogate } from './chars.ts';
import type { Element } from './element.ts';
import { XmlError } from './errors.ts';
import { DEFAULT_LIMITS, type XmlLimits } from './limits.ts';
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
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
  } catch {
    throw new XmlError('invalid-utf8');
  }
}
