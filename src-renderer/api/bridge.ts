/**
 * The bridge that the host puts on the page as `window.signetBridge`: two functions and nothing else. Electron binds
 * them through contextBridge, the Chromium host over the debugging pipe, the gallery and the tests with a fake.
 */

import type { ContractError } from '../../src-shared/errors.ts';

export type BridgeAnswer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ContractError };

export interface Bridge {
  /** Never rejects for an error of the engine; a rejection means that the host itself is gone. */
  invoke(command: string, input: unknown): Promise<BridgeAnswer>;
  /** Returns what ends the subscription. */
  subscribe(listener: (event: string, payload: unknown) => void): () => void;
}

declare global {
  interface Window {
    signetBridge?: Bridge;
  }
}
