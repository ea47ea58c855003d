/**
 * The gate of the contract: only plain data crosses it, in either direction. A copy is made of what passes, so neither
 * side holds the other's objects; class instances (a Secret, a Buffer, an Error, a Map), functions, cycles and accessors
 * are refused.
 */

export interface PlainBounds {
  /** Strings and keys, in UTF-16 code units, all together. */
  readonly characters: number;
  /** Values of every kind, all together. */
  readonly values: number;
  readonly depth: number;
}

export type PlainFault = 'not-plain' | 'too-large' | 'too-deep';

/** Says what kind of thing was refused; never what it held. */
export class PlainError extends Error {
  readonly fault: PlainFault;

  constructor(fault: PlainFault) {
    super(fault);
    this.name = 'PlainError';
    this.fault = fault;
  }
}

interface Budget {
  characters: number;
  values: number;
}

function spend(budget: Budget, characters: number): void {
  budget.characters -= characters;
  if (budget.characters < 0) throw new PlainError('too-large');
}

function copy(value: unknown, budget: Budget, depth: number): unknown {
  budget.values -= 1;
  if (budget.values < 0) throw new PlainError('too-large');
  if (value === null || value === undefined || typeof value === 'boolean') return value;
  if (typeof value === 'number') {
    // NaN and the infinities have no form in JSON, so the headless host would turn them into null.
    if (!Number.isFinite(value)) throw new PlainError('not-plain');
    return value;
  }
  if (typeof value === 'string') {
    spend(budget, value.length);
    return value;
  }
  if (typeof value !== 'object') throw new PlainError('not-plain');
  // A cycle ends here too.
  if (depth === 0) throw new PlainError('too-deep');
  return Array.isArray(value) ? copyArray(value, budget, depth) : copyObject(value, budget, depth);
}

function copyArray(array: readonly unknown[], budget: Budget, depth: number): unknown[] {
  // Before the loop: a sparse array of length 2^32 costs nothing to send.
  if (array.length > budget.values) throw new PlainError('too-large');
  return Array.from(array, (item) => copy(item, budget, depth - 1));
}

function copyObject(object: object, budget: Budget, depth: number): Record<string, unknown> {
  const prototype: unknown = Object.getPrototypeOf(object);
  // A foreign realm's Object.prototype is the one whose own prototype is null (vm contexts, jsdom).
  const plain = prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
  if (!plain || Object.getOwnPropertySymbols(object).length > 0) throw new PlainError('not-plain');
  const out: Record<string, unknown> = {};
  for (const [key, property] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
    if (property.enumerable !== true || !('value' in property) || key === '__proto__') throw new PlainError('not-plain');
    spend(budget, key.length);
    if (property.value !== undefined) out[key] = copy(property.value, budget, depth - 1);
  }
  return out;
}

/**
 * A copy of plain data; properties that are undefined are left out.
 * @throws PlainError where it is not plain or exceeds the bounds
 */
export function plainCopy(value: unknown, bounds: PlainBounds): unknown {
  return copy(value, { characters: bounds.characters, values: bounds.values }, bounds.depth);
}
