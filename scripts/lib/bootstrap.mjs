/** What every script does first: dependencies, system packages. Plain Node 20, no packages. Its output goes to stderr. */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ROOT } from './paths.mjs';

/** Prints one sentence and ends the process. */
export function stop(sentence, code = 1) {
  console.error(sentence);
  process.exit(code);
}

/** Whether a program is on the PATH. */
export function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const isRoot = process.getuid?.() === 0;

const MARK = join(ROOT, 'node_modules', '.signet-lock');
const lockHash = () =>
  createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex');

/** node_modules as package-lock.json says, without any install script. */
function installModules() {
  const wanted = lockHash();
  const npmsOwn = join(ROOT, 'node_modules', '.package-lock.json');
  if (existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted) return;
  if (existsSync(npmsOwn) && !existsSync(MARK) && sameVersions(npmsOwn)) {
    writeFileSync(MARK, wanted);
    return;
  }
  console.error('Installing dependencies …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status } = spawnSync(npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (status !== 0) stop('The dependencies could not be installed: check the network, then try again.');
  writeFileSync(MARK, wanted);
}

/** Whether what npm installed by hand is what the lockfile names. */
function sameVersions(installedFile) {
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional === true || installed[path]?.version === version,
  );
}

/** What a program comes from in Debian, and what its absence means. */
const PROGRAMS = {
  chromium: { packages: ['chromium'], sentence: 'No Chromium was found: install it (Debian: apt-get install chromium).' },
  prosody: { packages: ['prosody'], sentence: 'Prosody is not installed: install it (Debian: apt-get install prosody).' },
  ejabberdctl: { packages: ['ejabberd'], sentence: 'ejabberd is not installed: install it (Debian: apt-get install ejabberd).' },
  openssl: { packages: ['openssl'], sentence: 'OpenSSL is not installed: install it (Debian: apt-get install openssl).' },
  Xvfb: {
    packages: ['xvfb', 'xauth'],
    sentence: 'There is no display: start this in a desktop session, or install Xvfb (Debian: apt-get install xvfb).',
  },
  'dbus-daemon': { packages: ['dbus'], sentence: 'There is no D-Bus: install it (Debian: apt-get install dbus).' },
  gdbus: { packages: ['libglib2.0-bin'], sentence: 'gdbus is missing: install it (Debian: apt-get install libglib2.0-bin).' },
  'gnome-keyring-daemon': {
    packages: ['gnome-keyring', 'libsecret-1-0'],
    sentence: 'There is no keychain: install one (Debian: apt-get install gnome-keyring libsecret-1-0).',
  },
  slixmpp: {
    packages: ['python3-slixmpp'],
    file: '/usr/lib/python3/dist-packages/slixmpp/__init__.py',
    sentence: 'slixmpp is not installed: install it (Debian: apt-get install python3-slixmpp).',
  },
  certtool: { packages: ['gnutls-bin'], sentence: 'certtool is not installed: install it (Debian: apt-get install gnutls-bin).' },
  xmlsec1: { packages: ['xmlsec1'], sentence: 'xmlsec1 is not installed: install it (Debian: apt-get install xmlsec1).' },
};

/** Installs Debian packages without starting any service. */
function aptInstall(packages) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  // 101: "action forbidden by policy"; a test server must not become a system service.
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const apt = (...args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status ===
    0;
  try {
    return apt('-q', 'update') && apt('-q', '-y', 'install', '--no-install-recommends', ...packages);
  } finally {
    if (ours) spawnSync('rm', ['-f', policy]);
  }
}

const found = (program) =>
  (program === 'chromium' && (process.env.SIGNET_CHROMIUM ?? '') !== '') || chromiumElsewhere(program) || isThere(program);
/** A library has no program of its own to look for. */
const isThere = (program) => {
  const { file } = PROGRAMS[program];
  return file === undefined ? has(program) : existsSync(file);
};
const chromiumElsewhere = (program) =>
  program === 'chromium' &&
  (process.platform !== 'linux' || ['chromium-browser', 'google-chrome-stable', 'google-chrome'].some(has));

/** @param {string[]} programs of PROGRAMS; the process ends with a sentence where one is missing and cannot be installed */
function needPrograms(programs) {
  const missing = programs.filter((p) => !found(p));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((p) => PROGRAMS[p].packages))];
  if (isRoot && has('apt-get')) {
    console.error(`Installing ${packages.join(' ')} …`);
    aptInstall(packages);
  }
  const still = missing.filter((p) => !found(p));
  if (still.length > 0) stop(still.map((p) => PROGRAMS[p].sentence).join('\n'));
}

/**
 * Makes the machine ready for a script.
 * @param {{ programs?: string[] }} [needs]
 */
export async function prepare({ programs = [] } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) stop('Signet needs Node 20.19 or newer: install it from nodejs.org.');
  installModules();
  if (process.platform === 'linux') needPrograms(programs);
}
