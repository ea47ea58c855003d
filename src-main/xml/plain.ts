import { Element, type Node } from './element.ts';
import type { XmlLimits } from './limits.ts';
import { NS_XML, NS_XMLNS } from './namespaces.ts';

/**
 * The short way for what nearly all documents and stanzas are made of: names in ASCII without prefixes, quoted attributes,
 * text, default declarations, and no references. It reads no other XML and reports nothing: whatever is not of this form,
 * wrong or only unusual, is left to the strict parser, which alone decides. What it reads is what the strict parser would have
 * read (test/fuzz/xml-plain.test.ts holds the two against each other).
 */

/** Characters that are illegal, that are normalised (CR) or that begin a reference. Surrogates are known to be in pairs. */
const NOT_PLAIN = /[\0-\x08\x0b-\x1f&\ufffe\uffff]/;
/** In a value: what may not stand there, and what would be read as a space. */
const NOT_IN_VALUE = /[<\t\n]/;

const START = 1;
const PART = 2;
/** What an ASCII character may be in a name: begin it (which is a part too), go on with it, or neither. */
const NAME = Uint8Array.from({ length: 128 }, (_, c) => {
  const char = String.fromCharCode(c);
  if (/[A-Za-z_]/.test(char)) return START;
  return /[-.0-9]/.test(char) ? PART : 0;
});
const nameClass = (code: number): number => (code < 128 ? (NAME[code] ?? 0) : 0);

const SPACE = 0x20;
const SLASH = 0x2f;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const DOUBLE = 0x22;
const SINGLE = 0x27;

const NO_ATTRIBUTES: Readonly<Record<string, string>> = Object.freeze(Object.create(null) as Record<string, string>);

/** An element that is still open: its children are being added. */
interface Open {
  readonly element: Element;
  readonly children: Node[];
}

/** The end of the name that begins at `at`, or `at` where none does. */
function nameEnd(text: string, at: number): number {
  if (nameClass(text.charCodeAt(at)) !== START) return at;
  let end = at + 1;
  while (nameClass(text.charCodeAt(end)) !== 0) end++;
  return end;
}

/** An element, and the index after it. */
export interface Plain {
  readonly element: Element;
  readonly end: number;
}

/**
 * The root of a document of the plain form, without anything around it; undefined for all else.
 * @param text well-formed UTF-16, within the limit of octets
 */
export function parsePlain(text: string, limits: XmlLimits): Element | undefined {
  const read = readPlain(text, 0, '', limits);
  return read?.end === text.length ? read.element : undefined;
}

/**
 * The whole element of the plain form that begins at `from`; undefined where there is none, or not all of it.
 * @param text well-formed UTF-16, from there on within the limit of octets
 * @param outerNs the default namespace around it
 */
export function readPlain(text: string, from: number, outerNs: string, limits: XmlLimits): Plain | undefined {
  const read = readTags(text, from, outerNs, limits);
  if (read === undefined) return undefined;
  const whole = text.slice(from, read.end);
  return NOT_PLAIN.test(whole) || whole.includes(']]>') ? undefined : read;
}

/** The same, characters not looked at one by one. */
function readTags(text: string, from: number, outerNs: string, limits: XmlLimits): Plain | undefined {
  const open: Open[] = [];
  let parent: Open | undefined;
  let count = 0;
  let at = from;
  while (text.charCodeAt(at) === LESS) {
    at++;
    if (parent !== undefined && text.charCodeAt(at) === SLASH) {
      const end: number = at + 1 + parent.element.name.length;
      if (!text.startsWith(parent.element.name, at + 1) || text.charCodeAt(end) !== GREATER) return undefined;
      at = end + 1;
      const closed: Open = parent;
      open.pop();
      parent = open.at(-1);
      if (parent === undefined) return { element: closed.element, end: at };
    } else {
      // a start tag: its name, then attributes and the declaration, each after one space
      const named = nameEnd(text, at);
      if (named === at || open.length >= limits.depth || ++count > limits.elements) return undefined;
      const name = text.slice(at, named);
      at = named;
      let ns: string = parent === undefined ? outerNs : parent.element.ns;
      let attrs = NO_ATTRIBUTES;
      let written: Record<string, string> | undefined;
      let declared = false;
      let attributes = 0;
      while (text.charCodeAt(at) === SPACE) {
        const end = nameEnd(text, at + 1);
        const quote = text.charCodeAt(end + 1);
        if (end === at + 1 || text.charCodeAt(end) !== EQUALS || (quote !== DOUBLE && quote !== SINGLE)) return undefined;
        const close = text.indexOf(quote === DOUBLE ? '"' : "'", end + 2);
        if (close < 0 || ++attributes > limits.attributes) return undefined;
        const key = text.slice(at + 1, end);
        const value = text.slice(end + 2, close);
        if (NOT_IN_VALUE.test(value)) return undefined;
        if (key === 'xmlns') {
          if (declared || value === NS_XML || value === NS_XMLNS || value.trim() !== value) return undefined;
          declared = true;
          ns = value;
        } else {
          if (written === undefined) attrs = written = Object.create(null) as Record<string, string>;
          else if (key in written) return undefined;
          written[key] = value;
        }
        at = close + 1;
      }
      const empty = text.charCodeAt(at) === SLASH;
      if (empty) at++;
      if (text.charCodeAt(at) !== GREATER) return undefined;
      at++;
      const children: Node[] = [];
      const element: Element = new Element(name, ns, attrs, children);
      if (parent !== undefined) parent.children.push(element);
      if (!empty) {
        parent = { element, children };
        open.push(parent);
      } else if (parent === undefined) {
        return { element, end: at };
      }
    }
    if (text.charCodeAt(at) !== LESS) {
      const end = text.indexOf('<', at);
      if (end < 0) return undefined;
      parent.children.push(text.slice(at, end));
      at = end;
    }
  }
  return undefined;
}
