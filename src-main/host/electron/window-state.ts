/** Where the window was when it was closed. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { WINDOW_SIZE } from '../page-policy.ts';

const coordinate = v.pipe(v.number(), v.safeInteger(), v.minValue(-100_000), v.maxValue(100_000));
const schema = v.strictObject({
  position: v.exactOptional(v.strictObject({ x: coordinate, y: coordinate })),
  width: v.pipe(coordinate, v.minValue(1)),
  height: v.pipe(coordinate, v.minValue(1)),
  maximized: v.boolean(),
});

export interface WindowState {
  readonly position?: { readonly x: number; readonly y: number };
  readonly width: number;
  readonly height: number;
  readonly maximized: boolean;
}

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export const FIRST_STATE: WindowState = { width: WINDOW_SIZE.width, height: WINDOW_SIZE.height, maximized: false };

/** How much of the title must lie on a screen for the window to be found again, in pixels. */
const VISIBLE = 64;

const largest = (screens: readonly Area[], side: 'width' | 'height'): number => Math.max(0, ...screens.map((s) => s[side]));

/** The state as far as today's screens can show it: a screen may have been unplugged. */
export function fitToScreens(state: WindowState, screens: readonly Area[]): WindowState {
  const width = Math.max(WINDOW_SIZE.minWidth, Math.min(state.width, largest(screens, 'width')));
  const height = Math.max(WINDOW_SIZE.minHeight, Math.min(state.height, largest(screens, 'height')));
  const size = { width, height, maximized: state.maximized };
  const { position } = state;
  if (position === undefined) return size;
  const { x, y } = position;
  const visible = screens.some(
    (s) => x + width >= s.x + VISIBLE && x <= s.x + s.width - VISIBLE && y >= s.y && y <= s.y + s.height - VISIBLE,
  );
  return visible ? { ...size, position } : size;
}

const fileIn = (profile: string): string => join(profile, 'window.json');

/** What was saved, or the first state: a missing or damaged file costs nothing but a position. */
export function loadWindowState(profile: string): WindowState {
  try {
    const parsed = v.safeParse(schema, JSON.parse(readFileSync(fileIn(profile), 'utf8')));
    return parsed.success ? parsed.output : FIRST_STATE;
  } catch {
    return FIRST_STATE;
  }
}

export function saveWindowState(profile: string, state: WindowState): void {
  const file = fileIn(profile);
  writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
