/**
 * `npm start -- --demo`: a private server, alice's window, bob in another process. `--once`: the same path by itself,
 * 20 random texts each way, judged by what the server kept; one line of JSON last.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, stop } from './lib/bootstrap.mjs';
import { hasDisplay, startDisplay } from './lib/display.mjs';
import { DIST, OUT } from './lib/paths.mjs';

const EACH_WAY = 20;
const WAIT_MS = 30_000;
const ALICE = 'alice@localhost';
const BOB = 'bob@localhost';
const PROGRAMS = ['chromium', 'prosody', 'openssl', 'dbus-daemon', 'gdbus', 'gnome-keyring-daemon'];

const secretText = () => randomBytes(18).toString('base64url');

/** Undoes, last first, what was done; every step is tried. */
function cleanup() {
  const steps = [];
  let running;
  return {
    add: (step) => void steps.push(step),
    run: () =>
      (running ??= (async () => {
        for (const step of steps.reverse()) await step().catch((error) => console.error(`While cleaning up: ${error.message}`));
      })()),
  };
}

/** @param {{ once: boolean }} options */
export async function demo({ once }) {
  if (!once && process.platform === 'linux' && !hasDisplay())
    stop('There is no display: start this in a desktop session, or try npm start -- --demo --once, which needs none.');
  await prepare({ programs: once && !hasDisplay() ? [...PROGRAMS, 'Xvfb'] : PROGRAMS });
  const undo = cleanup();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => void undo.run().finally(() => process.exit(130)));
  try {
    const stage = await setUp(undo, once);
    const result = once ? await runOnce(stage).catch((error) => photographed(error, stage.host.page)) : undefined;
    if (!once) await greet(stage);
    await undo.run();
    if (result === undefined) process.exit(0);
    console.log(JSON.stringify(result.report));
    if (result.problem !== undefined) console.error(result.problem);
    process.exit(result.problem === undefined ? 0 : 1);
  } catch (error) {
    await undo.run();
    stop(error instanceof Error ? error.message.split('\n')[0] : String(error));
  }
}

/** A failure leaves a picture of what alice saw. @returns {Promise<never>} */
async function photographed(error, page) {
  await mkdir(join(OUT, 'demo'), { recursive: true });
  await page.screenshot({ path: join(OUT, 'demo', 'failure.png') }).catch(() => {}); // the window is gone: nothing to see
  throw error;
}

/** Server, keychain, both people, their subscription. */
async function setUp(undo, once) {
  const { build } = await import('./lib/build.mjs');
  const { startProsody } = await import('./lib/prosody.mjs');
  const { startKeyring } = await import('./lib/keyring.mjs');
  const dir = await mkdtemp(join(tmpdir(), 'signet-demo-'));
  undo.add(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const passwords = { alice: secretText(), bob: secretText() };

  const started = async (promise) => {
    const part = await promise;
    undo.add(() => part.stop());
    return part;
  };
  const parts = await Promise.allSettled([
    started(startProsody({ accounts: passwords })),
    started(startKeyring()),
    started(startDisplay()),
    build(),
  ]);
  const failed = parts.find((p) => p.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  const [prosody, keyring, display] = parts.map((p) => p.value);
  // Before anything of this process touches the keychain: alice's engine runs in it.
  Object.assign(process.env, keyring.env, display.env);
  console.error(
    `The server listens on 127.0.0.1, port ${prosody.port} (STARTTLS) and ${prosody.directTlsPort} (TLS), domain localhost;\n` +
      `its certificate authority is ${prosody.caFile}. Anybody may register there.`,
  );
  const server = { host: prosody.host, port: prosody.directTlsPort, tls: 'direct' };

  // What the app itself costs: this process's own start, then everything from here on; the server's start is not the app's.
  const began = performance.now() - performance.nodeTiming.bootstrapComplete;
  const { startBob } = await import('./demo-bob.mjs');
  const { openChromiumHost } = await import(pathToFileURL(join(DIST, 'main', 'open.js')).href);
  const [bobStarting, hostStarting] = [
    startBob({
      profile: join(dir, 'bob'),
      caFile: prosody.caFile,
      jid: BOB,
      password: passwords.bob,
      server,
      env: keyring.env,
      answering: !once,
      onLog: (line) => console.error(line),
    }),
    openChromiumHost({ profile: join(dir, 'alice'), ca: [prosody.ca], log: (line) => console.error(line) }),
  ];
  bobStarting.then((bob) => undo.add(() => bob.stop())).catch(() => {});
  hostStarting.then((host) => undo.add(() => host.close())).catch(() => {});
  const [bob, host] = await Promise.all([bobStarting, hostStarting]);

  await befriend(host.engine, passwords.alice, server);
  return { prosody, bob, host, began };
}

/** Signs alice in and waits until she and bob see each other; she says yes to whoever asks. */
async function befriend(engine, password, server) {
  const { handlers } = engine;
  const both = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Alice and Bob did not become contacts in time.')), WAIT_MS);
    engine.subscribe((event, contact) => {
      if (event !== 'contact.changed') return;
      if (contact.asking) Promise.resolve(handlers['contact.accept']({ jid: contact.jid })).catch(reject);
      if (contact.jid === BOB && contact.subscription === 'both' && contact.presence !== 'offline') {
        clearTimeout(timer);
        resolve();
      }
    });
  });
  both.catch(() => {}); // awaited below
  await handlers['account.signIn']({ jid: ALICE, password, server, remember: true, allowPlain: false });
  await handlers['contact.add']({ jid: BOB, name: 'Bob' });
  await both;
}

/** Opens the conversation with bob in alice's page; answers the composer. */
async function openConversation(page) {
  const composer = page.getByTestId('composer');
  const row = page.locator(`[data-testid="conversation"][data-jid="${BOB}"]`);
  const inContacts = page.locator(`[data-testid="contact"][data-jid="${BOB}"]`);
  await page.getByTestId('rail-chats').waitFor({ timeout: WAIT_MS });
  if ((await row.count()) > 0) await row.click();
  else {
    await page.getByTestId('rail-contacts').click();
    await inContacts.click({ timeout: WAIT_MS });
  }
  await composer.waitFor({ timeout: WAIT_MS });
  await composer.focus();
  return composer;
}

/** For a person: the conversation is open, bob has said hello, and the window stays until it is closed. */
async function greet({ bob, host }) {
  await openConversation(host.page);
  await bob.invoke('message.send', { to: ALICE, body: 'Hello, I am Bob. Write something: I answer every message once.' });
  console.error('Alice’s window is open; close it or press Ctrl-C to end the demo.');
  await host.closed;
}

const percentile = (sorted, p) => sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? 0;
const round = (ms) => Math.round(ms * 10) / 10;

async function runOnce({ prosody, bob, host: { page, engine }, began }) {
  const shots = join(OUT, 'demo');
  await rm(shots, { recursive: true, force: true });
  await mkdir(shots, { recursive: true });
  const screenshot = (name) => page.screenshot({ path: join(shots, `${name}.png`) });

  let associationMs;
  const association = (event, payload) => {
    if (event === 'association.changed' && payload.state === 'stands' && payload.ms !== undefined) associationMs ??= payload.ms;
  };
  engine.subscribe(association);
  bob.subscribe(association);

  const composer = await openConversation(page);
  const startMs = performance.now() - began;
  await screenshot('1-before');

  const arrivals = { alice: arrivalsOf(engine), bob: arrivalsOf(bob) };
  const sent = [];
  const times = [];
  const received = [];
  for (let i = 0; i < EACH_WAY; i++) {
    const hers = `Alice ${i + 1}: ${secretText()}`;
    await composer.fill(hers);
    const pressed = performance.now();
    const atBob = arrivals.bob.next(hers);
    await composer.press('Enter');
    const bobGot = await atBob;
    times.push(performance.now() - pressed);
    received.push(bobGot);

    const his = `Bob ${i + 1}: ${secretText()}`;
    const said = performance.now();
    const atAlice = arrivals.alice.next(his);
    const shown = page.getByText(his, { exact: true }).first().waitFor({ timeout: WAIT_MS });
    const [sentByBob] = await Promise.all([bob.invoke('message.send', { to: ALICE, body: his }), shown]);
    times.push(performance.now() - said);
    received.push(await atAlice);
    sent.push({ originId: bobGot.originId, body: hers }, { originId: sentByBob.originId, body: his });
    if (i === 0) await screenshot('2-first-messages');
  }
  await screenshot('3-conversation');
  const audit = await auditWhenSettled(prosody, sent);

  const standing = times.slice(1).sort((a, b) => a - b);
  const kinds = new Set(received.map((m) => m.protection));
  const report = {
    host: 'chromium',
    server: `prosody ${await prosodyVersion()}`,
    protected: kinds.size === 1 ? received[0].protection : [...kinds].join('+'),
    sent: sent.length,
    received: received.length,
    associationMs: associationMs === undefined ? null : round(associationMs),
    firstMs: round(times[0]),
    p50Ms: round(percentile(standing, 0.5)),
    p95Ms: round(percentile(standing, 0.95)),
    startMs: Math.round(startMs),
  };
  return { report, problem: problemOf(report, audit) };
}

function problemOf(report, audit) {
  if (report.sent !== 2 * EACH_WAY || report.received !== 2 * EACH_WAY) return 'Not every message arrived.';
  if (report.protected !== 'session') return 'Not every message was protected by a session.';
  if (report.associationMs === null) return 'No association was seen to be made.';
  if (audit.readable > 0) return `${audit.readable} texts can be read on the server.`;
  if (audit.protected !== report.sent) return `Only ${audit.protected} messages are protected in the server’s archive.`;
  return undefined;
}

/** Messages by their text: what arrives unaltered, and nothing else, is what was waited for. */
function arrivalsOf(source) {
  const waiting = new Map();
  source.subscribe((event, message) => {
    if (event !== 'message.arrived' || message.mine) return;
    waiting.get(message.body)?.(message);
    waiting.delete(message.body);
  });
  return {
    next: (body) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('A message did not arrive unaltered in time.')), WAIT_MS);
        waiting.set(body, (message) => {
          clearTimeout(timer);
          resolve(message);
        });
      }),
  };
}

/** The server writes its archive a moment after it delivers. */
async function auditWhenSettled(prosody, sent) {
  const { auditArchive } = await import('./lib/archive.mjs');
  for (let tries = 0; ; tries++) {
    const audit = await auditArchive(prosody, ['alice', 'bob'], sent);
    if (audit.protected === sent.length || audit.readable > 0 || tries === 20) return audit;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Never `prosody --version`: that starts a server. */
async function prosodyVersion() {
  const { promisify } = await import('node:util');
  const { execFile } = await import('node:child_process');
  const { stdout } = await promisify(execFile)('prosodyctl', ['about']).catch(() => ({ stdout: '' }));
  return /Prosody (\d[\w.]*)/.exec(stdout)?.[1] ?? 'unknown';
}
