/** The contract over Electron's IPC: calls from our page's own frame, events in batches. */

import { ipcMain } from 'electron';
import type { BrowserWindow } from 'electron';
import { toContractError } from '../../../src-shared/errors.ts';
import type { Reply, Router } from '../../ipc/router.ts';
import { CHANNEL, isOurSender } from './security-settings.ts';

/** @param current the window that may call now, if there is one */
export function serveIpc(router: Promise<Router>, current: () => BrowserWindow | undefined): void {
  ipcMain.handle(CHANNEL.invoke, async (event, command: unknown, input: unknown): Promise<Reply> => {
    const window = current();
    if (window === undefined || !isOurSender(event.senderFrame, window.webContents.mainFrame)) throw new Error('forbidden');
    const ready = await router.catch((error: unknown) => toContractError(error));
    return 'code' in ready ? { ok: false, error: ready } : ready.invoke(String(command), input);
  });

  let waiting: [string, unknown][] = [];
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    const window = current();
    if (window !== undefined && !window.isDestroyed()) window.webContents.send(CHANNEL.event, batch);
  };
  router.then(
    (r) =>
      r.subscribe((event, payload) => {
        if (waiting.length === 0) setImmediate(flush);
        waiting.push([event, payload]);
      }),
    () => undefined, // the engine's failure is what every call answers
  );
}
