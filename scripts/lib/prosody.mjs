/** A private Prosody on loopback, in a temporary folder: the demo's and the tests' server. */

import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeServerCertificate } from './certificates.mjs';
import { freePorts } from './free-ports.mjs';
import { leash } from './leash.mjs';

const TEMPLATE = new URL('../servers/prosody.cfg.lua', import.meta.url);
const DOMAIN = 'localhost';
const NAMES = ['localhost', 'conference.localhost', 'upload.localhost', 'pubsub.localhost'];
const START_MS = 15_000;
const STOP_MS = 5_000;
const ATTEMPTS = 3;

/**
 * Starts a server and resolves once its client ports answer.
 * @param {import('./prosody.d.mts').ProsodyOptions} [options]
 * @returns {Promise<import('./prosody.d.mts').Prosody>}
 * @throws Error with one sentence where Prosody or OpenSSL is not installed, or the server does not start
 */
export async function startProsody(options = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'signet-prosody-'));
  try {
    await mkdir(join(dir, 'data'));
    const names = options.certificateNames ?? [...NAMES.map((n) => `DNS:${n}`), 'IP:127.0.0.1'];
    const { ca, caFile } = await makeServerCertificate(join(dir, 'certs'), names);
    for (const [user, password] of Object.entries(options.accounts ?? {})) await writeAccount(dir, user, password);
    for (let attempt = 1; ; attempt++) {
      const ports = await freePorts(4);
      await writeConfig(dir, ports, options);
      const child = await launch(dir, ports).catch((error) => {
        // Another process may have taken a port since it was found free.
        if (error.portTaken !== true || attempt === ATTEMPTS) throw error;
      });
      if (child !== undefined) return handle(dir, ports, child, { ca, caFile });
    }
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

function handle(dir, ports, first, { ca, caFile }) {
  let child = first;
  const kill = () => end(child, 'SIGKILL');
  return {
    host: '127.0.0.1',
    domain: DOMAIN,
    port: ports[0],
    directTlsPort: ports[1],
    httpPort: ports[2],
    httpsPort: ports[3],
    ca,
    caFile,
    dir,
    get pid() {
      return child.pid;
    },
    register: (user, password) => writeAccount(dir, user, password),
    readArchive: (user) => readArchive(dir, user),
    log: () => readFile(join(dir, 'prosody.log'), 'utf8'),
    kill,
    async restart() {
      await kill();
      await rm(join(dir, 'prosody.pid'), { force: true });
      child = await launch(dir, ports);
    },
    async stop() {
      await end(child, 'SIGTERM');
      await rm(dir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function writeConfig(dir, ports, { passwordHash = 'SHA-256', extra = '' }) {
  const values = {
    DIR: dir,
    PORT: ports[0],
    DIRECT_TLS_PORT: ports[1],
    HTTP_PORT: ports[2],
    HTTPS_PORT: ports[3],
    PASSWORD_HASH: passwordHash,
    EXTRA: extra,
  };
  const lines = (await readFile(TEMPLATE, 'utf8')).split('\n');
  // An option that stands twice makes Prosody fail where the path of its configuration is longer than 60 characters.
  const options = [...extra.matchAll(/^(\w+)\s*=/gm)].map(([, name]) => name);
  const template = lines.filter((line) => !options.some((name) => new RegExp(`^${name}\\s*=`).test(line)));
  await writeFile(
    join(dir, 'prosody.cfg.lua'),
    template.join('\n').replace(/@([A-Z_]+)@/g, (_, name) => String(values[name])),
  );
}

/** Starts the process and waits for its client ports. */
async function launch(dir, ports) {
  // Never `prosody --version` or any other word: it starts a server with the system's configuration.
  const child = spawn('prosody', ['--config', join(dir, 'prosody.cfg.lua'), '-F'], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output = (output + chunk).slice(-4000)));
  const failed = new Promise((_, reject) => {
    child.once('error', (error) => reject(missing(error)));
    child.once('exit', (code) => reject(new Error(`Prosody ended at once (exit code ${code}): ${output.trim()}`)));
  });
  failed.catch(() => undefined);
  if (child.pid !== undefined) child.once('exit', leash(child.pid));
  const logSize = await readFile(join(dir, 'prosody.log')).then(
    (l) => l.length,
    () => 0,
  );
  try {
    await Promise.race([failed, allOpen(ports.slice(0, 2))]);
    const log = (await readFile(join(dir, 'prosody.log'), 'utf8')).slice(logSize);
    if (log.includes('already in use'))
      throw Object.assign(new Error('A port for Prosody was taken meanwhile.'), { portTaken: true });
    return child;
  } catch (error) {
    if (child.pid !== undefined) await end(child, 'SIGKILL');
    throw error;
  }
}

function missing(error) {
  if (error.code !== 'ENOENT') return error;
  return new Error('Prosody is not installed: install it (Debian: apt-get install prosody) and try again.', { cause: error });
}

async function allOpen(ports) {
  const until = Date.now() + START_MS;
  for (const port of ports) {
    while (!(await opens(port))) {
      if (Date.now() > until)
        throw Object.assign(new Error(`Prosody did not open port ${port} in ${START_MS / 1000} s.`), { portTaken: true });
      await sleep(15);
    }
  }
}

const opens = (port) =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Ends a child by signal, by force where it lingers, and waits until it is gone. */
async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(force);
}

/**
 * Writes an account as Prosody's store keeps it. The plain password is turned into a hash by the server at the first
 * sign-in; this takes a millisecond, `prosodyctl register` a third of a second.
 */
async function writeAccount(dir, user, password) {
  const folder = join(dir, 'data', DOMAIN, 'accounts');
  await mkdir(folder, { recursive: true });
  const octets = [...Buffer.from(password, 'utf8')];
  const lua = octets.map((o) => `\\${String(o).padStart(3, '0')}`).join('');
  await writeFile(join(folder, `${storeName(user)}.dat`), `return { ["password"] = "${lua}"; };\n`);
}

/** util.datamanager's file name: octets that are not alphanumeric as %xx. */
const storeName = (user) =>
  [...Buffer.from(user, 'utf8')]
    .map((o) => (/[A-Za-z0-9]/.test(String.fromCharCode(o)) ? String.fromCharCode(o) : `%${o.toString(16).padStart(2, '0')}`))
    .join('');

async function readArchive(dir, user) {
  const file = join(dir, 'data', DOMAIN, 'archive', `${storeName(user)}.list`);
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const escapes = { n: '\n', r: '\r', t: '\t' };
  return text
    .split(/^item\(/m)
    .slice(1)
    .map((item) =>
      item.replace(/\\(\d{1,3}|x[0-9a-fA-F]{2}|\r?\n|.)/g, (_, e) =>
        /^\d/.test(e)
          ? String.fromCharCode(Number(e))
          : /^x../.test(e)
            ? String.fromCharCode(parseInt(e.slice(1), 16))
            : (escapes[e] ?? e),
      ),
    );
}
