import type { BareJid, FullJid, Jid } from '../../src-shared/jid.ts';
export declare function prepareJid(text: string): Jid;
export declare function parseBareJid(text: string): BareJid;
export declare function parseFullJid(text: string): FullJid;
export declare function tryJid(text: string): Jid | undefined;
