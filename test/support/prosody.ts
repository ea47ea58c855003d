/** The tests' Prosody is the demo's: scripts/lib/prosody.mjs. */
export { startProsody } from '../../scripts/lib/prosody.mjs';
export type { Prosody } from '../../scripts/lib/prosody.mjs';
