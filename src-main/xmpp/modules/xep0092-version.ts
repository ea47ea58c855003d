/** XEP-0092: which program this is. The operating system is nobody's business and is not told. */

import type { Jid } from '../../../src-shared/jid.ts';
import { xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import { serviceUnavailable } from './stanza.ts';

export const NS_VERSION = 'jabber:iq:version';

export interface VersionOptions {
  readonly name: string;
  readonly version: string;
  /** Who may learn that we are online (protocol 3). */
  readonly mayAsk: (from: Jid | undefined) => boolean;
}

export const version = xmppModule<VersionOptions, object>({
  features: [NS_VERSION],
  setup: (session, options) => {
    const teardown = session.iq.onGet('query', NS_VERSION, (_payload, from) => {
      if (!options.mayAsk(from)) throw serviceUnavailable();
      const { name, version } = options;
      return xml('query', NS_VERSION, {}, xml('name', NS_VERSION, {}, name), xml('version', NS_VERSION, {}, version));
    });
    return { teardown };
  },
});
