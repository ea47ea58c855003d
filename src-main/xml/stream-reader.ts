import { skipWhiteSpace } from './chars.ts';
import type { Element } from './element.ts';
import { Refusal, XmlError } from './errors.ts';
import { MAX_SKIPPED, type XmlLimits } from './limits.ts';
import { readPlain } from './plain.ts';
import { createSax, type Sax, type SaxHandlers } from './sax.ts';
import { TreeBuilder, type StartTag } from './tree.ts';
import { Utf8Reader } from './utf8.ts';

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
export class Interrupted extends Error {}

/**
 * One stream's state. The unit whose octets are bounded is a start tag of the root, then each stanza. A stanza of the plain
 * form that comes whole is read the short way (plain.ts); saxes reads everything else.
 */
export class StreamReader implements SaxHandlers {
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
  /** What is being read, and where it begins: in UTF-16 units written to saxes, and in octets of the stream. */
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

    const before = this.#chunkOctets;
    const read = this.#between ? this.#readBetween(text, size) : 0;
    if (read < text.length) this.#parse(read === 0 ? text : text.slice(read), size - (this.#chunkOctets - before));
    if (this.#utf8.broken) throw new XmlError('invalid-utf8');
  }

  #take(chunk: string, octets: number): void {
    this.#chunk = chunk;
    this.#ascii = chunk.length === octets;
    this.#markIndex = 0;
    this.#markOctets = this.#chunkOctets;
    this.#endIndex = -1;
  }

  /**
   * White space between stanzas, and whole stanzas of the plain form, of which saxes sees nothing. Gives the index of what is
   * left to it.
   */
  #readBetween(text: string, octets: number): number {
    this.#take(text, octets);
    let at = skipWhiteSpace(text, 0);
    while (at < text.length) {
      const plain = this.#root === 'open' ? readPlain(text, at, this.#tree.defaultNs, this.#limits) : undefined;
      if (plain === undefined) {
        this.#leaveGap(text, at);
        break;
      }
      this.#endIndex = plain.end;
      this.#handlers.onStanza(plain.element);
      if (this.abandoned) throw new Interrupted();
      at = skipWhiteSpace(text, plain.end);
    }
    this.#chunkOctets = this.#octetsAt(at);
    this.#unitOctets = this.#chunkOctets;
    this.#chunk = '';
    return at;
  }

  #parse(chunk: string, octets: number): void {
    this.#take(chunk, octets);
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
