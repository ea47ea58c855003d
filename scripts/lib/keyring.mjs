/**
 * A private Secret Service: its own D-Bus and gnome-keyring in a temp dir, never the user's. The demo and the tests use it.
 *
 * The bus has no service directories, so nothing is started on it behind our back; each daemon runs under a shell that
 * ends it as soon as this process is gone (its stdin closes), so that even kill -9 leaves nothing running.
 */

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const READY_MS = 10_000;
const PASSWORD = 'test';
const GUARD =
  'd=$1; shift; printf %s "$SECRET" | "$@" >"$d/$1.log" 2>&1 & p=$!; cat >/dev/null; kill "$p" 2>/dev/null; wait "$p"';

const busConfig = (socket) => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>`;

/** Runs one command to its end; resolves with its exit status, rejects where it cannot be started. */
function run(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'ignore'] });
    child.once('error', (error) => {
      reject(missing(command, error));
    });
    child.once('exit', (code) => {
      resolve(code ?? 1);
    });
  });
}

function missing(command, cause) {
  const hint = cause.code === 'ENOENT' ? `install it (Debian: apt-get install dbus gnome-keyring libglib2.0-bin)` : cause.message;
  return new Error(`${command} cannot be started: ${hint}`, { cause });
}

/**
 * Unlocks the login collection of a running daemon, as logging in does: its control socket takes one octet, then a packet
 * of lengths, operation (1 = unlock) and password, all numbers big endian, and answers with a packet ending in 0 for done.
 */
function unlockOver(socket, secret) {
  const password = Buffer.from(secret);
  const packet = Buffer.alloc(13 + password.length);
  packet.writeUInt32BE(packet.length - 1, 1);
  packet.writeUInt32BE(1, 5);
  packet.writeUInt32BE(password.length, 9);
  packet.set(password, 13);
  return new Promise((resolve, reject) => {
    const connection = createConnection(socket, () => connection.write(packet));
    connection.setTimeout(READY_MS, () => connection.destroy(new Error('the keyring daemon did not answer')));
    connection.once('error', reject);
    connection.once('data', (answer) => {
      connection.destroy();
      if (answer.length === 8 && answer.readUInt32BE(4) === 0) resolve();
      else reject(new Error('the keyring daemon refused to unlock'));
    });
  });
}

/** Starts a daemon under the guard; the returned function ends it and waits until it is gone. */
function guarded(dir, env, secret, command, args) {
  const shell = spawn('sh', ['-c', GUARD, 'sh', dir, command, ...args], {
    env: { ...env, SECRET: secret },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const gone = new Promise((resolve) => {
    shell.once('exit', resolve);
    shell.once('error', resolve);
  });
  shell.stdin.on('error', () => undefined); // the shell ended first: `gone` tells
  shell.unref();
  return async () => {
    shell.ref();
    shell.stdin.end();
    await gone;
  };
}

/**
 * Starts a bus and, unless told otherwise, an unlocked Secret Service on it.
 *
 * @param {{ unlocked?: boolean, service?: boolean }} [options] `service: false`: a bus without a Secret Service;
 *   `unlocked: false`: a service whose collection exists and is locked
 * @returns {Promise<import('./keyring.d.mts').Keyring>}
 * @throws Error with one sentence where dbus-daemon, gdbus or gnome-keyring-daemon is missing or does not answer
 */
export async function startKeyring({ unlocked = true, service = true } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'signet-keyring-'));
  const socket = join(dir, 'bus');
  const address = `unix:path=${socket}`;
  const { DISPLAY: _display, WAYLAND_DISPLAY: _wayland, ...rest } = process.env;
  const inner = { ...rest, HOME: dir, XDG_DATA_HOME: join(dir, 'data'), XDG_RUNTIME_DIR: dir, DBUS_SESSION_BUS_ADDRESS: address };
  const gdbus = (...args) => run('gdbus', args, inner);
  const call = (method, ...args) =>
    gdbus(
      'call',
      '--session',
      '--dest',
      'org.freedesktop.secrets',
      '--object-path',
      '/org/freedesktop/secrets',
      '--method',
      method,
      ...args,
    );

  let stopService = async () => {};
  const lock = async () => {
    const status = await call('org.freedesktop.Secret.Service.Lock', "['/org/freedesktop/secrets/collection/login']");
    if (status !== 0) throw new Error('the test keyring could not be locked');
  };
  const startService = async () => {
    await stopService();
    stopService = guarded(dir, inner, PASSWORD, 'gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets']);
    // The name is there before the collection is; an unlocked daemon answers ReadAlias with it a moment later.
    for (const end = Date.now() + READY_MS; ;) {
      const status = await gdbus(
        'call', '--session', '--dest', 'org.freedesktop.secrets', '--object-path', '/org/freedesktop/secrets/collection/login',
        '--method', 'org.freedesktop.DBus.Properties.Get', 'org.freedesktop.Secret.Collection', 'Locked',
      ); // prettier-ignore
      if (status === 0) return;
      if (Date.now() > end) throw new Error('gnome-keyring-daemon did not offer a Secret Service within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };

  const config = join(dir, 'bus.conf');
  await writeFile(config, busConfig(socket));
  const stopBus = guarded(dir, inner, '', 'dbus-daemon', [`--config-file=${config}`, '--nofork', '--nosyslog']);
  const stop = async () => {
    await stopService();
    await stopBus();
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const bus = async () => (await gdbus('call', '--session', '--dest', 'org.freedesktop.DBus', '--object-path', '/', '--method', 'org.freedesktop.DBus.GetId')) === 0; // prettier-ignore
    for (const end = Date.now() + READY_MS; !(await bus());) {
      if (Date.now() > end)
        throw new Error('dbus-daemon did not start within 10 s; is it installed (Debian: apt-get install dbus)?');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    if (service) await startService();
    if (service && !unlocked) await lock();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    env: { DBUS_SESSION_BUS_ADDRESS: address },
    lock,
    unlock: () => unlockOver(join(dir, 'keyring', 'control'), PASSWORD),
    restartService: startService,
    stopService: async () => {
      await stopService();
      stopService = async () => {};
    },
    stop,
  };
}
