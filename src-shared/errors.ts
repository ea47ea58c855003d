/**
 * Errors as values. Every code that can reach a person is listed here once; the sentence and the next step for it are in
 * the renderer's catalogue (`src-renderer/i18n`), in every language, and a test holds the two together. `message` and
 * `hint` here are the English ones, for hosts without a page.
 */

export const errorTexts = {
  // the contract
  'bad-input': { message: 'That request was not understood.', hint: 'Check what was entered.' },
  'unknown-command': { message: 'This version of Signet does not know that command.', hint: 'Update Signet.' },
  internal: { message: 'Something went wrong inside Signet. Nothing was lost.', hint: 'Try again; if it stays, restart Signet.' },
  'not-found': { message: 'That is no longer there.', hint: 'Go back and look again.' },
  'not-signed-in': { message: 'You are not signed in.', hint: 'Sign in first.' },
  'other-account': {
    message: 'This profile belongs to another account.',
    hint: 'Start Signet with another profile for that account.',
  },
  'already-signed-in': { message: 'Somebody is signed in here already.', hint: 'Sign out first.' },
  // vault
  'profile-in-use': { message: 'Signet is already open with this profile.', hint: 'Use the window that is open.' },
  'profile-unwritable': {
    message: 'Signet cannot write to its folder.',
    hint: 'Check the folder’s permissions and the free space.',
  },
  'store-damaged': {
    message: 'Your history could not be opened: the file is damaged or the key is not the right one.',
    hint: 'Restore it from a backup, or start afresh.',
  },
  'store-newer': { message: 'This profile was written by a newer Signet.', hint: 'Update Signet.' },
  'keychain-locked': { message: 'Your system’s keychain is locked.', hint: 'Unlock it and try again, or use your passphrase.' },
  'keychain-absent': { message: 'This system offers no keychain.', hint: 'Choose a passphrase for Signet.' },
  'keychain-emptied': { message: 'The key to your history is no longer in the keychain.', hint: 'Open it with your passphrase.' },
  'wrong-passphrase': { message: 'That passphrase does not open your history.', hint: 'Try again.' },
  'passphrase-weak': { message: 'That passphrase is too short.', hint: 'Use at least 10 characters.' },
  'vault-locked': { message: 'Your history is locked.', hint: 'Unlock it first.' },
  // signing in
  'bad-jid': { message: 'That is not a valid address.', hint: 'It looks like name@example.org.' },
  'no-network': { message: 'There is no way to the server right now.', hint: 'Check the network; Signet keeps trying.' },
  'server-not-found': { message: 'No server answers for that address.', hint: 'Check the part after the @.' },
  'connect-timeout': { message: 'The server did not answer in time.', hint: 'Signet keeps trying.' },
  'proxy-failed': {
    message: 'The proxy does not make the connection.',
    hint: 'Check that it runs, and its address, name and password in the server settings.',
  },
  'proxy-needed': {
    message: 'That server can be reached through Tor only.',
    hint: 'Enter Tor’s proxy in the server settings, usually 127.0.0.1 and port 9050.',
  },
  'tls-required': {
    message: 'The server offers no encrypted connection.',
    hint: 'Signet does not sign in without one; ask whoever runs the server.',
  },
  'tls-failed': {
    message: 'The encrypted connection to the server could not be made.',
    hint: 'Try again; ask whoever runs the server.',
  },
  'server-certificate': {
    message: 'The server could not prove that it is the right one.',
    hint: 'Do not sign in; ask whoever runs the server.',
  },
  'server-exception-refused': {
    message: 'No exception can be made for this server’s certificate.',
    hint: 'Ask whoever runs the server to put it right.',
  },
  'server-excepted': {
    message: 'You are signed in although the server’s certificate does not hold: you made an exception.',
    hint: 'Settings show the exception; you can take it back there.',
  },
  'auth-failed': { message: 'Name or password is not right.', hint: 'Check both and try again.' },
  'auth-unsupported': {
    message: 'The server offers no safe way to sign in.',
    hint: 'Ask whoever runs the server to switch on SCRAM.',
  },
  'auth-plain-only': {
    message: 'The server wants your password in the clear, inside the encrypted connection.',
    hint: 'Allow this only if you trust the server.',
  },
  'server-proof': {
    message: 'The server could not prove that it knows you.',
    hint: 'Do not try again before you have asked whoever runs the server.',
  },
  'auth-weak': { message: 'The server asks for a weak or an excessive password check.', hint: 'Ask whoever runs the server.' },
  'account-exists': { message: 'That name is taken.', hint: 'Choose another name, or sign in.' },
  'registration-closed': {
    message: 'The server does not let new accounts be made from here.',
    hint: 'Ask whoever runs the server, or choose another.',
  },
  'registration-failed': { message: 'The server did not accept the new account.', hint: 'Try another name or password.' },
  'stream-conflict': {
    message: 'Another program signed in in this one’s place.',
    hint: 'Sign in again if you want to go on here.',
  },
  'stream-error': { message: 'The server ended the connection.', hint: 'Signet connects again by itself.' },
  'stream-malformed': {
    message: 'The server sent something that is not allowed.',
    hint: 'Signet connects again; if it stays, ask whoever runs the server.',
  },
  'server-busy': { message: 'The server asks to wait.', hint: 'Signet tries again by itself.' },
  // messages
  'message-too-long': { message: 'The message is too long.', hint: 'Send it in parts.' },
  'message-rejected': { message: 'The server did not deliver the message.', hint: 'Try again.' },
  'recipient-unavailable': { message: 'The address does not exist or does not accept messages.', hint: 'Check the address.' },
  'protection-required': {
    message: 'This conversation is protected; the message was not sent unprotected.',
    hint: 'Wait until it can be protected, or decide otherwise in the conversation.',
  },
  'send-stopped': { message: 'Nothing is sent until you have decided about the new key.', hint: 'Open the protection panel.' },
  // protection: protocol 5.5 and 6
  'bad-signature': {
    message: 'The keys could not be agreed on: a signature did not hold.',
    hint: 'Try again; if it stays, compare fingerprints by phone.',
  },
  'untrusted-credential': {
    message: 'The other side did not accept your key, or theirs is not accepted here.',
    hint: 'Compare the keys.',
  },
  'cookie-mismatch': { message: 'The key agreement was mixed up on the way.', hint: 'It is tried again by itself.' },
  'unknown-association': {
    message: 'The other side no longer knew of this key agreement.',
    hint: 'It is tried again by itself.',
  },
  undecryptable: { message: 'This message could not be opened.', hint: 'It has been asked for again.' },
  'no-common-suite': { message: 'Their program offers no protection that is strong enough.', hint: 'They should update it.' },
  'unsupported-group': { message: 'The two programs have no key agreement in common.', hint: 'One of them should be updated.' },
  'use-main-mode': {
    message: 'They hide their certificate from servers, which this version cannot do yet.',
    hint: 'The message waits; update Signet when you can.',
  },
  malformed: {
    message: 'The other side sent a key agreement that is not well formed.',
    hint: 'They should update their program.',
  },
  busy: { message: 'Their program asks to wait.', hint: 'It is tried again in a minute.' },
  'exchange-timeout': { message: 'Their program did not answer in time.', hint: 'It is tried again by itself.' },
  'credential-changed': { message: 'They have a new key.', hint: 'Compare it before you go on.' },
  'credential-revoked': { message: 'Their key was withdrawn.', hint: 'Ask them for the new one.' },
  'credential-expired': { message: 'Their key is too old.', hint: 'They should renew it.' },
  'credential-distrusted': { message: 'You do not trust this key.', hint: 'Compare keys if you want to write again.' },
  'unknown-key': { message: 'This message was protected with a key that is not here.', hint: 'It has been asked for again.' },
  'not-for-this-device': { message: 'This message was protected for other devices of yours only.', hint: 'Read it there.' },
  'number-reused': {
    message: 'Two different messages came under one key; the second was not opened.',
    hint: 'Compare keys if you did not expect this.',
  },
  'store-restored': {
    message: 'Your history was restored or copied, so this device got new keys.',
    hint: 'Nothing to do: conversations go on by themselves.',
  },
  'store-copied': {
    message: 'A copy of this device’s keys is in use elsewhere.',
    hint: 'If that was not you, change your password.',
  },
  'bad-bundle': { message: 'A published key did not hold and was ignored.', hint: 'Compare keys if it stays.' },
} as const satisfies Record<string, { message: string; hint: string }>;

export type ErrorCode = keyof typeof errorTexts;

export const isErrorCode = (s: string): s is ErrorCode => Object.hasOwn(errorTexts, s);

/** How an error crosses the contract. */
export interface ContractError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
}

/** An error that a person may see. Carries a code only: no secret, no peer's text (style rule 7). */
export class SignetError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, options?: { cause?: unknown }) {
    super(code, options);
    this.name = 'SignetError';
    this.code = code;
  }
}

/** The contract's form of any thrown value; what is not ours becomes `internal`. */
export function toContractError(error: unknown): ContractError {
  const code = error instanceof SignetError ? error.code : 'internal';
  return { code, ...errorTexts[code] };
}
