/**
 * Which slot a device has: a trie over the hex digits of its id, a value like the trees, so that a change costs the way to
 * one leaf and a look-up does not walk 20,000 members.
 */

import type { DeviceId } from '../../../src-shared/ids.ts';

interface Entry {
  readonly device: DeviceId;
  readonly slot: number;
}
type Children = ReadonlyMap<string, DeviceIndex>;
/** Undefined: empty. An entry stands as high as it is alone. */
export type DeviceIndex = Entry | Children | undefined;

const isEntry = (at: Entry | Children): at is Entry => 'device' in at;

export function slotOf(index: DeviceIndex, device: DeviceId): number | undefined {
  let at = index;
  for (let depth = 0; at !== undefined && !isEntry(at); depth++) at = at.get(device.charAt(depth));
  return at?.device === device ? at.slot : undefined;
}

/** `slot` undefined takes the device out. */
export function withDevice(index: DeviceIndex, device: DeviceId, slot: number | undefined, depth = 0): DeviceIndex {
  const entry = slot === undefined ? undefined : { device, slot };
  if (index === undefined) return entry;
  if (isEntry(index)) {
    if (index.device === device) return entry;
    if (entry === undefined) return index;
    // Both go a digit down, and so on while their digits are the same.
    return withDevice(new Map([[index.device.charAt(depth), index]]), device, slot, depth);
  }
  const digit = device.charAt(depth);
  const child = withDevice(index.get(digit), device, slot, depth + 1);
  const children = new Map(index);
  if (child === undefined) children.delete(digit);
  else children.set(digit, child);
  const [only] = children.values();
  if (children.size === 0) return undefined;
  return children.size === 1 && only !== undefined && isEntry(only) ? only : children;
}
