/** What opens the vault: a passphrase (new or known), or another look for the keychain. */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { VaultState } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import type { AppModel } from './app.svelte.ts';

/** The contract's rule (`passphrase-weak`), said before the engine has to. */
export const MIN_PASSPHRASE = 10;

export class VaultForm {
  readonly #app: AppModel;
  passphrase = $state('');
  again = $state('');
  busy = $state(false);
  error: ErrorCode | null = $state(null);
  wrong: 'short' | 'differ' | null = $state(null);

  constructor(app: AppModel) {
    this.#app = app;
  }

  /** A known passphrase opens the store; for a fresh profile a new one makes it. */
  unlock(isNew: boolean): Promise<boolean> {
    if (isNew && !this.#checkNew()) return Promise.resolve(false);
    return this.#ask(() => this.#app.api.invoke('vault.unlock', { passphrase: this.passphrase }));
  }

  retry(): Promise<boolean> {
    return this.#ask(() => this.#app.api.invoke('vault.retry', {}));
  }

  setPassphrase(): Promise<boolean> {
    if (!this.#checkNew()) return Promise.resolve(false);
    return this.#ask(() => this.#app.api.invoke('vault.setPassphrase', { passphrase: this.passphrase }));
  }

  #checkNew(): boolean {
    this.wrong = Array.from(this.passphrase).length < MIN_PASSPHRASE ? 'short' : this.passphrase !== this.again ? 'differ' : null;
    return this.wrong === null;
  }

  async #ask(act: () => Promise<VaultState>): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    this.error = null;
    try {
      this.#app.setVault(await act());
      this.passphrase = '';
      this.again = '';
      return true;
    } catch (error) {
      this.error = codeOf(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
