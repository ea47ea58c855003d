import type { Element } from './element.ts';
import type { XmlLimits } from './limits.ts';

/** What a stream parser tells, in document order. A handler may call `stop` or `reset`. */
export interface StreamHandlers {
  /** The stream's root: its name, namespace and attributes; it never has children. */
  onOpen(root: Element): void;
  /** One complete child of the root. */
  onStanza(stanza: Element): void;
  /** The root was closed. */
  onClose(): void;
}

export declare class StreamParser {
  constructor(handlers: StreamHandlers, limits?: Partial<XmlLimits>);
  write(octets: Uint8Array): void;
  stop(): void;
  reset(): void;
  get pending(): boolean;
}

export interface DocumentOptions {
  readonly limits?: Partial<XmlLimits>;
  /** CDATA sections: read as text, or refused (the default). */
  readonly cdata?: 'text' | 'refuse';
  /** Whether an XML declaration may stand at the very start; refused unless told. */
  readonly xmlDeclaration?: boolean;
}

export declare function parseDocument(input: Uint8Array | string, options?: DocumentOptions): Element;
