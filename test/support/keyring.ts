/** The private Secret Service for tests: see scripts/lib/keyring.mjs. */

import { startKeyring, type Keyring } from '../../scripts/lib/keyring.mjs';

export { startKeyring, type Keyring };

/**
 * Makes the service this process's own keychain. keytar connects once, at its first call, so this comes before it; one
 * test file is one process, and the states (locked, gone, unlocked again) are then walked through on the one bus.
 */
export async function useKeyring(options?: { readonly unlocked?: boolean; readonly service?: boolean }): Promise<Keyring> {
  const keyring = await startKeyring(options);
  Object.assign(process.env, keyring.env);
  return keyring;
}
