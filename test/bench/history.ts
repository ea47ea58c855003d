/// <reference lib="dom" />
/** A long history: start-up, opening conversations, memory. Both sides of each ratio are measured in this run. */

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BareJid } from '../../src-shared/jid.ts';
import { createEngine } from '../../src-main/engine.ts';
import { createKeychain } from '../../src-main/keychain/keychain.ts';
import { openChromiumHost } from '../../src-main/host/chromium/open.ts';
import { createVault } from '../../src-main/store/vault.ts';
import { DIST } from '../../scripts/lib/paths.mjs';
import { seedMessages } from '../support/seed.ts';
import { befriend, percentile, setStage, told, type Person, type Stage } from './stage.ts';
import { row, type BenchRow } from './types.ts';

const HISTORY = 100_000;
const OTHERS = 12;
const STARTS = 5;

/** A profile whose account is remembered, with a long history; the server is not needed afterwards. */
async function profileWithHistory(stage: Stage): Promise<string> {
  const { jid, password } = await stage.account('erna');
  const profile = join(stage.dir, 'erna');
  const engine = await createEngine({ profile, host: 'bench', ca: [stage.prosody.ca] });
  await engine.handlers['account.signIn']({ jid, password, server: stage.server(), remember: true, allowPlain: false });
  await engine.stop();
  const vault = createVault({
    dir: profile,
    keychain: createKeychain(),
    random: (n) => randomBytes(n),
    clock: { now: () => Date.now() },
  });
  await vault.open();
  const { store } = vault;
  if (store === undefined) throw new Error('the vault did not open');
  const now = Date.now();
  for (let i = 0; i < OTHERS; i += 1)
    seedMessages(store, `other${String(i)}@localhost` as BareJid, 500, now - 3_600_000 * (i + 1));
  seedMessages(store, 'old.friend@localhost' as BareJid, HISTORY, now);
  vault.close();
  return profile;
}

/** Runs a program until it prints a line; answers the time from its spawn. */
function untilLine(source: string, dir: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    let took: number | undefined;
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.once('data', () => {
      took = performance.now() - began;
    });
    child.once('exit', () => {
      if (took === undefined) reject(new Error('a start ended before it was ready'));
      else resolve(took);
    });
  });
}

const OPEN = JSON.stringify(pathToFileURL(join(DIST, 'main', 'open.js')).href);
const PLAYWRIGHT = JSON.stringify(pathToFileURL(join(DIST, '..', 'node_modules', 'playwright-core', 'index.mjs')).href);

const appSource = (profile: string): string => `
  const { openChromiumHost } = await import(${OPEN});
  const host = await openChromiumHost({ profile: ${JSON.stringify(profile)}, log: () => {} });
  const composer = host.page.getByTestId('composer');
  const first = host.page.getByTestId('conversation').first();
  await composer.or(first).first().waitFor();
  if (!(await composer.isVisible())) await first.click();
  await composer.press('x');
  console.log('ready');
  await host.close();
  process.exit(0);`;

const emptySource = `
  const { chromium } = await import(${PLAYWRIGHT});
  const { mkdtemp, rm } = await import('node:fs/promises');
  const dir = await mkdtemp(${JSON.stringify(join(tmpdir(), 'signet-empty-'))});
  const context = await chromium.launchPersistentContext(dir, { executablePath: '/usr/bin/chromium', headless: !process.env.DISPLAY,
    chromiumSandbox: process.getuid?.() !== 0, viewport: null, ignoreDefaultArgs: ['--enable-automation'],
    args: ['--app=data:text/html,', '--no-first-run', '--no-default-browser-check', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--disable-quic', '--disable-extensions', '--password-store=basic', '--host-resolver-rules=MAP * ~NOTFOUND'] });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.goto('data:text/html,<p>empty</p>');
  await page.locator('p').waitFor();
  console.log('ready');
  await context.close();
  await rm(dir, { recursive: true, force: true });
  process.exit(0);`;

async function startUp(profile: string, dir: string): Promise<BenchRow> {
  const app: number[] = [];
  const empty: number[] = [];
  for (let i = 0; i <= STARTS; i += 1) {
    const [e, a] = [await untilLine(emptySource, dir), await untilLine(appSource(profile), dir)];
    if (i === 0) continue; // the system's caches
    empty.push(e);
    app.push(a);
  }
  const [ours, theirs] = [percentile(app, 0.5), percentile(empty, 0.5)];
  return row(
    'start to a key in the composer, 100,000 messages',
    'x',
    ours / theirs,
    2,
    `${ours.toFixed(0)} ms to ${theirs.toFixed(0)} ms for an empty page`,
  );
}

async function opening(profile: string): Promise<BenchRow> {
  const host = await openChromiumHost({ profile });
  try {
    const { page } = host;
    await page.getByTestId('conversation').first().waitFor();
    const times: number[] = [];
    for (let i = 0; i < 60; i += 1) {
      const jid = i % 2 === 0 ? 'old.friend@localhost' : `other${String(i % 5)}@localhost`;
      times.push(
        await page.evaluate(
          async ([wanted, last]) => {
            const target = document.querySelector<HTMLElement>(`[data-testid="conversation"][data-jid="${wanted}"]`);
            if (target === null) throw new Error('no such conversation on screen');
            const began = performance.now();
            (target.querySelector<HTMLElement>('button, a') ?? target).click();
            const frame = () =>
              new Promise((resolve) => {
                requestAnimationFrame(resolve);
              });
            for (;;) {
              await frame();
              const bodies = [...document.querySelectorAll('[data-testid="log"] [data-testid="message-body"]')];
              if (bodies.some((body) => body.textContent.trim().startsWith(last))) break;
              if (performance.now() - began > 5_000) throw new Error('the conversation did not open');
            }
            await frame();
            return performance.now() - began;
          },
          [jid, i % 2 === 0 ? `${String(HISTORY - 1)} ` : '499 '] as const,
        ),
      );
    }
    return row(
      'opening a conversation, p95',
      'ms',
      percentile(times, 0.95),
      100,
      `p50 ${percentile(times, 0.5).toFixed(0)} ms, one of them with 100,000 messages`,
    );
  } finally {
    await host.close();
  }
}

/** RSS after gc, asked of the process itself by a signal: `--require` of a few lines that write it to a file. */
async function memory(stage: Stage): Promise<BenchRow> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-rss-'));
  const probe = join(dir, 'probe.cjs');
  const out = join(dir, 'rss');
  await writeFile(
    probe,
    `process.on('SIGUSR2', () => { global.gc(); setTimeout(() => { global.gc(); require('node:fs').writeFileSync(${JSON.stringify(out)}, String(process.memoryUsage().rss)); }, 200); });`,
  );
  try {
    const frida = await stage.headless('frida', { NODE_OPTIONS: `--require ${probe} --expose-gc` });
    const georg = await stage.headless('georg');
    await befriend(frida, georg);
    const rss = async (): Promise<number> => {
      await rm(out, { force: true });
      process.kill(frida.client.pid ?? 0, 'SIGUSR2');
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const text = await readFile(out, 'utf8').catch(() => '');
        if (text !== '') return Number(text);
      }
    };
    let sent = 0;
    const upTo = async (count: number): Promise<void> => {
      while (sent < count) {
        const size = Math.min(100, count - sent);
        await burst(georg, frida, size, sent);
        sent += size;
      }
    };
    await upTo(2_000);
    const before = await rss();
    await upTo(10_000);
    const after = await rss();
    const mib = (n: number): string => `${(n / 1_048_576).toFixed(1)} MiB`;
    return row('engine RSS after 10,000 messages to after 2,000', 'x', after / before, 1.05, `${mib(after)} to ${mib(before)}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function burst(from: Person, to: Person, count: number, since: number): Promise<void> {
  let left = count;
  const all = told(to, 'message.arrived', (m) => !m.mine && --left === 0, 60_000);
  for (let i = 0; i < count; i += 1) await from.invoke('message.send', { to: to.jid, body: `message ${String(since + i)}` });
  await all;
}

export async function bench(): Promise<readonly BenchRow[]> {
  const stage = await setStage();
  try {
    const profile = await profileWithHistory(stage);
    return [await startUp(profile, stage.dir), await opening(profile), await memory(stage)];
  } finally {
    await stage.end();
  }
}
