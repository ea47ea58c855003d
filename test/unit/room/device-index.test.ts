/** The index of devices against a Map, over random changes and ids that share long beginnings. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeviceId } from '../../../src-shared/ids.ts';
import { slotOf, withDevice, type DeviceIndex } from '../../../src-main/security/room/device-index.ts';

const device = fc
  .tuple(
    fc.constantFrom('AAAAAAAAAAAAAAA', 'AAAAAAA', ''),
    fc.string({ unit: fc.constantFrom(...Array.from('0123456789ABCDEF')), minLength: 16 }),
  )
  .map(([start, rest]) => (start + rest).slice(0, 16) as DeviceId);

it('finds what was put last, and nothing that was taken out', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(device, fc.option(fc.nat(60_000), { nil: undefined })), { maxLength: 60 }), (changes) => {
      const map = new Map<DeviceId, number>();
      let index: DeviceIndex;
      for (const [id, slot] of changes) {
        const before = index;
        index = withDevice(index, id, slot);
        if (slot === undefined) map.delete(id);
        else map.set(id, slot);
        // a value: what was there before is as it was
        if (slot === undefined && before !== undefined) expect(slotOf(index, id)).toBeUndefined();
      }
      for (const [id] of changes) expect(slotOf(index, id)).toBe(map.get(id));
      if (map.size === 0) expect(index).toBeUndefined();
    }),
  );
});
