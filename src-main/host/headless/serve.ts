/** The contract over two streams: requests in, answers and events out, one JSON object a line. */

import { SignetError, toContractError } from '../../../src-shared/errors.ts';
import type { EngineApi } from '../../ipc/engine-api.ts';
import { createRouter } from '../../ipc/router.ts';
import { LineReader, parseRequest } from './framing.ts';
import type { Line } from './framing.ts';

export interface ServeStreams {
  readonly input: NodeJS.ReadableStream;
  /** Writes one line and answers whether more may follow at once (as `Writable.write`). */
  readonly output: NodeJS.WritableStream;
  readonly log: (line: string) => void;
}

/**
 * Serves until the input ends or `signal` fires; then answers what is under way, stops the engine and resolves once all
 * is written. Requests are answered as they finish, so answers may overtake one another: `id` ties them.
 */
export async function serve(engine: EngineApi, { input, output, log }: ServeStreams, signal: AbortSignal): Promise<void> {
  const router = createRouter(engine, { log });
  const reader = new LineReader();
  const running = new Set<Promise<void>>();

  const write = (value: unknown): void => {
    output.write(`${JSON.stringify(value)}\n`);
  };
  const unsubscribe = router.subscribe((event, payload) => {
    write({ event, payload });
  });

  const answer = async (line: Line): Promise<void> => {
    const request = line.kind === 'line' ? parseRequest(line.text) : undefined;
    if (request === undefined) {
      write({ id: null, error: toContractError(new SignetError('bad-input')) });
      return;
    }
    const reply = await router.invoke(request.command, request.input);
    write(reply.ok ? { id: request.id, result: reply.value ?? null } : { id: request.id, error: reply.error });
  };
  const take = (lines: readonly Line[]): void => {
    for (const line of lines) {
      const work = answer(line).finally(() => running.delete(work));
      running.add(work);
    }
  };

  await new Promise<void>((resolve) => {
    const done = (): void => {
      input.removeAllListeners('data');
      input.pause();
      resolve();
    };
    input.on('data', (chunk: Uint8Array | string) => {
      take(reader.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
    });
    input.once('end', done);
    input.once('error', done);
    // Whoever read our answers is gone: nobody is left to serve.
    output.once('error', done);
    if (signal.aborted) done();
    signal.addEventListener('abort', done, { once: true });
  });
  take(reader.end());
  await Promise.allSettled(running);
  await engine.stop();
  unsubscribe();
  await new Promise<void>((resolve) => {
    output.write('', () => {
      resolve();
    });
  });
}
