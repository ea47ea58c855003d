/** The form of signing in and of making an account. */

import type { Input } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import { codeOf } from '../api/client.ts';
import { looksLikeAddress } from '../lib/names.ts';
import type { AppModel } from './app.svelte.ts';

type Field = 'jid' | 'password' | 'port';

export class CredentialsForm {
  readonly #app: AppModel;
  readonly creating: boolean;
  jid = $state('');
  password = $state('');
  remember = $state(true);
  host = $state('');
  port = $state('');
  tls: 'direct' | 'starttls' = $state('direct');
  busy = $state(false);
  error: ErrorCode | null = $state(null);
  /** Fields that cannot be sent as they are. */
  wrong: readonly Field[] = $state.raw([]);

  constructor(app: AppModel, creating: boolean, jid = '') {
    this.#app = app;
    this.creating = creating;
    this.jid = jid;
    const vault = app.vault;
    // Where there is no keychain, there is nowhere to remember a password.
    this.remember = !(vault?.kind === 'open' && !vault.keychain);
  }

  get input(): Input<'account.signIn'> {
    const host = this.host.trim();
    const credentials = { jid: this.jid.trim(), password: this.password, remember: this.remember };
    if (host === '') return credentials;
    const port = this.port.trim() === '' ? (this.tls === 'direct' ? 5223 : 5222) : Number(this.port);
    return { ...credentials, server: { host, port, tls: this.tls } };
  }

  /** Signs in or creates. True once it worked; `auth-plain-only` opens the question whether the password may be sent. */
  async submit(): Promise<boolean> {
    if (this.busy || !this.#check()) return false;
    this.busy = true;
    this.error = null;
    try {
      if (this.creating) await this.#app.register(this.input);
      else await this.#app.signIn(this.input);
      this.password = '';
      return true;
    } catch (error) {
      this.error = codeOf(error);
      if (this.error === 'auth-plain-only' && !this.creating) {
        this.#app.dialog = { kind: 'plain-password', input: this.input };
      }
      if (this.error === 'server-certificate') this.#explain();
      return false;
    } finally {
      this.busy = false;
    }
  }

  #explain(): void {
    const { input, jid } = this;
    const kind = this.creating ? 'register' : 'sign-in';
    this.#app.dialog = { kind: 'server-certificate', jid, interrupted: { kind, input } };
  }

  #check(): boolean {
    const wrong: Field[] = [];
    if (!looksLikeAddress(this.jid)) wrong.push('jid');
    if (this.password === '') wrong.push('password');
    const port = this.port.trim();
    if (port !== '' && !(/^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)) wrong.push('port');
    this.wrong = wrong;
    return wrong.length === 0;
  }
}
