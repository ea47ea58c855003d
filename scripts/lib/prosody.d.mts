export interface ProsodyOptions {
  /** Local part → password. */
  readonly accounts?: Readonly<Record<string, string>>;
  /** Of the SCRAM mechanism offered; SHA-256 unless told. */
  readonly passwordHash?: 'SHA-1' | 'SHA-256';
  /** Lua lines for the global section, after ours (so they win). */
  readonly extra?: string;
  /** subjectAltName entries instead of the right ones, to test refusals. */
  readonly certificateNames?: readonly string[];
}

export interface Prosody {
  readonly host: '127.0.0.1';
  readonly domain: 'localhost';
  /** STARTTLS. */
  readonly port: number;
  readonly directTlsPort: number;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** The authority to trust, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly dir: string;
  readonly pid: number;
  /** Makes an account, also while the server runs. */
  register(user: string, password: string): Promise<void>;
  /** The archived stanzas of one account in the server's own notation, escapes resolved. */
  readArchive(user: string): Promise<string[]>;
  log(): Promise<string>;
  /** Ends the process at once (SIGKILL); the folder stays. */
  kill(): Promise<void>;
  /** Starts it again on the same ports and folder. */
  restart(): Promise<void>;
  /** Ends the process and removes the folder. */
  stop(): Promise<void>;
}

export function startProsody(options?: ProsodyOptions): Promise<Prosody>;
