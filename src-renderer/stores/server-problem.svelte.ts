/** The question that a server's certificate raises: what is wrong, and whether an exception is made. */

import type { Input } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { ServerProblem } from '../../src-shared/models.ts';
import { codeOf } from '../api/client.ts';
import type { AppModel } from './app.svelte.ts';

/** What was being done when the certificate stood in the way, and is done again after an exception. */
export type Interrupted =
  | { readonly kind: 'sign-in'; readonly input: Input<'account.signIn'> }
  | { readonly kind: 'register'; readonly input: Input<'account.register'> }
  | { readonly kind: 'reconnect' };

export class ServerProblemModel {
  readonly #app: AppModel;
  readonly #jid: string;
  readonly #interrupted: Interrupted;
  /** Undefined until the engine has said; null where there is no problem any more. */
  problem: ServerProblem | null | undefined = $state.raw();
  /** The user says that he compared the fingerprint: without it there is no exception. */
  compared = $state(false);
  busy = $state(false);
  error: ErrorCode | null = $state(null);

  constructor(app: AppModel, jid: string, interrupted: Interrupted) {
    this.#app = app;
    this.#jid = jid;
    this.#interrupted = interrupted;
  }

  async load(): Promise<void> {
    try {
      this.problem = await this.#app.api.invoke('server.problem', { jid: this.#jid });
    } catch (error) {
      this.error = codeOf(error);
    }
  }

  get mayAllow(): boolean {
    return this.problem?.exception === 'possible' && this.compared && !this.busy;
  }

  /** Makes the exception and goes on with what was interrupted. True once that worked. */
  async allow(): Promise<boolean> {
    const { problem } = this;
    if (!problem || !this.mayAllow) return false;
    this.busy = true;
    this.error = null;
    try {
      await this.#app.api.invoke('server.allow', { jid: this.#jid, fp: problem.certificate.fp });
      await this.#goOn();
      return true;
    } catch (error) {
      this.error = codeOf(error);
      // Another certificate may be in the way by now.
      this.compared = false;
      await this.load();
      return false;
    } finally {
      this.busy = false;
    }
  }

  async #goOn(): Promise<void> {
    const { kind } = this.#interrupted;
    if (kind === 'sign-in') await this.#app.signIn(this.#interrupted.input);
    else if (kind === 'register') await this.#app.register(this.#interrupted.input);
    else await this.#app.api.invoke('account.reconnect', {});
  }
}
