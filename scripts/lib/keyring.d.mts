/** A private Secret Service of one test or demo. */
export interface Keyring {
  /** Add to the environment of a process (before it first touches keytar) to make this its keychain. */
  readonly env: { readonly DBUS_SESSION_BUS_ADDRESS: string };
  /** Locks the collection: reads give nothing, writes are refused. */
  lock(): Promise<void>;
  /** Unlocks it again. */
  unlock(): Promise<void>;
  /** Starts the service anew on the same data, unlocked. A process that used keytar before has lost its session then. */
  restartService(): Promise<void>;
  /** Ends the service; the bus stays: a machine without a keychain. */
  stopService(): Promise<void>;
  /** Ends everything and removes the temp dir. */
  stop(): Promise<void>;
}

export function startKeyring(options?: { readonly unlocked?: boolean; readonly service?: boolean }): Promise<Keyring>;
