/**
 * Protocol 8 over random histories: whoever is in the room agrees on each epoch; whoever is not, alone or together, then or
 * later, cannot work its key out, by anything that follows from what they held and all that was sent.
 */
import { describe, expect, it } from 'vitest';
import { chainOf } from '../../../src-main/security/room/epoch.ts';
import { membersOf } from '../../../src-main/security/room/roster.ts';
import { Closure, RoomWorld, seeded, type Device } from '../../support/room-world.ts';
import { toHex } from '../../support/protocol-parties.ts';

const SEED = process.env.SIGNET_SEED ?? 'rooms-1';
const HISTORIES = 12;
const EPOCHS = 9;

/** One random change of a room, by its holder or by another admin who takes over. */
function step(world: RoomWorld, pick: (below: number) => number): void {
  const { holder } = world;
  const others = world.members.filter((device) => device !== holder);
  const some = <T>(from: readonly T[], most: number): T[] => from.filter(() => pick(3) === 0).slice(0, most);
  const admins = others.filter((device) => roleOf(world, device) === 'admin');
  const takeOver = admins.length > 0 && pick(5) === 0 ? admins[pick(admins.length)] : undefined;
  const author = takeOver ?? holder;
  const leaving = some(
    world.members.filter((device) => device !== author),
    3,
  );
  // Who is healed comes back into a slot in the same Charter; who was removed before may come again.
  const healed = some(leaving, 2);
  const returning = some(
    world.devices.filter((device) => !world.members.includes(device)),
    1,
  );
  const newcomers = Array.from({ length: pick(4) }, () => world.newDevice());
  world.commit(author, {
    removes: leaving.map((device) => world.slotOf(device)),
    adds: [...healed, ...returning, ...newcomers].map((device) => ({ device, role: pick(3) === 0 ? 'admin' : 'member' })),
    newTree: takeOver !== undefined,
  });
}

function roleOf(world: RoomWorld, device: Device): string | undefined {
  const roster = world.holder.state?.chain.roster;
  return roster === undefined ? undefined : [...membersOf(roster)].find((m) => m.device === device.self.device)?.role;
}

interface Seen {
  readonly members: ReadonlySet<Device>;
}

function history(seed: string): { world: RoomWorld; seen: Seen[] } {
  const pick = seeded(seed);
  const world = new RoomWorld();
  const founder = world.newDevice();
  world.commit(founder, { adds: [{ device: founder, role: 'admin' }] });
  const seen: Seen[] = [{ members: new Set(world.members) }];
  for (let i = 1; i < EPOCHS; i++) {
    step(world, pick);
    seen.push({ members: new Set(world.members) });
    for (const device of world.members) agrees(world, device);
  }
  return { world, seen };
}

/** The device has the epoch's secrets: every sender's chain begins the same for it as for the holder. */
function agrees(world: RoomWorld, device: Device): void {
  const epoch = device.state?.epoch;
  const theirs = world.holder.state?.epoch;
  if (epoch === undefined || theirs === undefined) throw new Error(`device ${String(device.number)} has no epoch`);
  expect(epoch.c).toBe(theirs.c);
  for (const member of world.members) {
    const slot = world.slotOf(member);
    expect(toHex(chainOf(epoch, slot).chain.ck)).toBe(toHex(chainOf(theirs, slot).chain.ck));
  }
}

describe(`random histories, seed ${SEED}`, () => {
  for (let h = 0; h < HISTORIES; h++) {
    it(`history ${String(h)}: members agree, nobody else can`, () => {
      const { world, seen } = history(`${SEED} ${String(h)}`);
      const closure = new Closure(world.charters, EPOCHS + 1);
      for (const [epoch, rk] of world.rks.entries()) {
        const members = seen[epoch]?.members ?? new Set();
        // outsiders of this epoch, together, with everything that they ever held
        const outsiders = world.devices.filter((device) => !members.has(device)).flatMap((device) => device.held);
        // and everybody, members too, as they were once the next epoch had come
        const later = world.devices.flatMap((device) => device.held.filter((held) => held.epoch > epoch));
        const pooled = [...outsiders, ...later].flatMap(({ keys }) => keys);
        expect(closure.of(pooled).has(rk), `epoch ${String(epoch)} from outside`).toBe(false);
      }
      // The same closure finds the key for one who was in the room, so that it is the closure that would have found it.
      for (const [epoch, rk] of world.rks.entries()) {
        const [member] = [...(seen[epoch]?.members ?? [])].filter((device) => device.held.some((held) => held.epoch < epoch));
        if (member === undefined) continue;
        const before = member.held.filter((held) => held.epoch < epoch).flatMap(({ keys }) => keys);
        const joinedAt = epoch - 1;
        if (seen[joinedAt]?.members.has(member) !== true || touched(world, epoch, member)) continue;
        expect(closure.of(before).has(rk), `epoch ${String(epoch)} for a member`).toBe(true);
      }
    });
  }
});

/** Whether this epoch's Charter gave the device new keys by KeyTransport. */
function touched(world: RoomWorld, epoch: number, device: Device): boolean {
  const charter = world.charters[epoch];
  if (charter === undefined) return true;
  return charter.adds.some((member) => member.device === device.self.device) || charter.tree !== world.charters[epoch - 1]?.tree;
}
