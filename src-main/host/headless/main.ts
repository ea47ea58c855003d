/** The headless host: the contract on stdin and stdout, and nothing else there. */

import { Console } from 'node:console';
import { inspect } from 'node:util';
import { createEngine } from '../../engine.ts';
import { toContractError } from '../../../src-shared/errors.ts';
import { hostArguments } from '../arguments.ts';
import { serve } from './serve.ts';

// Whatever a dependency prints goes to stderr: stdout is the contract.
globalThis.console = new Console(process.stderr, process.stderr);

const log = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
/** An error's class and place, never its message: that may quote what a peer or the user wrote. */
const fault = (error: unknown): string =>
  error instanceof Error
    ? `${error.name} ${
        error.stack
          ?.split('\n')
          .filter((l) => l.startsWith('    at '))
          .slice(0, 6)
          .join('') ?? ''
      }`
    : inspect(typeof error);

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(name, () => {
      stopping.abort();
    });
  }
  const { profile, ca } = hostArguments(process.argv.slice(2));
  try {
    const engine = await createEngine({ profile, host: 'headless', ca });
    await serve(engine, { input: process.stdin, output: process.stdout, log }, stopping.signal);
    return 0;
  } catch (error) {
    const contract = toContractError(error);
    if (contract.code === 'internal') log(fault(error));
    process.stdout.write(`${JSON.stringify({ id: null, error: contract })}\n`);
    return 1;
  }
}

process.on('uncaughtException', (error) => {
  log(`uncaught: ${fault(error)}`);
  process.exit(70);
});

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    // Before the engine: the command line. Its sentences are ours or Node's own.
    log(error instanceof Error ? error.message : 'Signet could not start.');
    process.exit(64);
  },
);
