import { SaxesParser } from 'saxes';
import { XmlError } from './errors.ts';
import type { StartTag } from './tree.ts';

/** What the restricted XML of RFC 6120 §11 leaves of the SAX events. */
export interface SaxHandlers {
  /** The XML declaration, which is in order. */
  declaration(): void;
  open(tag: StartTag): void;
  /** Called before it is known whether the end tag's name fits: {@link Sax} fails right after if not. */
  close(): void;
  text(text: string): void;
  cdata(text: string): void;
  /** Called before an error is thrown that lies after everything told so far. */
  beforeError(): void;
}

export interface Sax {
  write(text: string): void;
  /** Ends the document. */
  end(): void;
  /** UTF-16 units read of all that was written. */
  readonly position: number;
}

/**
 * saxes in strict mode. It goes on after an error unless its handler throws, it takes XML 1.1 unless 1.0 is forced, and
 * it has no limits. Namespaces are resolved by TreeBuilder: saxes' look-up climbs all ancestors, and it trims their names.
 */
export function createSax(handlers: SaxHandlers, xmlDeclaration: boolean): Sax {
  const parser = new SaxesParser({ xmlns: false, position: false, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  const restricted = () => {
    handlers.beforeError();
    throw new XmlError('restricted-xml');
  };
  parser.on('error', (error) => {
    const { message } = error;
    // A wrong end tag is found after its element was told as closed; what it closed must not be used.
    if (message !== 'unexpected close tag.') handlers.beforeError();
    if (message === 'undefined entity.') throw new XmlError('restricted-xml');
    if (message === 'text data outside of root node.') throw new XmlError('stray-text');
    throw new XmlError('not-well-formed');
  });
  parser.on('comment', restricted);
  parser.on('processinginstruction', restricted);
  parser.on('doctype', restricted);
  parser.on('xmldecl', ({ version, encoding }) => {
    if (!xmlDeclaration || version !== '1.0') throw new XmlError('restricted-xml');
    if (encoding !== undefined && encoding.toLowerCase() !== 'utf-8') throw new XmlError('unsupported-encoding');
    handlers.declaration();
  });
  parser.on('opentag', (tag) => {
    handlers.open(tag);
  });
  parser.on('closetag', () => {
    handlers.close();
  });
  parser.on('text', (text) => {
    handlers.text(text);
  });
  parser.on('cdata', (text) => {
    handlers.cdata(text);
  });
  return {
    write: (text) => void parser.write(text),
    end: () => void parser.close(),
    get position() {
      return parser.position;
    },
  };
}
