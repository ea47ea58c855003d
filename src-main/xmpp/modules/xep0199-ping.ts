/** XEP-0199: is the other end still there? */

import type { Jid } from '../../../src-shared/jid.ts';
import { xml } from '../../xml/element.ts';
import { StanzaError, xmppModule } from '../types.ts';
import { serviceUnavailable } from './stanza.ts';

export const NS_PING = 'urn:xmpp:ping';

export interface PingOptions {
  /** Who may learn that we are online (protocol 3); undefined is our own account. */
  readonly mayAsk: (from: Jid | undefined) => boolean;
}

export interface Ping {
  /**
   * Asks our server, or `to`. An error is an answer too: somebody is there (§4.2); but for another account, where it
   * comes from a server on its behalf, it resolves to false.
   * @throws IqTimeout where no answer comes in time
   */
  ping(to?: Jid, timeoutMs?: number): Promise<boolean>;
}

export const ping = xmppModule<PingOptions, Ping>({
  features: [NS_PING],
  setup: (session, { mayAsk }) => {
    const withdraw = session.iq.onGet('ping', NS_PING, (_payload, from) => {
      if (!mayAsk(from)) throw serviceUnavailable();
      return undefined;
    });
    return {
      async ping(to, timeoutMs) {
        try {
          await session.iq.get(to, xml('ping', NS_PING), timeoutMs);
          return true;
        } catch (error) {
          if (error instanceof StanzaError) return to === undefined;
          throw error;
        }
      },
      teardown: withdraw,
    };
  },
});
