/** A private ejabberd on loopback, in a temporary folder: the second server, for what Prosody does not do. */

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { makeServerCertificate } from '../../scripts/lib/certificates.mjs';
import { freePorts } from '../../scripts/lib/free-ports.mjs';
import { leash } from '../../scripts/lib/leash.mjs';

const run = promisify(execFile);
const TEMPLATE = new URL('./servers/ejabberd.yml', import.meta.url);
const CTL = '/usr/sbin/ejabberdctl';
const START_MS = 30_000;
const STOP_MS = 10_000;

export interface EjabberdOptions {
  readonly accounts?: Readonly<Record<string, string>>;
  /** Of the SCRAM mechanisms offered; sha256 unless told. */
  readonly scramHash?: 'sha' | 'sha256' | 'sha512';
}

export interface Ejabberd {
  readonly host: '127.0.0.1';
  readonly domain: 'localhost';
  /** STARTTLS. */
  readonly port: number;
  readonly directTlsPort: number;
  /** The authority to trust, PEM. */
  readonly ca: string;
  readonly dir: string;
  register(user: string, password: string): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error with one sentence where ejabberd is not installed or does not start */
export async function startEjabberd(options: EjabberdOptions = {}): Promise<Ejabberd> {
  const dir = await mkdtemp(path.join(tmpdir(), 'signet-ejabberd-'));
  const at = (...parts: string[]) => path.join(dir, ...parts);
  for (const folder of ['conf', 'spool', 'logs', 'certs']) await mkdir(at(folder));
  const { ca, certFile, keyFile } = await makeServerCertificate(at('certs'), [
    'DNS:localhost',
    'DNS:conference.localhost',
    'DNS:pubsub.localhost',
  ]);
  await writeFile(at('certs', 'both.pem'), (await readFile(certFile, 'utf8')) + (await readFile(keyFile, 'utf8')));
  const [port = 0, directTlsPort = 0, distributionPort = 0] = await freePorts(3);
  const values: Readonly<Record<string, string>> = {
    DIR: dir,
    PORT: String(port),
    DIRECT_TLS_PORT: String(directTlsPort),
    SCRAM_HASH: options.scramHash ?? 'sha256',
  };
  const template = await readFile(TEMPLATE, 'utf8');
  await writeFile(
    at('conf', 'ejabberd.yml'),
    template.replace(/@([A-Z_]+)@/g, (_, name: string) => values[name] ?? ''),
  );
  await copyFile('/etc/ejabberd/inetrc', at('conf', 'inetrc')).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new Error('ejabberd is not installed: install it (Debian: apt-get install ejabberd) and try again.');
    throw error;
  });
  await writeFile(
    at('conf', 'ejabberdctl.cfg'),
    [
      `ERLANG_NODE=ejtest${String(distributionPort)}@localhost`,
      'INET_DIST_INTERFACE=127.0.0.1',
      // With a fixed port no port mapper is started, which would listen on every address.
      `ERL_DIST_PORT=${String(distributionPort)}`,
      'ERL_EPMD_ADDRESS=127.0.0.1',
      `EJABBERD_PID_PATH=${at('ejabberd.pid')}`,
      '',
    ].join('\n'),
  );
  // ejabberdctl gives up root for the user `ejabberd`, who must be able to write here.
  if (process.getuid?.() === 0) await run('chown', ['-R', 'ejabberd:ejabberd', dir]);
  else await chmod(dir, 0o700);

  const common = [
    ...['--config-dir', at('conf'), '--ctl-config', at('conf', 'ejabberdctl.cfg'), '--config', at('conf', 'ejabberd.yml')],
    ...['--spool', at('spool'), '--logs', at('logs')],
  ];
  const ctl = (...args: string[]) => run(CTL, [...common, ...args], { cwd: dir });
  const register = async (user: string, password: string) => {
    await ctl('register', user, 'localhost', password);
  };
  const child = spawn(CTL, [...common, 'foreground'], { cwd: dir, stdio: 'ignore' });
  let unleash: (() => void) | undefined;
  const stop = async () => {
    // The virtual machine is a grandchild in a session of its own, which no signal to the child reaches.
    const pid = await machinePid(at('ejabberd.pid'));
    if (child.exitCode === null) await Promise.race([ctl('stop'), sleep(STOP_MS)]);
    if (pid !== undefined) await ended(pid);
    unleash?.();
    child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  try {
    await opened(port, child);
    const pid = await machinePid(at('ejabberd.pid'));
    if (pid !== undefined) unleash = leash(pid);
    for (const [user, password] of Object.entries(options.accounts ?? {})) await register(user, password);
  } catch (error) {
    await stop();
    throw error;
  }
  return { host: '127.0.0.1', domain: 'localhost', port, directTlsPort, ca, dir, register, stop };
}

async function machinePid(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return /^[0-9]+$/.test(text.trim()) ? Number(text) : undefined;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for the end of a process, and forces it where it lingers. */
async function ended(pid: number): Promise<void> {
  const until = Date.now() + STOP_MS;
  while (alive(pid) && Date.now() < until) await sleep(20);
  if (alive(pid)) process.kill(pid, 'SIGKILL');
}

async function opened(port: number, child: ChildProcess): Promise<void> {
  const until = Date.now() + START_MS;
  while (!(await opens(port))) {
    if (child.exitCode !== null) throw new Error('ejabberd ended at once; see the logs folder.');
    if (Date.now() > until) throw new Error('ejabberd did not open its port in 30 s.');
    await sleep(50);
  }
}

function opens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
