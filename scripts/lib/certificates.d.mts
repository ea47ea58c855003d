export interface ServerCertificate {
  /** The authority to trust, PEM. */
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
}

export function makeServerCertificate(dir: string, names: readonly string[]): Promise<ServerCertificate>;
