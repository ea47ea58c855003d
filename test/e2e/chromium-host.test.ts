import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openChromiumHost } from '../../src-main/host/chromium/open.ts';
import type { ChromiumHost } from '../../src-main/host/chromium/open.ts';
import { fakeEngine } from '../support/fake-engine.ts';

/** The page's side of the bridge, as a script in the page sees it. */
interface PageGlobal {
  signetBridge: {
    invoke(command: string, input: unknown): Promise<unknown>;
    subscribe(listener: (event: string, payload: unknown) => void): () => void;
  };
  seen: unknown[];
  ran?: boolean;
  evaluated?: string;
}
declare const window: PageGlobal & { open(url: string): unknown };
declare const document: { createElement(name: string): Record<string, unknown>; body: { append(e: unknown): void } };
declare const location: { href: string };
declare const navigator: { permissions: { query(d: { name: string }): Promise<{ state: string }> } };

const ORIGIN = 'https://app.signet.invalid';
const engine = fakeEngine({ 'app.info': () => ({ version: '1', host: 'chromium', platform: 'linux' }) });
let host: ChromiumHost;
let dir: string;
let outside: Server;
let asked = 0;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'signet-page-'));
  mkdirSync(join(dir, 'assets'));
  writeFileSync(join(dir, 'index.html'), '<!doctype html><script type="module" src="./assets/a.js"></script><h1>page</h1>');
  writeFileSync(
    join(dir, 'assets/a.js'),
    'window.seen = []; window.signetBridge.subscribe((event, payload) => window.seen.push([event, payload]));' +
      'try { window.evaluated = Function("return 1")(); } catch { window.evaluated = "refused"; }',
  );
  writeFileSync(join(dir, 'secret.txt'), 'not part of the page');
  outside = createServer((_, response) => {
    asked += 1;
    response.end('<script>document.title = "outside"</script>');
  });
  await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
  host = await openChromiumHost({
    profile: join(dir, 'profile'),
    renderer: dir,
    headless: true,
    engine: () => Promise.resolve(engine),
  });
  await host.page.waitForFunction(() => Array.isArray(window.seen));
});
afterAll(async () => {
  await host.close();
  outside.close();
  rmSync(dir, { recursive: true });
});

describe('the bridge', () => {
  it('carries a call and its answer', async () => {
    expect(await host.page.evaluate(() => window.signetBridge.invoke('app.info', {}))).toEqual({
      ok: true,
      value: { version: '1', host: 'chromium', platform: 'linux' },
    });
  });

  it('carries errors as values', async () => {
    expect(await host.page.evaluate(() => window.signetBridge.invoke('no.such', {}))).toMatchObject({
      ok: false,
      error: { code: 'unknown-command' },
    });
  });

  it('tells events in order, many at once', async () => {
    for (let at = 0; at < 500; at++) engine.emit('notice', { code: 'internal', at });
    await host.page.waitForFunction(() => window.seen.length === 500);
    expect(await host.page.evaluate(() => window.seen)).toEqual(
      Array.from({ length: 500 }, (_, at) => ['notice', { code: 'internal', at }]),
    );
  });

  it('is two functions that the page cannot replace', async () => {
    const left = await host.page.evaluate(() => {
      'use strict';
      const fails = (f: () => void): boolean => {
        try {
          f();
          return false;
        } catch {
          return true;
        }
      };
      return [
        Object.keys(window.signetBridge).sort(),
        fails(() => (window.signetBridge.invoke = () => Promise.resolve(0))),
        fails(() => Object.assign(window, { signetBridge: {} })),
      ];
    });
    expect(left).toEqual([['invoke', 'subscribe'], true, true]);
  });

  it('is not in a frame below, and what a frame calls is refused', async () => {
    await host.page.evaluate(() => document.body.append(document.createElement('iframe')));
    const frame = host.page.frames()[1];
    expect(frame).toBeDefined();
    expect(await frame?.evaluate(() => typeof window.signetBridge)).toBe('undefined');
    const call = frame?.evaluate(() =>
      (window as unknown as { __signetInvoke(c: string, i: unknown): Promise<unknown> }).__signetInvoke('app.info', {}),
    );
    await expect(call).rejects.toThrow('forbidden');
  });
});

describe('the box around the page', () => {
  const outsideUrl = (): string => `http://127.0.0.1:${String((outside.address() as AddressInfo).port)}/`;

  it('has a secure context and its policy as a header', async () => {
    expect(await host.page.evaluate(() => (window as unknown as { isSecureContext: boolean }).isSecureContext)).toBe(true);
    const response = await host.page.goto(`${ORIGIN}/`);
    expect(response?.headers()['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    await host.page.waitForFunction(() => Array.isArray(window.seen));
  });

  it('runs no script but its own files', async () => {
    await host.page.evaluate(() => {
      const script = document.createElement('script');
      script['textContent'] = 'window.ran = true';
      document.body.append(script);
    });
    expect(await host.page.evaluate(() => window.ran)).toBeUndefined();
    expect(await host.page.evaluate(() => window.evaluated)).toBe('refused');
  });

  it('reaches no network and leaves no page', async () => {
    const url = outsideUrl();
    expect(await host.page.evaluate((u) => fetch(u).then(() => 'reached', () => 'refused'), url)).toBe('refused'); // prettier-ignore
    await host.page.evaluate((u) => { location.href = u; }, url); // prettier-ignore
    await host.page.evaluate((u) => { window.open(u); }, url); // prettier-ignore
    await host.page.waitForTimeout(300);
    expect(host.page.url()).toBe(`${ORIGIN}/`);
    expect(host.context.pages()).toHaveLength(1);
    expect(asked).toBe(0);
    expect(await host.page.evaluate(() => window.signetBridge.invoke('app.info', {}))).toMatchObject({ ok: true });
  });

  it('serves nothing that is not a file of the page', async () => {
    for (const path of ['/secret.txt', '/../package.json', '/%2e%2e/package.json', '/assets/', '/nothing.js'])
      expect(await host.page.evaluate((p) => new Promise((resolve) => {
        const image = document.createElement('img');
        image['onload'] = () => { resolve('loaded'); };
        image['onerror'] = () => { resolve('refused'); };
        image['src'] = p;
      }), path)).toBe('refused'); // prettier-ignore
  });

  it('grants no permission', async () => {
    const asked = ['geolocation', 'notifications', 'camera', 'microphone'].map((name) =>
      host.page.evaluate((n) => navigator.permissions.query({ name: n }).then((p) => p.state), name),
    ); // prettier-ignore
    expect(await Promise.all(asked)).not.toContain('granted');
  });
});

describe('the end', () => {
  it('comes with the window: the engine stops, the browser’s folder is gone', async () => {
    const own = fakeEngine();
    const second = await openChromiumHost({
      profile: join(dir, 'p2'),
      renderer: dir,
      headless: true,
      engine: () => Promise.resolve(own),
    });
    await second.page.close();
    await second.closed;
    expect(own.stops()).toBe(1);
  });

  it('comes with an error where the engine cannot start, and leaves nothing', async () => {
    const folders = (): string[] =>
      readdirSync(process.env['XDG_RUNTIME_DIR'] ?? '/dev/shm').filter((f) => f.startsWith('signet-chromium-'));
    const before = folders();
    const failing = openChromiumHost({
      profile: join(dir, 'p3'),
      renderer: dir,
      headless: true,
      engine: () => Promise.reject(new Error('no engine')),
    });
    await expect(failing).rejects.toThrow('no engine');
    expect(folders()).toEqual(before);
  });
});
