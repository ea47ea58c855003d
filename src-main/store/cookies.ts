import type { Cookie } from '../../src-shared/ids.ts';
import type { Db } from './database.ts';

const HOUR = 3_600_000;

/** The CKYi seen in the last hour (protocol 5.1): kept here so that a restart does not reopen the door to a replay. */
export interface CookiesRepository {
  seen(cky: Cookie, now: number): boolean;
  add(cky: Cookie, now: number): void;
}

export function cookiesRepository(db: Db): CookiesRepository {
  return {
    // A cookie from the future (the clock was set back) counts as seen.
    seen: (cky, now) => db.get('SELECT 1 AS seen FROM cookies WHERE cky = ? AND at > ?', cky, now - HOUR) !== undefined,
    add: (cky, now) => {
      db.run('INSERT INTO cookies (cky, at) VALUES (?, ?) ON CONFLICT (cky) DO UPDATE SET at = max(at, excluded.at)', cky, now);
    },
  };
}
