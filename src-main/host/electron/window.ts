import { BrowserWindow, app, screen } from 'electron';
import type { Session } from 'electron';
import { join } from 'node:path';
import { WINDOW_SIZE } from '../page-policy.ts';
import { PAGE_URL, webPreferences } from './security-settings.ts';
import { fitToScreens, loadWindowState, saveWindowState } from './window-state.ts';

/** Opens the window where it was. It is shown once the page has painted. */
export function openPageWindow(profile: string, session: Session): BrowserWindow {
  const { maximized, position, width, height } = fitToScreens(
    loadWindowState(profile),
    screen.getAllDisplays().map((d) => d.workArea),
  );
  const window = new BrowserWindow({
    ...position,
    width,
    height,
    minWidth: WINDOW_SIZE.minWidth,
    minHeight: WINDOW_SIZE.minHeight,
    show: false,
    title: 'Signet',
    icon: join(app.getAppPath(), 'assets', 'icons', '256x256.png'),
    autoHideMenuBar: true,
    webPreferences: { ...webPreferences(join(app.getAppPath(), 'dist', 'preload', 'preload.cjs')), session },
  });
  if (maximized) window.maximize();
  window.once('ready-to-show', () => {
    window.show();
  });
  window.on('close', () => {
    const { x, y, width, height } = window.getNormalBounds();
    saveWindowState(profile, { position: { x, y }, width, height, maximized: window.isMaximized() });
  });
  void window.loadURL(PAGE_URL);
  return window;
}
