/** Fingerprints as people compare them. */

import type { Fingerprint } from '../../src-shared/ids.ts';
import type { BareJid } from '../../src-shared/jid.ts';

/** 64 hex digits as eight groups of eight. */
export const groupsOf = (fp: Fingerprint): readonly string[] => fp.match(/.{8}/g) ?? [];

/** `xmpp:BARE?xmpp-sec;fp=FP` (protocol 4, "Trust"), the address escaped as a URI asks. */
export const keyUri = (jid: BareJid, fp: Fingerprint): string =>
  `xmpp:${jid.split('@').map(encodeURIComponent).join('@')}?xmpp-sec;fp=${fp}`;
