/** Reads typed columns off a row. A column of another type is damage, never a guess. */

import { SignetError } from '../../src-shared/errors.ts';
import type { Row } from './database.ts';

const damaged = (column: string): SignetError => new SignetError('store-damaged', { cause: new TypeError(`column ${column}`) });

/** Text; the caller says which branded or literal type it is that we ourselves wrote there. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw damaged(column);
  return value;
}

export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw damaged(column);
  return value;
}

export const flag = (row: Row, column: string): boolean => integer(row, column) !== 0;

/** Octets, in an array of their own. */
export function octets(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw damaged(column);
  return Uint8Array.from(value);
}

export const optionalText = (row: Row, column: string): string | undefined =>
  row[column] === null ? undefined : text(row, column);

export const optionalInteger = (row: Row, column: string): number | undefined =>
  row[column] === null ? undefined : integer(row, column);

/** JSON that this program wrote. */
export function json(row: Row, column: string): unknown {
  try {
    return JSON.parse(text(row, column)) as unknown;
  } catch (error) {
    throw new SignetError('store-damaged', { cause: error });
  }
}

/** An object without the properties that are undefined, as exact optional properties want it. */
export function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

/** Certificates one after another, each behind its length in 4 octets. */
export function packAll(items: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(item.length);
      return [length, item];
    }),
  );
}

export function unpackAll(row: Row, column: string): Uint8Array[] {
  const packed = Buffer.from(octets(row, column));
  const items: Uint8Array[] = [];
  for (let at = 0; at < packed.length;) {
    if (at + 4 > packed.length) throw damaged(column);
    const end = at + 4 + packed.readUInt32BE(at);
    if (end > packed.length) throw damaged(column);
    items.push(Uint8Array.from(packed.subarray(at + 4, end)));
    at = end;
  }
  return items;
}
