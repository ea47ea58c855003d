/**
 * The Chromium host: the same page and the same engine as in Electron, in an installed browser driven over a pipe. No
 * port is opened, nothing is loaded from a network, and the browser's own folder lives and dies with the window.
 */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page, Route } from 'playwright-core';
import type { EngineApi } from '../../ipc/engine-api.ts';
import { createRouter } from '../../ipc/router.ts';
import { PAGE_HEADERS, WINDOW_SIZE } from '../page-policy.ts';
import { readPageFiles, rendererDir } from '../page-files.ts';
import type { PageFiles } from '../page-files.ts';
import { openExternal } from '../open-external.ts';
import { ORIGIN, eventPump, installBridge } from './bridge.ts';
import { findChromium } from './find-chromium.ts';

export interface ChromiumHostOptions {
  readonly profile: string;
  readonly ca?: readonly string[];
  /** Without a window; the default where there is no display. */
  readonly headless?: boolean;
  /** The browser's own folder, kept at the end. Without it: a fresh one, in memory where the system has such a place, removed. */
  readonly userDataDir?: string;
  /** Instead of `createEngine`. */
  readonly engine?: () => Promise<EngineApi>;
  /** Instead of dist/renderer. */
  readonly renderer?: string;
  readonly log?: (line: string) => void;
}

export interface ChromiumHost {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly engine: EngineApi;
  /** Settles when the window has been closed by the user or by `close`, after the engine has stopped. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** Every flag takes something away: first-run pages, phoning home, extensions, name resolution, prompts, pop-ups. */
const ARGS = [
  '--app=data:text/html,',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-extensions',
  '--disable-breakpad',
  '--disable-domain-reliability',
  '--password-store=basic',
  '--host-resolver-rules=MAP * ~NOTFOUND',
  // Or Chromium warns in its own bar that the line above is unusual.
  '--test-type',
  '--deny-permission-prompts',
  '--block-new-web-contents',
  `--window-size=${String(WINDOW_SIZE.width)},${String(WINDOW_SIZE.height)}`,
];

function launch(userDataDir: string, headless: boolean): Promise<BrowserContext> {
  return chromium.launchPersistentContext(userDataDir, {
    executablePath: findChromium(),
    headless,
    // Chromium's own sandbox refuses to run for root; every other user keeps it.
    chromiumSandbox: process.getuid?.() !== 0,
    viewport: headless ? { width: WINDOW_SIZE.width, height: WINDOW_SIZE.height } : null,
    serviceWorkers: 'block',
    acceptDownloads: false,
    ignoreDefaultArgs: ['--enable-automation'],
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: ARGS,
  });
}

/** Answers from memory; everything else is refused. A refused navigation leaves the page where it is. */
async function answer(route: Route, files: PageFiles): Promise<void> {
  const request = route.request();
  const url = new URL(request.url());
  const file = request.method() === 'GET' && url.origin === ORIGIN ? files.get(url.pathname) : undefined;
  if (file !== undefined)
    await route.fulfill({ status: 200, headers: { ...PAGE_HEADERS, 'content-type': file.type }, body: file.body });
  else if (url.origin === ORIGIN && !request.isNavigationRequest())
    await route.fulfill({ status: 404, headers: { ...PAGE_HEADERS }, body: '' });
  else await route.abort(request.isNavigationRequest() ? 'aborted' : 'blockedbyclient');
}

async function scratchDir(): Promise<string> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const root = [runtime, '/dev/shm'].find((dir) => dir !== undefined && existsSync(dir)) ?? tmpdir();
  // A runtime directory of another user (under sudo) cannot be written.
  return mkdtemp(join(root, 'signet-chromium-')).catch(() => mkdtemp(join(tmpdir(), 'signet-chromium-')));
}

async function startEngine(options: ChromiumHostOptions): Promise<EngineApi> {
  if (options.engine !== undefined) return options.engine();
  // Loaded while the browser starts.
  const { createEngine } = await import('../../engine.ts');
  return createEngine({ profile: options.profile, host: 'chromium', ca: options.ca ?? [] });
}

/** @throws Error with a sentence for people where Chromium or the page is missing; SignetError where the engine cannot start */
export async function openChromiumHost(options: ChromiumHostOptions): Promise<ChromiumHost> {
  const headless = options.headless ?? ((process.env['DISPLAY'] ?? '') === '' && (process.env['WAYLAND_DISPLAY'] ?? '') === '');
  const userDataDir = options.userDataDir ?? (await scratchDir());
  const forget = async (): Promise<void> => {
    if (options.userDataDir === undefined) await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  };

  const launching = launch(userDataDir, headless);
  const files = readPageFiles(options.renderer ?? rendererDir(import.meta.dirname));
  const starting = startEngine(options);
  const router = starting.then((engine) => createRouter(engine, options.log === undefined ? {} : { log: options.log }));
  // Each is awaited below; until then a failure of one must not end the process while the others are cleaned up.
  for (const promise of [launching, files, starting, router]) promise.catch(() => undefined);

  try {
    const context = await launching;
    const page = context.pages()[0] ?? (await context.newPage());
    const closed = new Promise<void>((resolve) => context.once('close', () => { resolve(); })); // prettier-ignore
    page.once('close', () => void context.close());
    context.on('page', (other) => void other.close());
    const table = await files;
    // Before the first answer can reach the page, so that no change falls between a snapshot and the events.
    const listening = router.then((r) => r.subscribe(eventPump(page)));
    const heard = listening.then(() => router);
    for (const promise of [listening, heard]) promise.catch(() => undefined);
    await Promise.all([
      context.route('**/*', (route) => answer(route, table)),
      installBridge(context, { router: heard, openExternal }),
    ]);
    const [engine] = await Promise.all([starting, page.goto(`${ORIGIN}/`, { waitUntil: 'commit' })]);
    const unsubscribe = await listening;
    const ended = closed.then(async () => {
      unsubscribe();
      await engine.stop();
      await forget();
    });
    return {
      page,
      context,
      engine,
      closed: ended,
      async close() {
        await context.close();
        await ended;
      },
    };
  } catch (error) {
    await launching.then((context) => context.close()).catch(() => undefined);
    await starting.then((engine) => engine.stop()).catch(() => undefined);
    await forget();
    throw error;
  }
}
