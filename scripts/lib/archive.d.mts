import type { Prosody } from './prosody.d.mts';

/** Messages protected in every archive; texts found anywhere on the server. */
export function auditArchive(
  prosody: Pick<Prosody, 'dir' | 'readArchive' | 'log'>,
  users: readonly string[],
  messages: readonly { readonly originId: string; readonly body: string }[],
): Promise<{ readonly protected: number; readonly readable: number }>;
