/** Where a jump can lead: conversations first, then contacts without one, then places. Pure. */

import type { BareJid } from '../../src-shared/jid.ts';
import type { Contact, Conversation } from '../../src-shared/models.ts';
import { displayName, folded } from '../lib/names.ts';
import type { Place } from './app.svelte.ts';

export type Target =
  | { readonly kind: 'person'; readonly key: string; readonly jid: BareJid; readonly name: string }
  | { readonly kind: 'place'; readonly key: string; readonly place: Place; readonly name: string };

const LIMIT = 30;
const PLACES: readonly Place[] = ['chats', 'contacts', 'certificates', 'settings'];

/** What matches at the start of a word comes first, newest conversations before the rest. */
export function targetsOf(
  query: string,
  conversations: readonly Conversation[],
  contacts: readonly Contact[],
  places: Record<Place, string>,
): readonly Target[] {
  const words = folded(query.trim());
  const seen = new Set<BareJid>();
  const people: Target[] = [];
  for (const { jid, name } of [...conversations, ...contacts]) {
    if (seen.has(jid)) continue;
    seen.add(jid);
    people.push({ kind: 'person', key: jid, jid, name: displayName(jid, name) });
  }
  const all: readonly Target[] = [
    ...people,
    ...PLACES.map((place): Target => ({ kind: 'place', key: `place ${place}`, place, name: places[place] })),
  ];
  if (words === '') return all.slice(0, LIMIT);
  const rank = (target: Target): number => {
    const name = folded(target.name);
    if (name.startsWith(words)) return 0;
    if (name.includes(` ${words}`)) return 1;
    return name.includes(words) || (target.kind === 'person' && target.jid.includes(words)) ? 2 : 3;
  };
  return all
    .map((target) => ({ target, rank: rank(target) }))
    .filter((r) => r.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, LIMIT)
    .map((r) => r.target);
}
