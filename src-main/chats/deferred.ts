import type { SignetError } from '../../src-shared/errors.ts';
import type { Effect, Workspace } from '../services.ts';

/** How long a mark may wait for others, to share one flush to the disk. */
const WAIT_MS = 30;

/**
 * Work for the store that may be lost with a crash: that the server has acknowledged a message, that a receipt left. What
 * is lost is done again (the message is sent again and shows once), so it need not cost a flush of its own each time.
 */
export interface Deferred {
  /** `work` runs in a transaction soon, with others; its effect after that. */
  (work: () => Effect): void;
  /** Now, before the store closes. */
  flush(): void;
}

export function createDeferred(workspace: Workspace): Deferred {
  let queue: (() => Effect)[] = [];
  let cancel: () => void = () => undefined;

  const flush = (): void => {
    cancel();
    const works = queue;
    queue = [];
    if (works.length === 0) return;
    try {
      const effects = workspace.store.transaction(() => works.map((work) => work()));
      for (const effect of effects) effect();
    } catch (error) {
      workspace.log('deferred-not-stored', codeOf(error));
    }
  };

  const defer = (work: () => Effect): void => {
    if (queue.length === 0) cancel = workspace.timers.after(WAIT_MS, flush);
    queue.push(work);
  };
  return Object.assign(defer, { flush });
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? (error as SignetError).code : 'internal');
