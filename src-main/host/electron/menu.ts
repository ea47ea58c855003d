import { Menu, Tray, app, nativeImage } from 'electron';
import type { MenuItemConstructorOptions } from 'electron';
import { join } from 'node:path';
import type { HostTexts } from '../texts.ts';

/** Roles only: the system's own words and keys. Developer tools only from source. */
export function installMenu(texts: HostTexts): void {
  const mac: MenuItemConstructorOptions[] = process.platform === 'darwin' ? [{ role: 'appMenu' }] : [];
  const tools: MenuItemConstructorOptions[] = app.isPackaged
    ? []
    : [{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }];
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...mac,
      {
        label: texts.edit,
        submenu: [
          { role: 'undo' },
          { role: 'redo' },
          { type: 'separator' },
          { role: 'cut' },
          { role: 'copy' },
          { role: 'paste' },
          { role: 'selectAll' },
        ],
      },
      {
        label: texts.view,
        submenu: [
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
          ...tools,
        ],
      },
      { label: texts.window, role: 'windowMenu' },
    ]),
  );
}

export interface TrayActions {
  open(): void;
  quit(): void;
}

/** The tray's tooltip and image say whether something is unread. */
export function installTray(texts: HostTexts, actions: TrayActions): { setUnread(count: number): void; destroy(): void } {
  const image = (name: string): Electron.NativeImage => {
    const loaded = nativeImage.createFromPath(join(app.getAppPath(), 'assets', 'tray', name));
    loaded.setTemplateImage(process.platform === 'darwin');
    return loaded;
  };
  const [calm, unread] = [image('tray.png'), image('tray-unread.png')];
  const tray = new Tray(calm);
  tray.setToolTip('Signet');
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: texts.open, click: () => { actions.open(); } },
      { type: 'separator' },
      { label: texts.quit, click: () => { actions.quit(); } },
    ]),
  ); // prettier-ignore
  tray.on('click', () => {
    actions.open();
  });
  return {
    setUnread(count) {
      tray.setImage(count > 0 ? unread : calm);
      tray.setToolTip(count > 0 ? `Signet – ${texts.unread(count)}` : 'Signet');
    },
    destroy() {
      tray.destroy();
    },
  };
}
