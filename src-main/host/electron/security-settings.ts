/** Every decision that keeps the page in its box, as pure functions: tests hold them without Electron. */

import type { CustomScheme, WebPreferences } from 'electron';
import { isExternalUrl } from '../host.ts';

export const SCHEME = 'app';
/** The page's origin; nothing else is ever loaded. */
export const ORIGIN = `${SCHEME}://signet`;
export const PAGE_URL = `${ORIGIN}/`;

export const CHANNEL = { invoke: 'signet:invoke', event: 'signet:event' } as const;

/** Standard and secure, so that it has an origin and a secure context; no fetch, no CSP bypass, no service workers. */
export const SCHEME_PRIVILEGES: CustomScheme = {
  scheme: SCHEME,
  privileges: {
    standard: true,
    secure: true,
    bypassCSP: false,
    allowServiceWorkers: false,
    supportFetchAPI: false,
    corsEnabled: false,
    stream: false,
    codeCache: false,
  },
};

export function webPreferences(preload: string): WebPreferences {
  return {
    preload,
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webSecurity: true,
    allowRunningInsecureContent: false,
    experimentalFeatures: false,
    enableBlinkFeatures: '',
    webviewTag: false,
    plugins: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    // Its dictionaries come from a network.
    spellcheck: false,
    disableBlinkFeatures: 'Auxclick',
  };
}

/** Our page itself. Compared as text: URL parsers differ about schemes of one's own. */
export const isOurUrl = (url: string): boolean => url === ORIGIN || url.startsWith(PAGE_URL);

/** A navigation is allowed only to the page itself (a reload). */
export const allowsNavigation = (url: string): boolean => isOurUrl(url);

/** A request of the session is answered only where our own scheme asks. */
export const allowsRequest = (url: string): boolean =>
  isOurUrl(url) || url.startsWith(`blob:${ORIGIN}/`) || url.startsWith('data:image/');

/** No window is ever opened by the page; what may go to the system's browser is told. */
export function windowOpen(url: string): { readonly action: 'deny'; readonly external?: string } {
  return isExternalUrl(url) ? { action: 'deny', external: new URL(url).href } : { action: 'deny' };
}

/** Copying a fingerprint is all that the page may ask the system for. */
export const allowsPermission = (permission: string, url: string): boolean =>
  permission === 'clipboard-sanitized-write' && isOurUrl(url);

export interface Sender {
  readonly url: string;
  /** The frame above it; null for a top frame. */
  readonly parent: unknown;
}

/** A call counts only from the top frame of our own window, on our own page. */
export function isOurSender(sender: Sender | null, mainFrame: Sender): boolean {
  return sender !== null && sender === mainFrame && sender.parent === null && isOurUrl(sender.url);
}
