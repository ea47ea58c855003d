import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FIRST_STATE, fitToScreens, loadWindowState, saveWindowState } from '../../../src-main/host/electron/window-state.ts';

const screen = { x: 0, y: 0, width: 1920, height: 1080 };
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'signet-window-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('the window', () => {
  it('comes back where it was', () => {
    const state = { position: { x: 10, y: 20 }, width: 900, height: 700, maximized: true };
    saveWindowState(dir, state);
    expect(loadWindowState(dir)).toEqual(state);
    expect(fitToScreens(state, [screen])).toEqual(state);
  });

  it('starts at 1100 x 760 where nothing or nonsense was saved', () => {
    expect(loadWindowState(dir)).toEqual({ width: 1100, height: 760, maximized: false });
    for (const text of [
      '',
      '{',
      '[]',
      '{"width":1e9,"height":1,"maximized":false}',
      '{"width":"1","height":1,"maximized":false}',
    ]) {
      writeFileSync(join(dir, 'window.json'), text);
      expect(loadWindowState(dir)).toEqual(FIRST_STATE);
    }
  });

  it('does not come back on a screen that is gone, nor larger than the ones there are', () => {
    const far = { position: { x: 3000, y: 0 }, width: 4000, height: 100, maximized: false };
    expect(fitToScreens(far, [screen])).toEqual({ width: 1920, height: 400, maximized: false });
    expect(fitToScreens({ ...far, width: 800, height: 600 }, [screen, { ...screen, x: 1920 }])).toMatchObject({
      position: { x: 3000 },
    });
    expect(fitToScreens({ ...far, position: { x: 0, y: -500 } }, [screen])).not.toHaveProperty('position');
    expect(fitToScreens(far, [])).toEqual({ width: 480, height: 400, maximized: false });
  });
});
