/** A driver of the headless host: starts it, speaks the contract, kills it. The demo's bob and the fault tests use it. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DIST } from './paths.mjs';

/** Room for a graceful stop (the store is flushed, the stream closed). */
const STOP_MS = 10_000;

/**
 * @param {import('./contract-client.d.mts').ClientOptions} options
 * @returns {import('./contract-client.d.mts').ContractClient}
 */
export function startHeadless({ profile, caFile, env = {}, onEvent = () => {}, onLog = () => {} }) {
  const args = [join(DIST, 'main', 'headless.js'), '--profile', profile, ...(caFile === undefined ? [] : ['--ca', caFile])];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ended = once(child, 'exit').then(([code, signal]) => {
    process.off('exit', killWithUs);
    for (const { reject } of calls.values()) reject(new Error('The headless engine ended.'));
    calls.clear();
    return code ?? signal;
  });
  const calls = new Map();
  const listeners = new Set([onEvent]);
  let last = 0;

  child.stdin.on('error', () => {}); // it ended first: `ended` tells
  createInterface({ input: child.stderr }).on('line', onLog);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, result, error, event, payload } = JSON.parse(line);
    if (event !== undefined) {
      for (const listener of [...listeners]) listener(event, payload);
      return;
    }
    const call = calls.get(id);
    calls.delete(id);
    if (error === undefined) call?.resolve(result);
    else if (call === undefined) onLog(`${error.code}: ${error.message}`);
    else call.reject(Object.assign(new Error(`${call.command}: ${error.code}`), error));
  });

  return {
    pid: child.pid,
    ended,
    invoke(command, input = {}) {
      last += 1;
      const id = last;
      return new Promise((resolve, reject) => {
        calls.set(id, { command, resolve, reject });
        child.stdin.write(`${JSON.stringify({ id, command, input })}\n`);
      });
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    kill() {
      child.kill('SIGKILL');
      return ended;
    },
    async stop() {
      child.stdin.end();
      const force = setTimeout(killWithUs, STOP_MS);
      const code = await ended;
      clearTimeout(force);
      return code;
    },
  };
}
