/**
 * The roster as the author of some epochs posts it to the room (protocol 8): at epoch 0, each 64th epoch and after a
 * take-over, 200 members a part. Nothing in it is signed: it counts where its hash is the `roster` of that epoch's Charter.
 */

import type { BareJid } from '../../../src-shared/jid.ts';
import { isPreparedBare } from '../../jid/jid.ts';
import { xml, type Element } from '../../xml/element.ts';
import { SEC } from '../crypto/algorithms.ts';
import { ANY, between, element, obeys } from '../xmlsec/law.ts';
import { EPOCH, memberAttributes, readMember, writeMember } from './charter.ts';
import { RoomError } from './errors.ts';
import { MAX_DEVICES, membersOf, rosterHash, rosterOf, type Member, type Roster } from './roster.ts';

const A_PART = 200;
const MAX_PARTS = MAX_DEVICES / A_PART;
const PART = /^[1-9][0-9]{0,2}$/;
/** Epochs between two posts. */
const EACH = 64;

export interface RosterPart {
  readonly room: BareJid;
  readonly epoch: number;
  readonly part: number;
  readonly of: number;
  readonly members: readonly Member[];
}

/** Whether the author of this Charter posts the roster. */
export const rosterIsDue = (epoch: number, tookOver: boolean): boolean => epoch % EACH === 0 || tookOver;

/** One element a part, each for a message of its own. */
export function writeRoster(room: BareJid, epoch: number, roster: Roster): Element[] {
  const members = [...membersOf(roster)];
  const of = Math.ceil(members.length / A_PART);
  return Array.from({ length: of }, (_, i) =>
    xml(
      'Roster',
      SEC,
      { room, epoch: String(epoch), part: String(i + 1), of: String(of) },
      ...members.slice(i * A_PART, (i + 1) * A_PART).map((member) => writeMember('Member', member)),
    ),
  );
}

const law = element(
  SEC,
  { Member: between(1, A_PART, element(SEC, {}, { attributes: memberAttributes })) },
  { attributes: { room: ANY, epoch: EPOCH, part: PART, of: PART } },
);

/** @throws RoomError `malformed` */
export function readRosterPart(el: Element): RosterPart {
  if (!el.is('Roster', SEC) || !obeys(el, law)) throw new RoomError('malformed');
  const room = el.attr('room') ?? '';
  const [epoch, part, of] = ['epoch', 'part', 'of'].map((name) => Number(el.attr(name)));
  if (!isPreparedBare(room) || epoch === undefined || part === undefined || of === undefined) throw new RoomError('malformed');
  if (part > of || of > MAX_PARTS) throw new RoomError('malformed');
  return { room, epoch, part, of, members: el.elements().map(readMember) };
}

/**
 * The roster that these parts make; undefined where one is missing, a slot stands twice, or the hash is not the Charter's.
 * @param parts of one epoch, in any order; a part may be there more than once
 */
export function assembleRoster(parts: readonly RosterPart[], height: number, hash: string): Roster | undefined {
  const whole = new Map(parts.map((part) => [part.part, part]));
  const [of] = [...whole.values()].map((part) => part.of);
  if (of === undefined || whole.size !== of || [...whole.values()].some((part) => part.of !== of)) return undefined;
  const members = [...whole.values()].flatMap((part) => part.members);
  if (new Set(members.map(({ slot }) => slot)).size !== members.length) return undefined;
  if (members.some(({ slot }) => slot >= 2 ** height)) return undefined;
  const roster = rosterOf(height, members);
  return rosterHash(roster) === hash ? roster : undefined;
}
