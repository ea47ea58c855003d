/** The openssl and xmlsec1 command lines, as independent judges of what we make. */

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
export function tool(command: 'openssl' | 'xmlsec1', args: readonly string[], cwd: string): Outcome {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: 20_000 });
  if (error !== undefined) throw new Error(`${command} is needed for this test: apt-get install ${command}`, { cause: error });
  return { status, stdout, stderr };
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
