import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as decide from '../../../src-main/host/electron/security-settings.ts';
import { CONTENT_SECURITY_POLICY } from '../../../src-main/host/page-policy.ts';

describe('the page in Electron', () => {
  it('has no Node, a sandbox, its own world', () => {
    expect(decide.webPreferences('/p')).toMatchObject({
      preload: '/p',
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      webviewTag: false,
      experimentalFeatures: false,
      spellcheck: false,
    });
  });

  it('has a secure origin that bypasses nothing', () => {
    expect(decide.SCHEME_PRIVILEGES).toEqual({
      scheme: 'app',
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
    });
  });

  it('has the strict policy, to the letter', () => {
    expect(CONTENT_SECURITY_POLICY).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
  });

  const foreign = [
    'https://example.org/',
    'app://signet.evil/',
    'app://signet@evil/',
    'app://evil/',
    'App://signet/',
    'app:signet',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:app://signet/1',
    'about:blank',
    '',
  ];

  it.each(foreign)('does not navigate to %j', (url) => {
    expect(decide.allowsNavigation(url)).toBe(false);
  });

  it('may reload itself', () => {
    expect(decide.allowsNavigation('app://signet/')).toBe(true);
    expect(decide.allowsNavigation('app://signet/index.html#x')).toBe(true);
  });

  it('loads its own files, its own blobs and data images only', () => {
    for (const url of ['app://signet/assets/a.js', 'blob:app://signet/1', 'data:image/png;base64,AA=='])
      expect(decide.allowsRequest(url)).toBe(true);
    for (const url of foreign.filter((u) => u !== 'blob:app://signet/1')) expect(decide.allowsRequest(url)).toBe(false);
    expect(decide.allowsRequest('blob:app://signet.evil/1')).toBe(false);
  });

  it('opens no window; web and mail addresses go to the system', () => {
    expect(decide.windowOpen('https://example.org/a')).toEqual({ action: 'deny', external: 'https://example.org/a' });
    expect(decide.windowOpen('mailto:a@example.org')).toEqual({ action: 'deny', external: 'mailto:a@example.org' });
    for (const url of ['file:///x', 'javascript:1', 'app://signet/', 'smb://x/y', 'ms-msdt:/id', 'https://u:p@example.org/', `https://e.org/${'x'.repeat(3000)}`, '-x'])
      expect(decide.windowOpen(url)).toEqual({ action: 'deny' });
  }); // prettier-ignore

  it('gets no permission but writing text to the clipboard', () => {
    for (const permission of ['media', 'geolocation', 'notifications', 'midi', 'clipboard-read', 'openExternal', 'fullscreen', 'hid', 'serial', 'usb', 'unknown'])
      expect(decide.allowsPermission(permission, decide.PAGE_URL)).toBe(false);
    expect(decide.allowsPermission('clipboard-sanitized-write', decide.PAGE_URL)).toBe(true);
    expect(decide.allowsPermission('clipboard-sanitized-write', 'https://example.org/')).toBe(false);
  }); // prettier-ignore

  it('calls the engine from its own top frame only', () => {
    const main = { url: decide.PAGE_URL, parent: null };
    expect(decide.isOurSender(main, main)).toBe(true);
    expect(decide.isOurSender(null, main)).toBe(false);
    expect(decide.isOurSender({ url: decide.PAGE_URL, parent: null }, main)).toBe(false);
    const child = { url: decide.PAGE_URL, parent: main };
    expect(decide.isOurSender(child, child)).toBe(false);
    const moved = { url: 'https://example.org/', parent: null };
    expect(decide.isOurSender(moved, moved)).toBe(false);
  });
});

describe('what the host files register', () => {
  const source = (name: string): string => readFileSync(new URL(`../../../src-main/${name}`, import.meta.url), 'utf8');

  it.each([
    ['host/electron/session.ts', ['will-attach-webview', 'will-navigate', 'will-frame-navigate', 'will-redirect', 'setWindowOpenHandler', 'setPermissionRequestHandler', 'setPermissionCheckHandler', 'setDevicePermissionHandler', 'certificate-error', 'select-client-certificate', 'will-download', 'onBeforeRequest']],
    ['host/electron/electron-host.ts', ['powerMonitor', 'second-instance', 'hardenApp(']],
    ['main.ts', ['requestSingleInstanceLock', 'registerSchemesAsPrivileged', 'enableSandbox']],
  ])('%s names every handler', (file, names) => {
    for (const name of names) expect(source(file)).toContain(name);
  }); // prettier-ignore
});
