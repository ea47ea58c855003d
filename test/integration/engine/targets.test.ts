/** To which devices a message is encrypted (protocol 5.6, 6.2). */

import { afterEach, describe, expect, it } from 'vitest';
import type { Fingerprint } from '../../../src-shared/ids.ts';

import { EventBus } from '../../../src-main/event-bus.ts';
import { makeSelfSigned } from '../../../src-main/pki/make.ts';
import { createProtection } from '../../../src-main/protection/protection.ts';
import type { Workspace } from '../../../src-main/services.ts';
import { alice, association, bob, device, random, tempStore } from '../../support/store.ts';

const NOW = Date.parse('2026-09-21T14:13:20Z');
const HOUR = 3_600_000;
const opened: ReturnType<typeof tempStore>[] = [];
afterEach(() => {
  for (const { remove } of opened.splice(0)) remove();
});

function world() {
  const temp = tempStore();
  opened.push(temp);
  const { store } = temp;
  const credential = makeSelfSigned({ jid: alice, now: NOW, random });
  const own = { jid: alice, fp: credential.fp, device: device(0xa1) };
  const workspace: Workspace = {
    ...{ store, bus: new EventBus(() => undefined), clock: { now: () => NOW }, random, log: () => undefined },
    timers: { after: () => () => undefined },
    self: () => ({ jid: alice, device: own.device, credential }),
    online: () => undefined,
  };
  const agreements = () => {
    throw new Error('not asked');
  };
  const protection = createProtection(workspace, { agreements, onChange: () => undefined });
  /** A credential of Bob's with a verdict, and an association with a device under it. */
  const stands = (n: number, verdict: 'first-use' | 'verified' | 'changed', of: number, before: number): Fingerprint => {
    const { fp, chain } = makeSelfSigned({ jid: bob, now: NOW, random });
    store.verdicts.put({ jid: bob, fp, verdict, why: 'user', since: NOW, verdictSince: NOW, chain, vouchers: [] });
    store.associations.add(association(n, { own, peer: { jid: bob, fp, device: device(of) }, establishedAt: NOW - before }), NOW);
    return fp;
  };
  return { protection, stands };
}

const who = (targets: ReturnType<ReturnType<typeof world>['protection']['targets']>) =>
  targets.map(({ association: { peer } }) => [peer.device, peer.fp]);

describe('the devices that a message is for', () => {
  it('each device once, on its newest association: under two keys that it holds it could not open it', () => {
    const { protection, stands } = world();
    stands(1, 'first-use', 0xb1, 2 * HOUR);
    const now = stands(2, 'verified', 0xb1, HOUR);
    const other = stands(3, 'verified', 0xb2, HOUR);
    expect(who(protection.targets(bob))).toEqual(
      expect.arrayContaining([
        [device(0xb1), now],
        [device(0xb2), other],
      ]),
    );
    expect(protection.targets(bob)).toHaveLength(2);
  });

  it('on the accepted one, where a newer is not', () => {
    const { protection, stands } = world();
    const accepted = stands(1, 'first-use', 0xb1, 2 * HOUR);
    stands(2, 'changed', 0xb1, HOUR);
    expect(who(protection.targets(bob))).toEqual([[device(0xb1), accepted]]);
  });
});
