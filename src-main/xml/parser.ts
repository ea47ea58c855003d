import type { Refusal } from './errors.ts';
import { DEFAULT_LIMITS, type XmlLimits } from './limits.ts';
import { Interrupted, StreamReader, type StreamHandlers } from './stream-reader.ts';

export { parseDocument, type DocumentOptions } from './document.ts';

/**
 * The strict, namespace-aware parser of an XMPP stream (RFC 6120 §11): restricted XML in UTF-8, bounded, in linear time
 * however the octets are cut. Everything wrong is an {@link XmlError}; after one the parser only throws it again.
 */
export class StreamParser {
  readonly #handlers: StreamHandlers;
  readonly #limits: XmlLimits;
  #onRefused: ((error: Refusal) => void) | undefined;
  #stream: StreamReader;
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

  #begin(): StreamReader {
    return new StreamReader(this.#handlers, this.#limits, this.#onRefused);
  }
}
