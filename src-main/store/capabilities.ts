import { json } from './columns.ts';
import type { Db } from './database.ts';

/** Verified entity capabilities (XEP-0115): a hash and its `ver` stand for the same features for ever. */
export interface CapabilitiesRepository {
  get(hash: string, ver: string): readonly string[] | undefined;
  /** @param at milliseconds since the epoch, for the purge of what nobody showed for long */
  put(hash: string, ver: string, features: readonly string[], at: number): void;
}

/** Anybody whom we see can show us a new program with every presence. */
const MAX_KEPT = 1_000;

export function capabilitiesRepository(db: Db): CapabilitiesRepository {
  return {
    get: (hash, ver) => {
      const row = db.get('SELECT features FROM capabilities WHERE hash = ? AND ver = ?', hash, ver);
      return row === undefined ? undefined : (json(row, 'features') as string[]);
    },
    put: (hash, ver, features, at) => {
      db.run(
        'INSERT OR REPLACE INTO capabilities (hash, ver, features, at) VALUES (?, ?, ?, ?)',
        hash,
        ver,
        JSON.stringify(features),
        at,
      );
      db.run(
        'DELETE FROM capabilities WHERE (hash, ver) IN (SELECT hash, ver FROM capabilities ORDER BY at DESC LIMIT -1 OFFSET ?)',
        MAX_KEPT,
      );
    },
  };
}
