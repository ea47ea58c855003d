import { spawn } from 'node:child_process';

/**
 * Sees to it that a process does not outlive this one, however this one ends (an `exit` handler does not run on SIGKILL): a
 * shell reads from a pipe that only we hold open, and kills the process when the pipe closes.
 * @param {number} pid
 * @returns {() => void} takes the leash off; call it once the process has ended
 */
export function leash(pid) {
  const watcher = spawn('sh', ['-c', `read _; kill -9 ${pid} 2>/dev/null`], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watcher.once('error', () => undefined);
  watcher.stdin.once('error', () => undefined);
  watcher.unref();
  watcher.stdin.unref();
  return () => watcher.kill('SIGKILL');
}
