/** Protocol 7, 8 and 13: one room's life as an independent implementation saw it, followed by each of its members. */
import { describe, expect, it } from 'vitest';
import type { BareJid } from '../../src-shared/jid.ts';
import { decodeKeyTransport, unwrapKeys } from '../../src-main/security/key-transport.ts';
import { follow, type Chain } from '../../src-main/security/room/chain.ts';
import { readCharter } from '../../src-main/security/room/charter.ts';
import { beginEpoch, c16Of, chainOf, type Epoch } from '../../src-main/security/room/epoch.ts';
import { adv, confirmOf, contentKey, epochSecret } from '../../src-main/security/room/keys.ts';
import { openInRoom } from '../../src-main/security/room/message.ts';
import { applyToPath, lastStep, type PathKeys } from '../../src-main/security/room/path.ts';
import { memberAt, membersOf, rosterHash, rosterOf } from '../../src-main/security/room/roster.ts';
import { advance } from '../../src-main/security/association/chains.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { c14n } from '../../src-main/security/xmlsec/c14n.ts';
import { hex, toHex, type VectorParty } from '../support/protocol-parties.ts';
import { suite } from '../support/vectors.ts';

interface CharterEvent {
  readonly event: 'charter';
  readonly note: string;
  readonly author: string;
  readonly element: string;
  readonly C_e: string;
  readonly roster: string;
  readonly members: Record<string, [string, string, string, string]>;
  readonly wraps: readonly [string, string][];
  readonly keyTransports: readonly { slot: number; contentKey: string; element: string; keys: Record<string, string> }[];
  readonly RK: string;
  readonly confirm: string;
  readonly rootSecret: string;
  readonly SCK: Record<string, string>;
  readonly treeKeysAfter: Record<string, string>;
}
interface MessageEvent {
  readonly event: 'message';
  readonly by: string;
  readonly slot: number;
  readonly n: number;
  readonly MK: string;
  readonly content_key: string;
  readonly stanza: string;
  readonly shown: string;
}
interface RoomCase {
  readonly name: string;
  readonly room: BareJid;
  readonly people: Record<string, VectorParty>;
  readonly events: readonly (CharterEvent | MessageEvent)[];
}

const vectors = suite('protocol', 'room');
const [life] = vectors.json<{ cases: readonly [RoomCase] }>('room.json').cases;

/** One member's view: its keys, and the epoch that they make. */
interface View {
  path?: PathKeys;
  epoch?: Epoch;
}

describe(`the life of ${life.name}`, () => {
  const views = new Map<number, View>();
  let chain: Chain | undefined;

  for (const [at, event] of life.events.entries()) {
    if (event.event === 'charter')
      it(`${String(at)} Charter: ${event.note}`, () => {
        const charter = readCharter(parseDocument(event.element));
        expect(c14n(parseDocument(event.element)), 'the vector is in canonical form').toBe(event.element);
        expect(charter.c).toBe(event.C_e);
        const followed = follow(chain, life.room, charter);
        const before = chain;
        chain = followed.chain;

        expect(rosterHash(chain.roster)).toBe(event.roster);
        expect(charter.confirm).toBe(event.confirm);
        expect(Object.fromEntries([...membersOf(chain.roster)].map((m) => [m.slot, [m.jid, m.role, m.fp, m.device]]))).toEqual(
          event.members,
        );
        expect(
          charter.keys.map(({ child, node }) => [child, node].map(({ h, i }) => `${charter.tree}:${String(h)}.${String(i)}`)),
        ).toEqual(event.wraps);

        const changed = new Set([...charter.removes, ...charter.adds.map(({ slot }) => slot)]);
        if (before?.tree !== chain.tree) for (const slot of views.keys()) changed.add(slot);
        for (const slot of changed) views.delete(slot);
        for (const transport of event.keyTransports) {
          const decoded = decodeKeyTransport(parseDocument(transport.element));
          if (decoded === undefined) throw new Error('the KeyTransport does not decode');
          expect(decoded).toMatchObject({ room: life.room, epoch: charter.epoch, charter: charter.c, slot: transport.slot });
          const keys = unwrapKeys(decoded, hex(transport.contentKey))?.keys.map((key) => key.reveal());
          if (keys === undefined) throw new Error('the KeyTransport does not unwrap');
          expect(keys.map(toHex)).toEqual(Object.values(transport.keys));
          views.set(transport.slot, { path: { slot: transport.slot, keys } });
        }
        // The author of a new tree holds its keys by itself: those after the Charter, with the root's as it was before step 5.
        const author = followed.author;
        const authorSlot = [...membersOf(chain.roster)].find(({ device }) => device === author.device)?.slot ?? -1;
        if (!views.has(authorSlot)) {
          const keys = Array.from({ length: charter.height + 1 }, (_, h) =>
            hex(event.treeKeysAfter[`${String(h)}.${String(authorSlot >> h)}`] ?? ''),
          );
          views.set(authorSlot, { path: { slot: authorSlot, keys: [...keys.slice(0, -1), hex(event.RK)] } });
          changed.add(authorSlot);
        }

        for (const { slot } of membersOf(chain.roster)) {
          const view = views.get(slot);
          if (view?.path === undefined) throw new Error(`slot ${String(slot)} has no keys`);
          const stepped = changed.has(slot) ? lastStep(view.path, charter) : applyToPath(view.path, charter);
          expect(toHex(stepped.rk)).toBe(event.RK);
          for (const [h, key] of stepped.path.keys.entries())
            expect(toHex(key), `${String(h)} of slot ${String(slot)}`).toBe(
              event.treeKeysAfter[`${String(h)}.${String(slot >> h)}`],
            );
          expect(toHex(epochSecret(stepped.rk, hex(charter.c)))).toBe(event.rootSecret);
          const epoch = beginEpoch(stepped.rk, { c: charter.c, epoch: charter.epoch, height: charter.height });
          for (const [of, sck] of Object.entries(event.SCK)) expect(toHex(chainOf(epoch, Number(of)).chain.ck)).toBe(sck);
          views.set(slot, { path: stepped.path, epoch });
        }
      });
    else
      it(`${String(at)} message of ${event.by}: every other member reads it`, () => {
        const stanza = parseDocument(event.stanza).withAttrs({ from: `${life.room}/somebody` });
        for (const [slot, view] of views) {
          const { epoch } = view;
          if (epoch === undefined || chain === undefined) throw new Error('no epoch');
          const { roster } = chain;
          const opening = openInRoom(stanza, {
            room: life.room,
            epochOf: (c16) => (c16 === c16Of(epoch) ? epoch : undefined),
            memberOf: (_, of) => memberAt(roster, of),
            numbers: () => ({ skipped: () => undefined, used: () => undefined }),
            isOwn: (_, of) => of === slot,
          });
          if (slot === event.slot) {
            expect(opening).toEqual({ kind: 'own', chain: `${c16Of(epoch)}:${String(event.slot)}:${String(event.n)}` });
            const { mk } = advance('sha256', chainOf(epoch, slot).chain);
            if (event.n === 0) expect([toHex(mk), toHex(contentKey(mk))]).toEqual([event.MK, event.content_key]);
            continue;
          }
          if (opening.kind !== 'opened') throw new Error(opening.kind);
          expect(opening.content.map((el) => el.text())).toEqual([event.shown]);
          expect(opening.sender.device).toBe(life.people[event.by]?.device);
          view.epoch = opening.change.epoch;
        }
      });
  }

  it('is one case', () => {
    vectors.ran(life.name);
  });
});

describe('section 13, line 8', () => {
  const rk = new Uint8Array(32).fill(7);
  const c = '08'.repeat(32);

  it('confirm, adv and a content key', () => {
    expect(confirmOf(rk)).toBe('2F55419D14CB7738459A6BB4255F9A4A');
    expect(toHex(adv(rk))).toBe('DA8D92982995CFC695D5BF0AEE71E67BE0D4B328F6A11D8231635D2CA8A7496F');
    const { chain } = chainOf(beginEpoch(rk, { c, epoch: 0, height: 2 }), 2);
    expect(toHex(contentKey(advance('sha256', chain).mk))).toBe(
      '77EE2AB05E4DEEDD2F4D6F6A77B0AAC86F216671D77B78F77271B76C757822C0',
    );
  });

  it('the roster hash', () => {
    const roster = rosterOf(2, [
      {
        slot: 0,
        jid: 'alice@a.example' as BareJid,
        role: 'admin',
        fp: 'AA'.repeat(32) as never,
        device: 'A1'.repeat(8) as never,
      },
      { slot: 2, jid: 'bob@b.example' as BareJid, role: 'member', fp: 'BB'.repeat(32) as never, device: 'B1'.repeat(8) as never },
    ]);
    expect(rosterHash(roster)).toBe('BE05A3AB77C20637F7907467683C3D61E62C1496D123C59A3599E3039D86BDEB');
  });
});
