/** XEP-0077 §3.2 and §3.3: what one who is signed in may do to the account. (Registering is `../register.ts`.) */

import { localOf } from '../../../src-shared/jid.ts';
import { xml } from '../../xml/element.ts';
import { IqTimeout, xmppModule } from '../types.ts';

const NS_REGISTER = 'jabber:iq:register';

export interface AccountManagement {
  /** @throws StanzaError (`not-allowed`, `bad-request`: a password the server does not take), IqTimeout */
  changePassword(password: string): Promise<void>;
  /**
   * Deletes the account on the server, for good. Resolves where the server ends the stream instead of answering, as
   * §3.2 has it.
   * @throws StanzaError
   */
  removeAccount(): Promise<void>;
}

export const account = xmppModule<undefined, AccountManagement>({
  features: [],
  setup: (session) => ({
    async changePassword(password) {
      const username = xml('username', NS_REGISTER, {}, localOf(session.bare));
      await session.iq.set(undefined, xml('query', NS_REGISTER, {}, username, xml('password', NS_REGISTER, {}, password)));
    },
    async removeAccount() {
      try {
        await session.iq.set(undefined, xml('query', NS_REGISTER, {}, xml('remove', NS_REGISTER)));
      } catch (error) {
        if (!(error instanceof IqTimeout)) throw error;
      }
    },
    teardown() {
      // Nothing was registered.
    },
  }),
});
