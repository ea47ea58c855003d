import type { Db } from './database.ts';
import { integer, text } from './columns.ts';

/** Single values that belong to no noun: the instance of protocol 6.5, settings, markers. */
export interface MetaRepository {
  text(name: string): string | undefined;
  number(name: string): number | undefined;
  set(name: string, value: string | number): void;
  remove(name: string): void;
  /** Adds one to a number (0 where there is none) and answers the new one. */
  increment(name: string): number;
}

export function metaRepository(db: Db): MetaRepository {
  const read = (name: string) => db.get('SELECT value FROM meta WHERE name = ?', name);
  return {
    text: (name) => {
      const row = read(name);
      return row === undefined ? undefined : text(row, 'value');
    },
    number: (name) => {
      const row = read(name);
      return row === undefined ? undefined : integer(row, 'value');
    },
    set: (name, value) => {
      db.run('INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, value);
    },
    remove: (name) => {
      db.run('DELETE FROM meta WHERE name = ?', name);
    },
    increment: (name) => {
      db.run('INSERT INTO meta (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1', name);
      const row = read(name);
      return row === undefined ? 0 : integer(row, 'value');
    },
  };
}
