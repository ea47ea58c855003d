/** The page's session: our files and nothing else, every question answered with no. */

import { app, session } from 'electron';
import type { Session } from 'electron';
import { join } from 'node:path';
import { PAGE_HEADERS } from '../page-policy.ts';
import type { PageFiles } from '../page-files.ts';
import { ORIGIN, SCHEME, allowsNavigation, allowsPermission, allowsRequest, windowOpen } from './security-settings.ts';

/** Serves `files` at app://signet. @param profile the page keeps its layout there; nothing is cached */
export function pageSession(profile: string, files: Promise<PageFiles>): Session {
  const own = session.fromPath(join(profile, 'page'), { cache: false });
  own.protocol.handle(SCHEME, async (request) => {
    const { host, pathname } = new URL(request.url);
    const file = request.method === 'GET' && `${SCHEME}://${host}` === ORIGIN ? (await files).get(pathname) : undefined;
    if (file === undefined) return new Response(null, { status: 404, headers: PAGE_HEADERS });
    return new Response(new Uint8Array(file.body), { headers: { ...PAGE_HEADERS, 'content-type': file.type } });
  });
  own.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !allowsRequest(details.url) && !(details.url.startsWith('devtools://') && !app.isPackaged) });
  });
  own.setPermissionRequestHandler((_, permission, answer, details) => {
    answer(allowsPermission(permission, details.requestingUrl));
  });
  own.setPermissionCheckHandler((_, permission, origin) =>
    allowsPermission(permission, origin.endsWith('/') ? origin : `${origin}/`),
  );
  own.setDevicePermissionHandler(() => false);
  own.setDisplayMediaRequestHandler((_, answer) => {
    answer({});
  });
  own.setCertificateVerifyProc((_, answer) => {
    answer(-2); // net::FAILED: the page has no business with TLS
  });
  own.on('will-download', (event) => {
    event.preventDefault();
  });
  own.setSpellCheckerEnabled(false);
  return own;
}

/** For every web contents that anything may ever make. */
export function hardenApp(openExternal: (url: string) => void): void {
  app.on('web-contents-created', (_, contents) => {
    contents.on('will-attach-webview', (event) => {
      event.preventDefault();
    });
    contents.on('will-navigate', (event) => {
      if (!allowsNavigation(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !allowsNavigation(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      event.preventDefault();
    });
    contents.setWindowOpenHandler(({ url }) => {
      const { external } = windowOpen(url);
      if (external !== undefined) openExternal(external);
      return { action: 'deny' };
    });
  });
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, answer) => {
    event.preventDefault();
    answer(false);
  });
  app.on('select-client-certificate', (event, _contents, _url, _list, answer) => {
    event.preventDefault();
    answer();
  });
  app.on('login', (event) => {
    event.preventDefault();
  });
}
