/**
 * The contract's two functions between this process and the page, over the debugging pipe. Nothing of Playwright is
 * visible to the page but the binding that the script below wraps.
 */

import type { BrowserContext, Frame, Page } from 'playwright-core';
import type { Reply, Router } from '../../ipc/router.ts';
import { toContractError } from '../../../src-shared/errors.ts';

/** A reserved name (RFC 2606 .invalid): no network ever answers for it. */
export const ORIGIN = 'https://app.signet.invalid';

const INVOKE = '__signetInvoke';
const OPEN = '__signetOpenExternal';
const PUSH = '__signetPush';

/**
 * Runs before the page's own scripts, in the top frame of our origin only: makes `window.signetBridge`, hands clicked
 * links to the host.
 */
const INIT_SCRIPT = `(() => {
  if (window !== window.top || location.origin !== '${ORIGIN}' || location.protocol !== 'https:') return;
  const listeners = new Set();
  const hidden = (name, value) => Object.defineProperty(window, name, { value, enumerable: false });
  const bridge = {
    invoke: (command, input) => window.${INVOKE}(command, input),
    subscribe(listener) {
      if (typeof listener !== 'function') throw new TypeError('a listener is a function');
      const own = (event, payload) => listener(event, payload);
      listeners.add(own);
      return () => { listeners.delete(own); };
    },
  };
  Object.defineProperty(window, 'signetBridge', { value: Object.freeze(bridge), enumerable: true });
  hidden('${PUSH}', (batch) => {
    for (const [event, payload] of batch) {
      for (const listener of [...listeners]) {
        try { listener(event, payload); } catch (error) { reportError(error); }
      }
    }
  });
  addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null;
    if (link === null || link.origin === location.origin) return;
    event.preventDefault();
    if (event.isTrusted) window.${OPEN}(link.href);
  }, true);
  addEventListener('dragover', (event) => { event.preventDefault(); });
  addEventListener('drop', (event) => { event.preventDefault(); });
})();`;

/** Calls and events are taken from and told to our page's own frame only; a blob: of our origin is not it. */
export function isOurs(page: Page, frame: Frame): boolean {
  return frame === page.mainFrame() && frame.url().startsWith(`${ORIGIN}/`);
}

export interface BridgeTargets {
  /** Resolves when the engine is there; calls made before that wait. */
  readonly router: Promise<Router>;
  readonly openExternal: (url: string) => Promise<boolean>;
}

export async function installBridge(context: BrowserContext, targets: BridgeTargets): Promise<void> {
  const forbidden = (): never => {
    throw new Error('forbidden');
  };
  await Promise.all([
    context.exposeBinding(INVOKE, async ({ page, frame }, command: unknown, input: unknown): Promise<Reply> => {
      if (!isOurs(page, frame)) return forbidden();
      const router = await targets.router.catch((error: unknown) => toContractError(error));
      return 'code' in router ? { ok: false, error: router } : router.invoke(String(command), input);
    }),
    context.exposeBinding(OPEN, async ({ page, frame }, url: unknown): Promise<boolean> => {
      if (!isOurs(page, frame)) return forbidden();
      return typeof url === 'string' && targets.openExternal(url);
    }),
    context.addInitScript({ content: INIT_SCRIPT }),
  ]);
}

/** Tells the page the events of one turn of the loop in one call, in order; what happens meanwhile goes with the next. */
export function eventPump(page: Page): (event: string, payload: unknown) => void {
  let waiting: [string, unknown][] = [];
  let busy = false;

  async function flush(): Promise<void> {
    while (waiting.length > 0 && !page.isClosed()) {
      const batch = waiting;
      waiting = [];
      if (!page.url().startsWith(`${ORIGIN}/`)) continue;
      // A reload in between loses the events with the page that would have shown them: the new one asks for snapshots.
      await page
        .evaluate(
          ([push, events]) => {
            (globalThis as unknown as Record<string, ((batch: unknown) => void) | undefined>)[push]?.(events);
          },
          [PUSH, batch] as const,
        )
        .catch(() => undefined);
    }
    busy = false;
  }

  return (event, payload) => {
    waiting.push([event, payload]);
    if (busy) return;
    busy = true;
    setImmediate(() => void flush());
  };
}
