/** The Electron host: thin glue between the engine and one window. */

import { BrowserWindow, Notification, app, powerMonitor, shell } from 'electron';
import { createEngine } from '../../engine.ts';
import { createRouter } from '../../ipc/router.ts';
import { watchAttention } from '../attention.ts';
import { isExternalUrl } from '../host.ts';
import type { Host } from '../host.ts';
import { readPageFiles, rendererDir } from '../page-files.ts';
import { hostTexts } from '../texts.ts';
import { serveIpc } from './ipc.ts';
import { installMenu, installTray } from './menu.ts';
import { hardenApp, pageSession } from './session.ts';
import { openPageWindow } from './window.ts';

export interface ElectronHostOptions {
  /** Absolute. */
  readonly profile: string;
  readonly ca: readonly string[];
  readonly log: (line: string) => void;
}

/** Call once, after the single-instance lock was got; resolves when the window is open. */
export async function startElectronHost({ profile, ca, log }: ElectronHostOptions): Promise<Host> {
  const starting = createEngine({ profile, host: 'electron', ca });
  const router = starting.then((engine) => createRouter(engine, { log }));
  const files = readPageFiles(rendererDir(app.getAppPath()));
  for (const promise of [starting, router, files]) promise.catch(() => undefined);

  let window: BrowserWindow | undefined;
  let quitting = false;

  const host: Host = {
    name: 'electron',
    openWindow() {
      if (window === undefined || window.isDestroyed()) {
        const opened = openPageWindow(profile, session);
        opened.on('close', (event) => {
          // Messages go on arriving behind the tray; a Linux desktop may have none, and then the window is all there is.
          if (quitting || process.platform === 'linux') return;
          event.preventDefault();
          opened.hide();
        });
        window = opened;
      } else {
        if (window.isMinimized()) window.restore();
        window.show();
        window.focus();
      }
      return Promise.resolve();
    },
    focused: () => BrowserWindow.getFocusedWindow() !== null,
    notify({ title, body }) {
      if (!Notification.isSupported()) return;
      const notification = new Notification({ title, body });
      notification.on('click', () => void host.openWindow());
      notification.show();
    },
    setUnread(count) {
      app.setBadgeCount(count);
      tray.setUnread(count);
      if (count > 0 && window !== undefined && !window.isDestroyed() && !window.isFocused()) window.flashFrame(true);
    },
    async openExternal(url) {
      if (!isExternalUrl(url)) return false;
      await shell.openExternal(new URL(url).href);
      return true;
    },
    close() {
      app.quit();
      return Promise.resolve();
    },
  };

  await app.whenReady();
  const texts = hostTexts(app.getLocale());
  hardenApp((url) => void host.openExternal(url));
  const session = pageSession(profile, files);
  serveIpc(router, () => window);
  installMenu(texts);
  const tray = installTray(texts, { open: () => void host.openWindow(), quit: () => app.quit() }); // prettier-ignore
  powerMonitor.on('resume', () => {
    void router.then((r) => r.invoke('account.reconnect', {}));
  });
  powerMonitor.on('unlock-screen', () => {
    void router.then((r) => r.invoke('vault.retry', {}));
  });
  app.on('second-instance', () => void host.openWindow());
  app.on('activate', () => void host.openWindow());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  // The engine is flushed and closed before the process ends.
  let stopped = false;
  app.on('before-quit', (event) => {
    quitting = true;
    if (stopped) return;
    event.preventDefault();
    void starting
      .then((engine) => engine.stop())
      .catch(() => undefined)
      .finally(() => {
        stopped = true;
        tray.destroy();
        app.quit();
      });
  });

  await host.openWindow();
  starting.then((engine) => watchAttention(engine, host, texts)).catch(() => undefined);
  return host;
}
