/** The command lines of other programs (openssl, xmlsec1, GnuTLS's certtool), as independent judges of what we make. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool to its end. Throws where it is not installed. */
export function tool(command: 'openssl' | 'xmlsec1' | 'certtool', args: readonly string[], cwd: string): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 60_000 });
  const pkg = command === 'certtool' ? 'gnutls-bin' : command;
  if (error !== undefined) throw new Error(`${command} is needed for this test: apt-get install ${pkg}`, { cause: error });
  return { status, stdout, stderr };
}

/** Runs a tool that has to succeed; answers what it printed. */
export function mustRun(command: Parameters<typeof tool>[0], args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = tool(command, args, cwd);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** As {@link inFolder}, for what takes its time. */
export async function inFolderAsync<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'signet-tool-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Calls `use` with a folder of its own, removed afterwards. */
export function inFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(path.join(tmpdir(), 'signet-tool-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
