/** The page's only door: two functions, frozen by contextBridge. Built as CommonJS, since sandboxed preloads are. */

import { contextBridge, ipcRenderer } from 'electron';
import { CHANNEL, isOurUrl } from './security-settings.ts';

/** The preload runs in the page's process; the main process's types have no DOM. */
declare const location: { readonly href: string };

type Listener = (event: string, payload: unknown) => void;

if (process.isMainFrame && isOurUrl(location.href)) {
  const listeners = new Set<Listener>();
  ipcRenderer.on(CHANNEL.event, (_, batch: readonly (readonly [string, unknown])[]) => {
    for (const [event, payload] of batch) for (const listener of [...listeners]) listener(event, payload);
  });
  contextBridge.exposeInMainWorld('signetBridge', {
    invoke: (command: string, input: unknown): Promise<unknown> => ipcRenderer.invoke(CHANNEL.invoke, command, input),
    subscribe(listener: Listener): () => void {
      const own: Listener = (event, payload) => {
        listener(event, payload);
      };
      listeners.add(own);
      return () => {
        listeners.delete(own);
      };
    },
  });
}
