/** Protocol 8: which Charter counts, a line a sentence of the text. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { BareJid } from '../../../src-shared/jid.ts';
import { DS, XE } from '../../../src-main/security/crypto/algorithms.ts';
import { readCharter, writeCharter, type Charter } from '../../../src-main/security/room/charter.ts';
import { follow, type Chain } from '../../../src-main/security/room/chain.ts';
import { RoomError, type RoomErrorCode } from '../../../src-main/security/room/errors.ts';
import { plan } from '../../../src-main/security/room/plan.ts';
import { emptyRoster, rosterHash, withMember } from '../../../src-main/security/room/roster.ts';
import { signEnveloped } from '../../../src-main/security/xmlsec/signature.ts';
import { xml, type Element } from '../../../src-main/xml/element.ts';
import { parseDocument } from '../../../src-main/xml/parser.ts';
import { serialize } from '../../../src-main/xml/serialize.ts';
import { ROOM, RoomWorld, type Device } from '../../support/room-world.ts';

let world: RoomWorld;
/** alice, admin and holder, slot 0; bob 1; carol, admin, 2; dora 3 */
let alice: Device;
let bob: Device;
let carol: Device;
let eve: Device;
let chain: Chain;

beforeEach(() => {
  world = new RoomWorld();
  [alice, bob, carol, eve] = [world.newDevice(), world.newDevice(), world.newDevice(), world.newDevice()];
  world.commit(alice, { adds: [{ device: alice, role: 'admin' }] });
  world.commit(alice, { adds: [{ device: bob }, { device: carol, role: 'admin' }, { device: world.newDevice() }] });
  const now = alice.state?.chain;
  if (now === undefined) throw new Error('no chain');
  chain = now;
});

const codeOf = (run: () => unknown): RoomErrorCode | 'counts' => {
  try {
    run();
    return 'counts';
  } catch (error) {
    if (error instanceof RoomError) return error.code;
    throw error;
  }
};

/** A Charter that would count, but for `fault`; signed by `by` all the same. */
function faulty(fault: Partial<Charter>, by: Device = alice): RoomErrorCode | 'counts' {
  const base = readCharter(world.draft(alice, {}).element);
  const element = writeCharter({ ...base, device: by.author.device, ...fault }, by.author.credential);
  return codeOf(() => follow(chain, ROOM, readCharter(element)));
}
const rosterWith = (fault: Pick<Charter, 'removes' | 'adds'>): string =>
  rosterHash(plan(chain.roster, { height: chain.roster.height, newTree: true, ...fault }).after);

describe('a Charter counts if', () => {
  it('it is as its author writes it', () => {
    expect(faulty({})).toBe('counts');
  });
  it('room, epoch and previous fit', () => {
    expect(faulty({ room: 'other@rooms.example' as BareJid })).toBe('room');
    expect(faulty({ epoch: chain.epoch })).toBe('epoch');
    expect(faulty({ epoch: chain.epoch + 2 })).toBe('epoch');
    expect(faulty({ previous: 'AB'.repeat(32) })).toBe('previous');
  });
  it('the roster is what its changes make', () => {
    expect(faulty({ roster: 'AB'.repeat(32) })).toBe('roster');
    expect(faulty({ adds: [eve.member(1)], removes: [1] })).toBe('keys');
  });
  it('its signer is an admin of the roster before it', () => {
    expect(faulty({}, bob)).toBe('signer');
    expect(faulty({}, eve)).toBe('signer');
    // an admin's credential on another's device
    expect(
      codeOf(() =>
        follow(chain, ROOM, readCharter(writeCharter(readCharter(world.draft(alice, {}).element), carol.author.credential))),
      ),
    ).toBe('signer');
  });
  it('at epoch 0 its signer is an admin of its own roster', () => {
    const first = (role: 'admin' | 'member', by: Device): RoomErrorCode | 'counts' => {
      const adds = [alice.member(0, 'admin'), bob.member(1, role)];
      const roster = rosterHash(withMember(withMember(emptyRoster(1), adds[0] ?? alice.member(0)), adds[1] ?? bob.member(1)));
      const element = writeCharter(
        {
          ...{
            room: ROOM,
            epoch: 0,
            previous: '0'.repeat(64),
            tree: 'AB'.repeat(8),
            height: 1,
            roster,
            confirm: 'AB'.repeat(16),
          },
          ...{ device: by.author.device, removes: [], adds, keys: [] },
        },
        by.author.credential,
      );
      return codeOf(() => follow(undefined, ROOM, readCharter(element)));
    };
    expect(first('member', alice)).toBe('counts');
    expect(first('member', bob)).toBe('signer');
    expect(first('admin', bob)).toBe('counts');
  });
});

describe('a Charter is void where', () => {
  it('a Remove names an empty slot', () => {
    expect(faulty({ removes: [9], height: 4 })).toBe('empty-slot');
  });
  it('an Add names a slot that is taken after the Removes', () => {
    expect(faulty({ adds: [eve.member(1)] })).toBe('taken-slot');
  });
  it('an Add names a device that is still in the roster, or two name one', () => {
    expect(faulty({ adds: [bob.member(5)], height: 3 })).toBe('device-twice');
    expect(faulty({ adds: [eve.member(5), eve.member(6)], height: 3 })).toBe('device-twice');
  });
  it('a slot does not fit height', () => {
    expect(faulty({ adds: [eve.member(4)] })).toBe('slot');
    expect(faulty({ height: 1, tree: 'AB'.repeat(8) })).toBe('slot');
  });
  it('changes are not ascending', () => {
    expect(faulty({ removes: [2, 1] })).toBe('slot');
    expect(faulty({ removes: [1, 1] })).toBe('slot');
    expect(faulty({ adds: [eve.member(6), world.newDevice().member(5)], height: 3 })).toBe('slot');
  });
  it('there are more than 100 changes', () => {
    const adds = Array.from({ length: 101 }, (_, i) => world.newDevice().member(4 + i));
    expect(faulty({ adds, height: 7 })).toBe('malformed');
    expect(faulty({ adds: adds.slice(0, 100), removes: [1], height: 7 })).toBe('limit');
  });
  it('no admin is left', () => {
    const fault = { removes: [0, 2], adds: [alice.member(0)] };
    expect(faulty({ ...fault, tree: 'AB'.repeat(8) })).toBe('no-admin');
  });
  it('its author’s device is not left', () => {
    const fault = { removes: [0], adds: [], tree: 'AB'.repeat(8) };
    expect(faulty({ ...fault, roster: rosterWith(fault) })).toBe('author-gone');
  });
  it('the EncryptedKeys are not those of step 2, in order', () => {
    const removing = readCharter(world.draft(alice, { removes: [1] }).element);
    const fault = (keys: Charter['keys']) =>
      codeOf(() => follow(chain, ROOM, readCharter(writeCharter({ ...removing, keys }, alice.author.credential))));
    expect(removing.keys).toHaveLength(3);
    expect(fault(removing.keys)).toBe('counts');
    expect(fault(removing.keys.slice(1))).toBe('keys');
    expect(fault([...removing.keys].reverse())).toBe('keys');
    expect(fault([...removing.keys, ...removing.keys.slice(0, 1)])).toBe('keys');
    expect(faulty({ keys: removing.keys })).toBe('keys');
    // with a new tree: none
    expect(
      codeOf(() =>
        follow(chain, ROOM, readCharter(writeCharter({ ...removing, tree: 'AB'.repeat(8) }, alice.author.credential))),
      ),
    ).toBe('keys');
  });
  it('the tree stays and its height falls, but with a new tree any height that fits will do', () => {
    world.commit(alice, { adds: [{ device: eve, slot: 7 }] });
    world.commit(alice, { removes: [7] });
    chain = alice.state?.chain ?? chain;
    expect(chain.roster.height).toBe(3);
    expect(faulty({ height: 2 })).toBe('height');
    expect(
      faulty({
        height: 2,
        tree: 'AB'.repeat(8),
        ...{ roster: rosterHash(plan(chain.roster, { height: 2, newTree: true, removes: [], adds: [] }).after) },
      }),
    ).toBe('counts');
  });
  it('the tree stays and its author is not the holder', () => {
    expect(faulty({}, carol)).toBe('holder');
    expect(faulty({ tree: 'AB'.repeat(8) }, carol)).toBe('counts');
  });
});

describe('the form of a Charter', () => {
  const refused = (change: (text: string) => string): RoomErrorCode | 'counts' => {
    const text = serialize(world.draft(alice, { removes: [1] }).element);
    const changed = change(text);
    expect(changed).not.toBe(text);
    return codeOf(() => readCharter(parseDocument(changed)));
  };
  it('is exact', () => {
    expect(refused((s) => s.replace('<Remove slot="1"/>', '<Remove slot="01"/>'))).toBe('malformed');
    expect(refused((s) => s.replace('<Remove slot="1"/>', '<Remove slot="1"> </Remove>'))).toBe('malformed');
    expect(refused((s) => s.replace(' height="2"', ' height="17"'))).toBe('malformed');
    expect(refused((s) => s.replace(' epoch="2"', ' epoch="2" note="x"'))).toBe('malformed');
    expect(refused((s) => s.replace(`room="${ROOM}"`, `room="${ROOM}/nick"`))).not.toBe('counts');
    expect(refused((s) => s.replace('<Remove', '<Add slot="9" jid="a@b" role="owner" fp="" device=""/><Remove'))).toBe(
      'malformed',
    );
  });
  it('is signed by the certificate in it', () => {
    expect(refused((s) => s.replace('<Remove slot="1"/>', '<Remove slot="2"/>'))).toBe('bad-signature');
    expect(refused((s) => s.replace(/confirm="../, 'confirm="00'))).toBe('bad-signature');
  });
  it('names nodes of its own tree only', () => {
    const charter = readCharter(world.draft(alice, { removes: [1] }).element);
    const element = writeCharter(charter, alice.author.credential);
    const rename = (el: Element): Element =>
      el.is('CarriedKeyName', XE)
        ? xml(el.name, el.ns, el.attrs, `${'CD'.repeat(8)}:1.0`)
        : el.withChildren(el.children.map((c) => (typeof c === 'string' ? c : rename(c))));
    const unsigned = rename(element.withChildren(element.children.filter((c) => typeof c === 'string' || c.ns !== DS)));
    const signed = signEnveloped(unsigned, alice.author.credential, { mode: 'prefix-free', x509: true });
    expect(codeOf(() => readCharter(signed))).toBe('malformed');
  });
  it('comes back as it was written', () => {
    const { element } = world.draft(alice, { removes: [1], adds: [{ device: eve, slot: 4 }] });
    const read = readCharter(parseDocument(serialize(element)));
    expect(serialize(writeCharter(read, alice.author.credential)).replace(/<SignatureValue>.*?</, '')).toBe(
      serialize(element).replace(/<SignatureValue>.*?</, ''),
    );
  });
});
