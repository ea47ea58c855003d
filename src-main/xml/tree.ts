import { isNcName, isWhiteSpace } from './chars.ts';
import { Element, type ForeignAttribute, type Node } from './element.ts';
import { Refusal, XmlError } from './errors.ts';
import type { XmlLimits } from './limits.ts';
import { NS_XML, NS_XMLNS } from './namespaces.ts';

/**
 * What an element declared, on top of what its ancestors did. Elements without declarations share their parent's scope, so
 * a look-up climbs at most `depth` scopes.
 */
interface Scope {
  readonly parent: Scope | undefined;
  readonly defaultNs: string;
  readonly prefixes: ReadonlyMap<string, string> | undefined;
}

const TOP: Scope = { parent: undefined, defaultNs: '', prefixes: undefined };
const NO_FOREIGN: readonly ForeignAttribute[] = [];

/** An element that is still open: its children are being added. */
interface Open {
  readonly element: Element;
  readonly children: Node[];
  readonly scope: Scope;
}

/** A start tag as the SAX library gives it, without namespaces resolved. The record has no prototype and is ours to change. */
export interface StartTag {
  readonly name: string;
  readonly attributes: Record<string, string>;
}

/** Resolves namespaces (XML Names 1.0), holds the limits and builds {@link Element}s. Throws XmlError. */
export class TreeBuilder {
  readonly #limits: XmlLimits;
  readonly #open: Open[] = [];
  #base: Scope = TOP;
  #count = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
  }

  /** Elements open below the stream's root. */
  get depth(): number {
    return this.#open.length;
  }

  /** The default namespace around a stream's stanzas. */
  get defaultNs(): string {
    return this.#base.defaultNs;
  }

  /** The root of a stream: its declarations hold for all stanzas, but it is no part of any. */
  openRoot(tag: StartTag): Element {
    const { element, scope } = this.#element(tag, TOP);
    this.#base = scope;
    return element;
  }

  open(tag: StartTag): void {
    const parent = this.#open.at(-1);
    if (parent === undefined) this.#count = 0;
    if (this.#open.length >= this.#limits.depth) throw new Refusal('too-deep');
    if (++this.#count > this.#limits.elements) throw new Refusal('too-many-elements');
    const opened = this.#element(tag, parent?.scope ?? this.#base);
    parent?.children.push(opened.element);
    this.#open.push(opened);
  }

  /** Forgets what is open. */
  abandon(): void {
    this.#open.length = 0;
  }

  /** Closes the innermost element; gives it where it was the outermost. */
  close(): Element | undefined {
    const closed = this.#open.pop();
    return this.#open.length === 0 ? closed?.element : undefined;
  }

  /** Adds text to the innermost element; outside of all only white space may be. */
  text(text: string): void {
    const children = this.#open.at(-1)?.children;
    if (children === undefined) {
      if (!isWhiteSpace(text)) throw new XmlError('stray-text');
      return;
    }
    if (text === '') return;
    const last = children.length - 1;
    const before = children[last];
    if (typeof before === 'string') children[last] = before + text;
    else children.push(text);
  }

  #element(tag: StartTag, outer: Scope): Open {
    const { attributes, name } = tag;
    let count = 0;
    let declarations: string[] | undefined;
    let prefixed: string[] | undefined;
    for (const key in attributes) {
      count++;
      if (key === 'xmlns' || key.startsWith('xmlns:')) (declarations ??= []).push(key);
      else if (key.includes(':')) (prefixed ??= []).push(key);
    }
    if (count > this.#limits.attributes) throw new Refusal('too-many-attributes');
    const scope = declarations === undefined ? outer : declare(declarations, attributes, outer);
    const foreign = prefixed === undefined ? NO_FOREIGN : resolveAttributes(prefixed, attributes, scope);

    const colon = name.indexOf(':');
    const children: Node[] = [];
    if (colon < 0) return { element: new Element(name, scope.defaultNs, attributes, children, '', foreign), children, scope };
    const [prefix, local] = splitName(name, colon);
    // The namespace of xml:lang has no elements, and cannot be written without the prefix that servers drop.
    if (prefix === 'xml') throw new Refusal('not-well-formed');
    return { element: new Element(local, lookUp(prefix, scope), attributes, children, prefix, foreign), children, scope };
  }
}

/** Takes the declarations out of the attributes. */
function declare(keys: readonly string[], attributes: Record<string, string>, outer: Scope): Scope {
  let { defaultNs } = outer;
  let prefixes: Map<string, string> | undefined;
  for (const key of keys) {
    const uri = attributes[key] ?? '';
    // No URI has white space around it; a reader that trims would see another namespace.
    if (uri.trim() !== uri) throw new Refusal('not-well-formed');
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- saxes' records are dictionaries already
    delete attributes[key];
    if (key === 'xmlns') {
      if (uri === NS_XML || uri === NS_XMLNS) throw new Refusal('not-well-formed');
      defaultNs = uri;
    } else {
      const [, prefix] = splitName(key, 5);
      // XML Names 1.0, section 3: xml may only be bound to its name, and nothing else to it; xmlns to nothing; none undone.
      if (prefix === 'xmlns' || uri === '' || uri === NS_XMLNS || (prefix === 'xml') !== (uri === NS_XML))
        throw new XmlError('not-well-formed');
      (prefixes ??= new Map()).set(prefix, uri);
    }
  }
  return prefixes === undefined
    ? { parent: outer.prefixes === undefined ? outer.parent : outer, defaultNs, prefixes: undefined }
    : { parent: outer, defaultNs, prefixes };
}

/** Takes the prefixed attributes out of the others. */
function resolveAttributes(keys: readonly string[], attributes: Record<string, string>, scope: Scope): ForeignAttribute[] {
  const foreign: ForeignAttribute[] = [];
  for (const key of keys) {
    const [prefix, name] = splitName(key, key.indexOf(':'));
    const ns = lookUp(prefix, scope);
    if (foreign.some((other) => other.name === name && other.ns === ns)) throw new XmlError('not-well-formed');
    foreign.push({ prefix, ns, name, value: attributes[key] ?? '' });
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- as above
    delete attributes[key];
  }
  return foreign;
}

/** Both parts of a prefixed name must be names of their own; the SAX library only saw that the whole is one. */
function splitName(name: string, colon: number): readonly [prefix: string, local: string] {
  const prefix = name.slice(0, colon);
  const local = name.slice(colon + 1);
  if (prefix === '' || !isNcName(local)) throw new XmlError('not-well-formed');
  return [prefix, local];
}

function lookUp(prefix: string, innermost: Scope): string {
  if (prefix === 'xml') return NS_XML;
  for (let scope: Scope | undefined = innermost; scope !== undefined; scope = scope.parent) {
    const uri = scope.prefixes?.get(prefix);
    if (uri !== undefined) return uri;
  }
  throw new XmlError('not-well-formed');
}
