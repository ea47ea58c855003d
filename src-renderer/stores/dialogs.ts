/** Which dialog is open; at most one at a time. The dialogs themselves are loaded when the first one opens. */

import type { BareJid } from '../../src-shared/jid.ts';
import type { Fingerprint } from '../../src-shared/ids.ts';
import type { Input } from '../../src-shared/api.ts';
import type { Interrupted } from './server-problem.svelte.ts';

export type Dialog =
  | { readonly kind: 'add-contact'; readonly jid?: BareJid }
  | { readonly kind: 'rename'; readonly jid: BareJid }
  | { readonly kind: 'remove-contact'; readonly jid: BareJid }
  | { readonly kind: 'remove-conversation'; readonly jid: BareJid }
  | { readonly kind: 'compare'; readonly jid: BareJid; readonly fp: Fingerprint }
  | { readonly kind: 'decide'; readonly jid: BareJid; readonly fp: Fingerprint }
  /** `sends`: the draft waits for the answer. */
  | { readonly kind: 'unprotected'; readonly jid: BareJid; readonly sends: boolean }
  | { readonly kind: 'plain-password'; readonly input: Input<'account.signIn'> }
  | { readonly kind: 'server-certificate'; readonly jid: string; readonly interrupted: Interrupted }
  | { readonly kind: 'take-back-exception'; readonly jid: BareJid; readonly fp: Fingerprint; readonly name: string }
  | { readonly kind: 'sign-in-again'; readonly jid: BareJid }
  | { readonly kind: 'sign-out' }
  | { readonly kind: 'passphrase' }
  | { readonly kind: 'remove-passphrase' }
  | { readonly kind: 'start-afresh' }
  | { readonly kind: 'status' }
  | { readonly kind: 'jump' }
  | { readonly kind: 'shortcuts' };
