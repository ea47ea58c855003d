import { spawn } from 'node:child_process';
import { isExternalUrl } from './host.ts';

const OPENERS: Partial<Record<NodeJS.Platform, readonly string[]>> = {
  linux: ['xdg-open'],
  darwin: ['open'],
  win32: ['rundll32', 'url.dll,FileProtocolHandler'],
};

/** Hands a web or mail address to the system, without a shell. Answers false where it was refused or nothing can open it. */
export function openExternal(url: string): Promise<boolean> {
  const [command, ...args] = OPENERS[process.platform] ?? [];
  if (command === undefined || !isExternalUrl(url)) return Promise.resolve(false);
  return new Promise((resolve) => {
    // The normalised form: no white space, no leading dash.
    const child = spawn(command, [...args, new URL(url).href], { stdio: 'ignore', detached: true });
    child.once('error', () => {
      resolve(false);
    });
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
