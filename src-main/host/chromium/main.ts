/** `npm start` where Electron's binary is not there: one window, closed by the user or by a signal. */

import { SignetError, toContractError } from '../../../src-shared/errors.ts';
import { hostArguments } from '../arguments.ts';
import { openChromiumHost } from './open.ts';

async function main(): Promise<void> {
  const host = await openChromiumHost({
    ...hostArguments(process.argv.slice(2)),
    log: (line) => {
      process.stderr.write(`${line}\n`);
    },
  });
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(name, () => void host.close());
  await host.closed;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    const contract = toContractError(error);
    const sentence =
      error instanceof SignetError
        ? `${contract.message} ${contract.hint}`
        : error instanceof Error
          ? error.message
          : contract.message;
    process.stderr.write(`${sentence}\n`);
    process.exit(1);
  },
);
