/**
 * One device's view of a room (protocol 8): the chain, its own keys, and the epochs that it can speak and read in. Steps
 * are pure and take what came in the room's order.
 *
 *   outside ──Charter adds us──► awaiting ──KeyTransport──► holding ──Charter──► holding …
 *                                   ▲                          │ does not unwrap, confirm fails
 *                                   └──────added again── lost ◄┘            new tree: awaiting; removed: outside
 *
 * What is seen of a fork stops it (`fork`), until an admin adds the device again.
 */

import type { DeviceId, Fingerprint } from '../../../src-shared/ids.ts';
import type { BareJid } from '../../../src-shared/jid.ts';
import { follow, type Chain, type Followed } from './chain.ts';
import type { SignedCharter } from './charter.ts';
import { SERVES_ON, beginEpoch, c16Of, withoutSlots, type Epoch } from './epoch.ts';
import { RoomError, type VoidReason } from './errors.ts';
import type { KeyTree, Written } from './holder.ts';
import { applyToPath, lastStep, type PathKeys, type Stepped } from './path.ts';
import { memberWith, type Member } from './roster.ts';

export interface Self {
  readonly jid: BareJid;
  readonly fp: Fingerprint;
  readonly device: DeviceId;
}

export type Keys =
  /** Not in the roster. */
  | { readonly kind: 'outside' }
  /** The keys come by KeyTransport from the signer of this Charter; the Charters since are applied to them then. */
  | {
      readonly kind: 'awaiting';
      readonly slot: number;
      readonly charter: SignedCharter;
      readonly since: readonly SignedCharter[];
    }
  | { readonly kind: 'path'; readonly path: PathKeys }
  | { readonly kind: 'holder'; readonly slot: number; readonly tree: KeyTree }
  /** In the roster without keys: an admin is asked to remove and add the device. */
  | { readonly kind: 'lost'; readonly slot: number };

/** What was seen that cannot be in one room: the others went on with another Charter. */
export interface Fork {
  readonly seen: 'unknown-epoch' | 'second-charter';
  readonly epoch: number;
}

export interface RoomState {
  readonly self: Self;
  readonly chain: Chain;
  /** The chain before the last Charter: against it a second Charter of the same epoch is held. */
  readonly before?: Chain;
  readonly keys: Keys;
  readonly epoch?: Epoch;
  /** The epoch before, without the slots that the last Charter touched. */
  readonly previous?: Epoch;
  /** Groupchat messages with EncryptedData since the last Charter: after {@link SERVES_ON} of them `previous` is gone. */
  readonly sinceCharter: number;
  /** C_e of valid second Charters, void as they came second. */
  readonly rivals: readonly string[];
  readonly fork?: Fork;
}

export type Outcome =
  | { readonly kind: 'followed'; readonly next: RoomState; readonly followed: Followed; readonly mine?: Written }
  /** Valid, but not the first of its epoch: void, and kept in mind. */
  | { readonly kind: 'rival'; readonly next: RoomState }
  | { readonly kind: 'forked'; readonly next: RoomState }
  | { readonly kind: 'void'; readonly reason: VoidReason };

/** Rival Charters kept in mind. */
const MAX_RIVALS = 16;
/** Charters that are applied to keys once they come; beyond them the keys are lost. */
const MAX_SINCE = 10_000;

/**
 * A Charter as the room delivered it.
 * @param state undefined where none counted yet
 * @param written what this device wrote last and has not seen reflected; used where this is it
 */
export function onCharter(
  state: RoomState | undefined,
  room: BareJid,
  self: Self,
  charter: SignedCharter,
  written?: { readonly c: string; readonly written: Written },
): Outcome {
  let followed: Followed;
  try {
    followed = follow(state?.chain, room, charter);
  } catch (error) {
    return onVoid(state, room, charter, error);
  }
  const { chain, plan } = followed;
  const mine = written?.c === charter.c ? written.written : undefined;
  const stepped = keysAfter(state?.keys ?? { kind: 'outside' }, followed, charter, self, mine);
  // An admin added us again: what was seen before is settled.
  const readded = plan.adds.some((member) => isSelf(member, self));
  const next: RoomState = {
    ...{ self, chain, keys: stepped.keys, rivals: state?.rivals ?? [], sinceCharter: 0 },
    ...(state !== undefined && { before: state.chain }),
    ...(stepped.rk !== undefined && {
      epoch: beginEpoch(stepped.rk, { c: chain.c, epoch: chain.epoch, height: charter.height }),
    }),
    ...(state?.epoch !== undefined && { previous: withoutSlots(state.epoch, touchedBy(charter)) }),
    ...(state?.fork !== undefined && !readded && { fork: state.fork }),
  };
  return { kind: 'followed', next, followed, ...(mine !== undefined && { mine }) };
}

/** Slots that a Charter did not leave alone. */
const touchedBy = ({ removes, adds }: SignedCharter): number[] => [...removes, ...adds.map(({ slot }) => slot)];

/** A Charter that does not count: nothing, a second one of the epoch, or what others went on with. */
function onVoid(state: RoomState | undefined, room: BareJid, charter: SignedCharter, error: unknown): Outcome {
  if (!(error instanceof RoomError)) throw error;
  if (state === undefined) return { kind: 'void', reason: error.code as VoidReason };
  if (state.rivals.includes(charter.previous)) return { kind: 'forked', next: forked(state, 'second-charter') };
  if (charter.c === state.chain.c || charter.epoch !== state.chain.epoch || !wouldHaveCounted(state, room, charter))
    return { kind: 'void', reason: error.code as VoidReason };
  return { kind: 'rival', next: { ...state, rivals: [...state.rivals.slice(1 - MAX_RIVALS), charter.c] } };
}

function wouldHaveCounted({ before }: RoomState, room: BareJid, charter: SignedCharter): boolean {
  try {
    follow(before, room, charter);
    return true;
  } catch (error) {
    if (error instanceof RoomError) return false;
    throw error;
  }
}

export const forked = (state: RoomState, seen: Fork['seen']): RoomState => ({
  ...state,
  fork: state.fork ?? { seen, epoch: state.chain.epoch },
});

interface KeysAfter {
  readonly keys: Keys;
  readonly rk?: Uint8Array;
}

function keysAfter(before: Keys, { chain, plan }: Followed, charter: SignedCharter, self: Self, mine?: Written): KeysAfter {
  const own = memberWith(chain.roster, self.device);
  if (own === undefined || !isSelf(own, self)) return { keys: { kind: 'outside' } };
  const { slot } = own;
  if (mine !== undefined) return { keys: { kind: 'holder', slot, tree: mine.keys }, rk: mine.rk };
  if (plan.newTree || plan.adds.some((member) => member.slot === slot))
    return { keys: { kind: 'awaiting', slot, charter, since: [] } };
  switch (before.kind) {
    case 'awaiting':
      return before.since.length < MAX_SINCE
        ? { keys: { ...before, since: [...before.since, charter] } }
        : { keys: { kind: 'lost', slot } };
    case 'path':
      return holding(slot, () => applyToPath(before.path, charter));
    // A holder's tree is used by nobody else: a Charter of its device that it did not write was a copy's.
    case 'holder':
    case 'lost':
    case 'outside':
      return { keys: { kind: 'lost', slot } };
  }
}

function holding(slot: number, step: () => Stepped): KeysAfter {
  try {
    const { path, rk } = step();
    return { keys: { kind: 'path', path }, rk };
  } catch (error) {
    if (error instanceof RoomError) return { keys: { kind: 'lost', slot } };
    throw error;
  }
}

/** Who sent a KeyTransport, as the message that carried it says, and what is in it. */
export interface Transported {
  readonly from: Pick<Member, 'jid' | 'fp' | 'device'>;
  readonly charter: string;
  readonly tree: string;
  readonly slot: number;
  readonly keys: readonly Uint8Array[];
}

export interface Taken {
  readonly next: RoomState;
  /**
   * The epochs from the KeyTransport's Charter on, in order, for messages that were kept; the last is the current one.
   * `after`: the same for what came after the next Charter, without the slots that it touched.
   */
  readonly epochs: readonly { readonly epoch: Epoch; readonly after?: Epoch }[];
}

/**
 * "A device takes a KeyTransport only for its own slot and the last Charter that added it or began a tree, `charter` being
 * the C_e it saw in the room, only from that Charter's signer …, and only while it lacks those keys." Undefined where it is
 * not taken; where its keys do not fit the Charters, they are lost.
 */
export function onTransport(state: RoomState, transported: Transported): Taken | undefined {
  const { keys } = state;
  if (keys.kind !== 'awaiting' || transported.slot !== keys.slot) return undefined;
  const { charter, since } = keys;
  if (transported.charter !== charter.c || transported.tree !== charter.tree) return undefined;
  if (transported.from.fp !== charter.signer || transported.from.device !== charter.device) return undefined;
  try {
    let { path, rk } = lastStep({ slot: keys.slot, keys: transported.keys }, charter);
    const epochs: { epoch: Epoch; after?: Epoch }[] = [{ epoch: beginEpoch(rk, charter) }];
    for (const later of since) {
      ({ path, rk } = applyToPath(path, later));
      const last = epochs.at(-1);
      if (last !== undefined) last.after = withoutSlots(last.epoch, touchedBy(later));
      epochs.push({ epoch: beginEpoch(rk, later) });
    }
    const current = epochs.at(-1)?.epoch;
    const previous = state.sinceCharter < SERVES_ON ? (epochs.at(-2)?.after ?? state.previous) : undefined;
    const next: RoomState = {
      ...state,
      keys: { kind: 'path', path },
      ...(current !== undefined && { epoch: current }),
      ...(previous !== undefined && { previous }),
    };
    return { next, epochs };
  } catch (error) {
    if (!(error instanceof RoomError)) throw error;
    return { next: { ...state, keys: { kind: 'lost', slot: keys.slot } }, epochs: [] };
  }
}

/** After each groupchat message with EncryptedData, whoever wrote it and whether it opened or not. */
export function onEncrypted(state: RoomState): RoomState {
  const { previous, ...rest } = state;
  const sinceCharter = state.sinceCharter + 1;
  return previous === undefined || sinceCharter >= SERVES_ON ? { ...rest, sinceCharter } : { ...state, sinceCharter };
}

/** The epoch that a message's C16 names, if its keys are here; where no Charter is known by it, the room has forked. */
export function epochOf(state: RoomState, c16: string): Epoch | undefined {
  if (state.epoch !== undefined && c16Of(state.epoch) === c16) return state.epoch;
  return state.previous !== undefined && c16Of(state.previous) === c16 ? state.previous : undefined;
}

export const isSelf = (member: Member, self: Self): boolean =>
  member.jid === self.jid && member.device === self.device && member.fp === self.fp;
