/** Moves the focus within a virtual list by keys; the list renders only what is seen, so the row is scrolled to first. */

import { tick } from 'svelte';

/** The index that a key leads to, or undefined for keys that are not ours. */
export function rovedIndex(key: string, at: number, length: number): number | undefined {
  if (length === 0) return undefined;
  const to: Partial<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: length - 1,
    PageDown: at + 10,
    PageUp: at - 10,
  };
  const index = to[key];
  return index === undefined ? undefined : Math.min(length - 1, Math.max(0, index));
}

/** A row far away is rendered, measured and only then made visible; until that it cannot take the focus. */
const FRAMES = 30;

/** Focuses the button of a row once it is there and visible. */
export async function focusRow(list: HTMLElement, index: number, scrollTo: (index: number) => void): Promise<void> {
  scrollTo(index);
  await tick();
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const row = list.querySelector<HTMLElement>(`[data-index="${String(index)}"] button`);
    row?.focus();
    if (row && document.activeElement === row) return;
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}
