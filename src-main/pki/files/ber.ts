/**
 * Reading BER (X.690) for the containers that other programs write: PKCS#12, PKCS#7 and encrypted keys come with indefinite
 * lengths and strings in pieces. asn1js reads the values; the functions here say what one is expected to be. What is
 * compared by its octets (certificates, revocation lists) is read by ../der.ts instead, which takes one spelling only.
 */

import { fromBER, type BaseBlock } from 'asn1js';
import { concat } from '../../security/crypto/encoding.ts';
import { oidOf, Tag } from '../der.ts';
import { PkiError } from '../errors.ts';
import { MAX_DEPTH, MAX_FILE_OCTETS, MAX_NODES } from './limits.ts';

/** One value: its class and number, its octets as they came, and what is inside. */
export interface Ber {
  /** Identifier octet as DER would write it, e.g. 0x30 for a SEQUENCE, 0xa0 for [0] constructed; tag numbers under 31. */
  readonly tag: number;
  /** The whole encoding. */
  readonly raw: Uint8Array;
  /** Contents of a primitive value; empty for a constructed one. */
  readonly value: Uint8Array;
  readonly children: readonly Ber[];
}

const damaged = (): PkiError => new PkiError('damaged');

/**
 * The one value that `octets` are. Throws `damaged` where they are none or go on after it, `file-too-large` beyond the
 * bounds of limits.ts.
 */
export function readBer(octets: Uint8Array): Ber {
  if (octets.length > MAX_FILE_OCTETS) throw new PkiError('file-too-large');
  const { result, offset } = parse(octets);
  if (/node count/.test(result.error)) throw new PkiError('file-too-large');
  if (offset !== octets.length) throw damaged();
  return berOf(result);
}

function parse(octets: Uint8Array): ReturnType<typeof fromBER> {
  const bounds = { maxDepth: MAX_DEPTH, maxNodes: MAX_NODES, maxContentLength: MAX_FILE_OCTETS, parseEmbedded: false };
  try {
    return fromBER(octets, bounds);
  } catch (cause) {
    // It reads times at once, and throws where one is none.
    throw new PkiError('damaged', { cause });
  }
}

function berOf(block: BaseBlock): Ber {
  const raw = block.valueBeforeDecodeView;
  const [tag] = raw;
  if (tag === undefined || (tag & 0x1f) === 0x1f) throw damaged();
  if (!block.idBlock.isConstructed)
    return { tag, raw, value: raw.subarray(block.idBlock.blockLength + block.lenBlock.blockLength), children: [] };
  const { value } = block.valueBlock as { readonly value?: unknown };
  return { tag, raw, value: NOTHING, children: Array.isArray(value) ? (value as BaseBlock[]).map(berOf) : [] };
}

const NOTHING = new Uint8Array();

/** Of this tag, else `damaged`. */
export function expectBer(ber: Ber | undefined, tag: number): Ber {
  if (ber?.tag !== tag) throw damaged();
  return ber;
}

/** What is inside a SEQUENCE (or what else `tag` says). Throws `damaged`. */
export function inside(ber: Ber | undefined, tag: number = Tag.sequence): readonly Ber[] {
  return expectBer(ber, tag).children;
}

/** The one value inside `[number] EXPLICIT`. Throws `damaged`. */
export function explicit(ber: Ber | undefined, number: number): Ber {
  const [only, ...rest] = inside(ber, 0xa0 | number);
  if (only === undefined || rest.length > 0) throw damaged();
  return only;
}

/** Dotted form of an OBJECT IDENTIFIER. Throws `damaged`. */
export function oidIn(ber: Ber | undefined): string {
  return oidOf(expectBer(ber, Tag.oid).value);
}

/** Contents of an OCTET STRING, in one piece or in several; `tag` where it is tagged implicitly. Throws `damaged`. */
export function octetsIn(ber: Ber | undefined, tag: number = Tag.octetString): Uint8Array {
  if (ber === undefined) throw damaged();
  if (ber.tag === tag) return ber.value;
  expectBer(ber, tag | CONSTRUCTED);
  return concat(...ber.children.map((piece) => octetsIn(piece)));
}

const CONSTRUCTED = 0x20;

/** A whole number from 0 on; one of over 6 octets is answered as Infinity, since no use of it is within any bound. Throws `damaged`. */
export function numberIn(ber: Ber | undefined): number {
  const { value } = expectBer(ber, Tag.integer);
  if (value.length === 0 || (value[0] ?? 0x80) >= 0x80) throw damaged();
  const significant = value.subarray(value.findIndex((octet) => octet !== 0));
  if (value.every((octet) => octet === 0)) return 0;
  return significant.length > 6 ? Infinity : significant.reduce((n, octet) => n * 256 + octet, 0);
}

/** The algorithm and the parameters of an AlgorithmIdentifier (RFC 5280, 4.1.1.2). Throws `damaged`. */
export function algorithmIn(ber: Ber | undefined): { readonly oid: string; readonly parameters: Ber | undefined } {
  const [algorithm, parameters, ...rest] = inside(ber);
  if (rest.length > 0) throw damaged();
  return { oid: oidIn(algorithm), parameters };
}
