import { skipWhiteSpace } from './chars.ts';
import type { Element } from './element.ts';
import { Refusal, XmlError } from './errors.ts';
import { DEFAULT_LIMITS, MAX_SKIPPED, type XmlLimits } from './limits.ts';
import { createSax, type Sax, type SaxHandlers } from './sax.ts';
import { TreeBuilder, type StartTag } from './tree.ts';
import { Utf8Reader } from './utf8.ts';

export { parseDocument, type DocumentOptions } from './document.ts';

/** What a stream parser tells, in document order. A handler may call `stop` or `reset`. */
export interface StreamHandlers {
  /** The stream's root: its name, namespace and attributes; it never has children. */
  onOpen(root: Element): void;
  /** One complete child of the root. */
  onStanza(stanza: Element): void;
  /** The root was closed. */
  onClose(): void;
}

/** Parsed at once. */
const SLICE = 64 * 1024;
const BYTE_ORDER_MARK = 0xfeff;

/** Thrown through the SAX library to leave it when a handler stopped or reset the parser. */
class Interrupted extends Error {}

/**
 * The strict, namespace-aware parser of an XMPP stream (RFC 6120 §11): restricted XML in UTF-8, bounded, in linear time
 * however the octets are cut. Everything wrong is an {@link XmlError}; after one the parser only throws it again.
 */
export class StreamParser {
  readonly #handlers: StreamHandlers;
  readonly #limits: XmlLimits;
  #onRefused: ((error: Refusal) => void) | undefined;
  #stream: Stream;
  #stopped = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(handlers: StreamHandlers, limits: Partial<XmlLimits> = {}) {
    this.#handlers = handlers;
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#stream = this.#begin();
  }

  /**
   * Reads octets; handlers are called before it returns. What a handler throws comes out of here and ends the parser too.
   * @throws XmlError
   */
  write(octets: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    if (this.#stopped) return;
    try {
      this.#stream.write(octets);
    } catch (error) {
      if (error instanceof Interrupted) return;
      this.#failure = { error };
      throw error;
    }
  }

  /**
   * From now on a stanza that is refused ({@link Refusal}) is read over, unless it has more than 4 MiB, and told here in its
   * place instead of ending everything: a server sends again what was not acknowledged, so that one message of a stranger
   * would keep us from ever signing in.
   */
  skipRefused(onRefused: (error: Refusal) => void): void {
    this.#onRefused = onRefused;
    this.#stream.onRefused = onRefused;
  }

  /** Ignores what is left of the current write, and all later ones until `reset`. */
  stop(): void {
    this.#stopped = true;
    this.#stream.abandoned = true;
  }

  /** A new stream, as after STARTTLS and SASL: nothing buffered survives, nor does what is left of the current write. */
  reset(): void {
    this.#stream.abandoned = true;
    this.#stream = this.#begin();
    this.#stopped = false;
    this.#failure = undefined;
  }

  /**
   * True while octets wait that belong to no finished stanza: an unfinished one, or, seen from within a handler, more
   * of the current write. White space between stanzas does not count. False once stopped or reset.
   */
  get pending(): boolean {
    return !this.#stopped && this.#stream.pending;
  }

  #begin(): Stream {
    return new Stream(this.#handlers, this.#limits, this.#onRefused);
  }
}

/** One stream's state. The unit whose octets are bounded is a start tag of the root, then each stanza. */
class Stream implements SaxHandlers {
  /** Set by stop and reset: the handlers are told nothing more. */
  abandoned = false;
  onRefused: ((error: Refusal) => void) | undefined;
  /** The stanza that is being read over, and how many of its elements are open. */
  #skipped: { readonly error: Refusal; depth: number } | undefined;
  /** The unit has more octets than it may. */
  #tooLarge = false;
  readonly #handlers: StreamHandlers;
  readonly #limits: XmlLimits;
  readonly #tree: TreeBuilder;
  readonly #sax: Sax;
  readonly #utf8 = new Utf8Reader();
  #root: 'awaited' | 'open' | 'closed' = 'awaited';
  /** A call to a handler that waits until the SAX library has accepted the end tag (see sax.ts). */
  #due: (() => void) | undefined;
  /** Something else than white space was read. */
  #begun = false;
  /** Nothing but white space since the last stanza or the root's start tag: saxes sees none of what follows it. */
  #between = false;

  /** Octets of the current write that were not looked at yet. */
  #unread = 0;
  /** What saxes is reading, and where it begins: in UTF-16 units written to saxes, and in octets of the stream. */
  #chunk = '';
  #chunkUnits = 0;
  #chunkOctets = 0;
  #ascii = true;
  /** An index into the chunk and the octets before it, so that they are counted once only. */
  #markIndex = 0;
  #markOctets = 0;
  /** Where the current unit began, in octets of the stream, and where in the chunk the last one ended, or -1. */
  #unitOctets = 0;
  #endIndex = -1;

  constructor(handlers: StreamHandlers, limits: XmlLimits, onRefused?: (error: Refusal) => void) {
    this.#handlers = handlers;
    this.#limits = limits;
    this.onRefused = onRefused;
    this.#tree = new TreeBuilder(limits);
    this.#sax = createSax(this, true);
  }

  get pending(): boolean {
    if (this.#unread > 0 || this.#utf8.held > 0) return true;
    // Between writes the chunk is empty, and all that is unfinished is in saxes.
    if (this.#chunk === '') return !this.#between && this.#chunkOctets > 0;
    return this.#endIndex < 0 || skipWhiteSpace(this.#chunk, this.#endIndex) < this.#chunk.length;
  }

  write(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      // Never more than the unit may still have, so that what is too large is too large before it is anything else.
      const room = this.#room();
      const end = Math.min(at + SLICE, at + room, octets.length);
      this.#unread = octets.length - end;
      this.#read(at === 0 && end === octets.length ? octets : octets.subarray(at, end));
      at = end;
    }
  }

  #room(): number {
    const used = this.#chunkOctets + this.#utf8.held - this.#unitOctets;
    if (!this.#tooLarge && used >= this.#limits.octets) {
      const error = new Refusal('too-large');
      if (this.onRefused === undefined || this.#root !== 'open') throw error;
      this.#tooLarge = true;
      // Within its first start tag nothing is open yet.
      if (this.#depth > 0) this.#skip(error, this.#depth);
    }
    const room = (this.#tooLarge ? MAX_SKIPPED : this.#limits.octets) - used;
    if (room <= 0) throw new XmlError('too-large');
    return room;
  }

  /** Elements open below the root, built or read over. */
  get #depth(): number {
    return this.#skipped?.depth ?? this.#tree.depth;
  }

  /** The stanza is read over from here on, with `depth` elements of it open. */
  #skip(error: Refusal, depth: number): void {
    this.#skipped ??= { error, depth };
    this.#tree.abandon();
  }

  #read(octets: Uint8Array): void {
    const held = this.#utf8.held;
    const text = this.#utf8.read(octets);
    const size = held + octets.length - this.#utf8.held;
    if (this.#chunkOctets === 0 && text.charCodeAt(0) === BYTE_ORDER_MARK) throw new XmlError('not-well-formed');
    if (!this.#begun) {
      const first = skipWhiteSpace(text, 0);
      this.#begun = first < text.length;
      if (this.#begun) this.#leaveGap(text, first);
    }

    let skipped = 0;
    if (this.#between) {
      skipped = skipWhiteSpace(text, 0);
      this.#chunkOctets += skipped;
      this.#unitOctets = this.#chunkOctets;
      if (skipped < text.length) this.#leaveGap(text, skipped);
    }
    if (skipped < text.length) this.#parse(skipped === 0 ? text : text.slice(skipped), size - skipped);
    if (this.#utf8.broken) throw new XmlError('invalid-utf8');
  }

  #parse(chunk: string, octets: number): void {
    this.#chunk = chunk;
    this.#ascii = chunk.length === octets;
    this.#markIndex = 0;
    this.#markOctets = this.#chunkOctets;
    this.#endIndex = -1;
    this.#sax.write(chunk);
    this.#settle();
    this.#chunkUnits += chunk.length;
    this.#chunkOctets += octets;
    const gapOpen = this.#endIndex >= 0 && !this.#checkGap();
    this.#chunk = '';
    if (gapOpen) {
      this.#between = true;
      this.#unitOctets = this.#chunkOctets;
    }
  }

  /** True where the gap after the unit that ended last is over in this chunk; only a '<' may end it. */
  #checkGap(): boolean {
    if (this.#endIndex < 0) return false;
    const after = skipWhiteSpace(this.#chunk, this.#endIndex);
    if (after === this.#chunk.length) return false;
    this.#leaveGap(this.#chunk, after);
    return true;
  }

  #leaveGap(text: string, at: number): void {
    if (text.charCodeAt(at) !== 0x3c) throw new XmlError('stray-text');
    this.#between = false;
  }

  // SaxHandlers

  declaration(): void {
    this.#endUnit();
  }

  open(tag: StartTag): void {
    this.#settle();
    if (this.#root === 'open') {
      this.#endIndex = -1;
      this.#openInside(tag);
    } else {
      const root = this.#tree.openRoot(tag);
      this.#root = 'open';
      this.#endUnit();
      this.#due = () => {
        this.#handlers.onOpen(root);
      };
    }
  }

  #openInside(tag: StartTag): void {
    if (this.#skipped !== undefined) {
      this.#skipped.depth++;
      return;
    }
    const depth = this.#tree.depth + 1;
    if (this.#tooLarge) {
      this.#skip(new Refusal('too-large'), depth);
      return;
    }
    try {
      this.#tree.open(tag);
    } catch (error) {
      if (!(error instanceof Refusal) || this.onRefused === undefined) throw error;
      this.#skip(error, depth);
    }
  }

  /** The end of an element that is read over; with the last one the stream goes on. */
  #closeSkipped(skipped: { readonly error: Refusal; depth: number }): void {
    skipped.depth--;
    if (skipped.depth > 0) return;
    this.#skipped = undefined;
    this.#endUnit();
    this.#due = () => this.onRefused?.(skipped.error);
  }

  close(): void {
    if (this.#skipped !== undefined) {
      this.#closeSkipped(this.#skipped);
    } else if (this.#tree.depth > 0) {
      const stanza = this.#tree.close();
      if (stanza === undefined) return;
      this.#endUnit();
      this.#due = () => {
        this.#handlers.onStanza(stanza);
      };
    } else {
      this.#settle();
      this.#root = 'closed';
      this.#endUnit();
      this.#due = () => {
        this.#handlers.onClose();
      };
    }
  }

  text(text: string): void {
    this.#settle();
    if (this.#skipped !== undefined) return;
    this.#tree.text(text);
    if (this.#tree.depth > 0) return;
    // White space between stanzas belongs to none, and a reference to white space is none. saxes tells it with the '<'.
    this.#checkGap();
    this.#unitOctets = this.#octetsAt(this.#index() - 1);
  }

  cdata(text: string): void {
    this.#settle();
    if (this.#skipped !== undefined) return;
    if (this.#tree.depth === 0) throw new XmlError('stray-text');
    this.#tree.text(text);
  }

  beforeError(): void {
    this.#settle();
    this.#checkGap();
  }

  #settle(): void {
    const due = this.#due;
    if (due === undefined) return;
    this.#due = undefined;
    due();
    if (this.abandoned) throw new Interrupted();
  }

  #endUnit(): void {
    this.#tooLarge = false;
    this.#endIndex = this.#index();
    this.#unitOctets = this.#octetsAt(this.#endIndex);
  }

  /** Where saxes stands in the chunk. */
  #index(): number {
    return this.#sax.position - this.#chunkUnits;
  }

  #octetsAt(index: number): number {
    if (this.#ascii) return this.#chunkOctets + index;
    this.#markOctets += Buffer.byteLength(this.#chunk.slice(this.#markIndex, index));
    this.#markIndex = index;
    return this.#markOctets;
  }
}
