import { describe, expect, it, vi } from 'vitest';
import type { BareJid } from '../../../../src-shared/jid.ts';
import {
  readSubscription,
  type SubscriptionStanza,
  subscriptions,
} from '../../../../src-main/xmpp/modules/rfc6121-subscription.ts';
import { element, stanza, testSession } from './support.ts';

const romeo = 'romeo@example.net' as BareJid;

function start() {
  const far = testSession();
  const onSubscription = vi.fn<(stanza: SubscriptionStanza) => void>();
  return { far, onSubscription, module: subscriptions.setup(far.session, { extensionNs: 'xmpp:sec', onSubscription }) };
}

describe('subscriptions (RFC 6121 §3)', () => {
  it('are asked for, allowed, ended and refused', () => {
    const { far, module } = start();
    module.subscribe(romeo, 'It is me');
    expect(far.take()).toEqual(stanza("<presence to='romeo@example.net' type='subscribe'><status>It is me</status></presence>"));
    module.subscribed(romeo, element("<x xmlns='xmpp:sec'><KeyTransport/></x>"));
    expect(far.take()).toEqual(
      stanza("<presence to='romeo@example.net' type='subscribed'><x xmlns='xmpp:sec'><KeyTransport/></x></presence>"),
    );
    module.unsubscribe(romeo);
    expect(far.take()).toEqual(stanza("<presence to='romeo@example.net' type='unsubscribe'/>"));
    module.unsubscribed(romeo);
    expect(far.take()).toEqual(stanza("<presence to='romeo@example.net' type='unsubscribed'/>"));
  });

  it.each(['subscribe', 'subscribed', 'unsubscribe', 'unsubscribed'] as const)(
    'tells of an incoming %s, by bare JID',
    async (type) => {
      const { far, onSubscription } = start();
      await far.receive(`<presence from='romeo@example.net/orchard' to='juliet@capulet.example' type='${type}'/>`);
      expect(onSubscription).toHaveBeenCalledExactlyOnceWith({ type, from: romeo, status: undefined, extension: undefined });
    },
  );

  it('hands over what came in x (protocol 4), of subscribed only and of that namespace only', async () => {
    const { far, onSubscription } = start();
    const x = "<x xmlns='xmpp:sec'><KeyTransport jid='romeo@example.net'/></x>";
    await far.receive(`<presence from='romeo@example.net' type='subscribed'><x xmlns='vcard-temp:x:update'/>${x}</presence>`);
    expect(onSubscription).toHaveBeenLastCalledWith({
      type: 'subscribed',
      from: romeo,
      status: undefined,
      extension: element(x),
    });
    await far.receive(`<presence from='romeo@example.net' type='subscribe'>${x}</presence>`);
    expect(onSubscription.mock.lastCall?.[0].extension).toBeUndefined();
  });

  it('bounds the status', () => {
    const read = readSubscription(
      stanza(`<presence from='romeo@example.net' type='subscribe'><status>${'x'.repeat(9000)}</status></presence>`),
    );
    expect(read?.status).toHaveLength(1024);
  });

  it('ignores other types, nobody, and ourselves', async () => {
    const { far, onSubscription } = start();
    await far.receive("<presence from='romeo@example.net'/>");
    await far.receive("<presence from='romeo@example.net' type='probe'/>");
    await far.receive("<presence type='subscribe'/>");
    await far.receive("<presence from='@' type='subscribe'/>");
    await far.receive("<presence from='juliet@capulet.example/chamber' type='subscribe'/>");
    expect(onSubscription).not.toHaveBeenCalled();
  });

  it('ends with the session', async () => {
    const { far, module, onSubscription } = start();
    module.teardown();
    await far.receive("<presence from='romeo@example.net' type='subscribe'/>");
    expect(onSubscription).not.toHaveBeenCalled();
  });
});
