/**
 * The one XML tree of the engine: what the strict parser builds, what stanzas and signed elements are made of.
 *
 * Every element carries its resolved namespace, so that an element taken out of its document means the same as in it.
 * (The `@xmpp/xml` element resolves a namespace by climbing to its parents; a detached element then changes meaning,
 * which a signature must never survive.) Elements are immutable once built; there are no parent pointers.
 */

/** An attribute in a namespace (`xml:lang`). Attributes without one live in {@link Element.attrs}. */
export interface ForeignAttribute {
  readonly prefix: string;
  readonly ns: string;
  readonly name: string;
  readonly value: string;
}

export type Node = Element | string;

const NO_FOREIGN: readonly ForeignAttribute[] = [];

export class Element {
  /** Local name. */
  readonly name: string;
  /** Namespace URI, '' for none. */
  readonly ns: string;
  /** Attributes in no namespace; a null-prototype record, `xmlns` declarations are not among them. */
  readonly attrs: Readonly<Record<string, string>>;
  /** Elements and text in document order; adjacent text is one string. */
  readonly children: readonly Node[];
  /** Prefix as written, '' for none. Means nothing outside plain Exclusive C14N of an envelope (protocol 6.2). */
  readonly prefix: string;
  readonly foreign: readonly ForeignAttribute[];

  constructor(
    name: string,
    ns: string,
    attrs: Readonly<Record<string, string>>,
    children: readonly Node[],
    prefix = '',
    foreign: readonly ForeignAttribute[] = NO_FOREIGN,
  ) {
    this.name = name;
    this.ns = ns;
    this.attrs = attrs;
    this.children = children;
    this.prefix = prefix;
    this.foreign = foreign;
  }

  /** True for an element of this name in this namespace. */
  is(name: string, ns: string): boolean {
    return this.name === name && this.ns === ns;
  }

  /** Value of an attribute in no namespace. */
  attr(name: string): string | undefined {
    return this.attrs[name];
  }

  /** Child elements, in order. */
  elements(): Element[] {
    return this.children.filter((c): c is Element => typeof c !== 'string');
  }

  /** First child element of this name; in this element's own namespace unless told. */
  child(name: string, ns: string = this.ns): Element | undefined {
    for (const c of this.children) if (typeof c !== 'string' && c.name === name && c.ns === ns) return c;
    return undefined;
  }

  /** All child elements of this name; in this element's own namespace unless told. */
  childrenOf(name: string, ns: string = this.ns): Element[] {
    return this.elements().filter((c) => c.name === name && c.ns === ns);
  }

  /** Text directly inside this element (text of descendants is not included). */
  text(): string {
    let out = '';
    for (const c of this.children) if (typeof c === 'string') out += c;
    return out;
  }

  /** Text of a direct child, or undefined where there is no such child. */
  childText(name: string, ns: string = this.ns): string | undefined {
    return this.child(name, ns)?.text();
  }

  /** A copy with these attributes set (undefined removes one). */
  withAttrs(changes: Readonly<Record<string, string | undefined>>): Element {
    return new Element(this.name, this.ns, record({ ...this.attrs, ...changes }), this.children, this.prefix, this.foreign);
  }

  /** A copy with these children. */
  withChildren(children: readonly Node[]): Element {
    return new Element(this.name, this.ns, this.attrs, children, this.prefix, this.foreign);
  }
}

function record(attrs: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const out: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [key, value] of Object.entries(attrs)) if (value !== undefined) out[key] = value;
  return out;
}

/**
 * Builds an element without prefixes. Undefined attributes and undefined, null or '' children are left out.
 * @example xml('message', 'jabber:client', { to }, xml('body', 'jabber:client', {}, text))
 */
export function xml(
  name: string,
  ns: string,
  attrs: Readonly<Record<string, string | undefined>> = {},
  ...children: readonly (Node | undefined | null)[]
): Element {
  return new Element(
    name,
    ns,
    record(attrs),
    children.filter((c): c is Node => c !== undefined && c !== null && c !== ''),
  );
}
