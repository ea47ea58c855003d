import { describe, expect, it } from 'vitest';
import type { Jid } from '../../../../src-shared/jid.ts';
import { IqTimeout, StanzaError } from '../../../../src-main/xmpp/types.ts';
import { account } from '../../../../src-main/xmpp/modules/xep0077-account.ts';
import { version } from '../../../../src-main/xmpp/modules/xep0092-version.ts';
import { ping } from '../../../../src-main/xmpp/modules/xep0199-ping.ts';
import { element, outcome, stanza, testSession } from './support.ts';

const mayAsk = (from: Jid | undefined) => from === 'capulet.example';

describe('XEP-0199 ping', () => {
  const start = () => {
    const far = testSession();
    return { far, module: ping.setup(far.session, { mayAsk }) };
  };

  it('answers those who may know that we are there', async () => {
    const { far, module } = start();
    await far.receive(
      "<iq from='capulet.example' to='juliet@capulet.example/balcony' id='s2c1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>",
    );
    expect(far.take()).toEqual(stanza("<iq to='capulet.example' id='s2c1' type='result'/>"));
    await far.receive("<iq from='mallory@evil.example/x' id='1' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
    expect(outcome(far.take())).toBe('service-unavailable');
    module.teardown();
    await far.receive("<iq from='capulet.example' id='s2c2' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
    expect(outcome(far.take())).toBe('service-unavailable');
  });

  it('asks: an answer of our server, even an error, says that the stream lives', async () => {
    const { far, module } = start();
    const first = module.ping();
    const request = far.take();
    expect(request.elements()).toEqual([element("<ping xmlns='urn:xmpp:ping'/>")]);
    await far.result(request);
    expect(await first).toBe(true);
    const second = module.ping();
    await far.error(far.take(), 'cancel', 'service-unavailable');
    expect(await second).toBe(true);
    const third = module.ping('romeo@montague.net/orchard' as Jid);
    await far.error(far.take(), 'cancel', 'service-unavailable');
    expect(await third).toBe(false);
    await Promise.all([expect(module.ping()).rejects.toThrow(IqTimeout), far.timeOut()]);
  });
});

describe('XEP-0092 version', () => {
  it('names the program, never the system, and not to strangers', async () => {
    const far = testSession();
    version.setup(far.session, { name: 'Signet', version: '0.1.0', mayAsk });
    await far.receive("<iq type='get' id='1' from='capulet.example'><query xmlns='jabber:iq:version'/></iq>");
    expect(far.take().elements()).toEqual([
      element("<query xmlns='jabber:iq:version'><name>Signet</name><version>0.1.0</version></query>"),
    ]);
    await far.receive("<iq type='get' id='1' from='mallory@evil.example/x'><query xmlns='jabber:iq:version'/></iq>");
    expect(outcome(far.take())).toBe('service-unavailable');
  });
});

describe('XEP-0077 for one who is signed in', () => {
  it('changes the password (§3.3)', async () => {
    const far = testSession();
    const changed = account.setup(far.session, undefined).changePassword('newpass');
    const request = far.take();
    expect(request.elements()).toEqual([
      element("<query xmlns='jabber:iq:register'><username>juliet</username><password>newpass</password></query>"),
    ]);
    await Promise.all([expect(changed).rejects.toThrow(StanzaError), far.error(request, 'modify', 'bad-request')]);
  });

  it('removes the account (§3.2); a server that hangs up instead of answering did it', async () => {
    const far = testSession();
    const removed = account.setup(far.session, undefined).removeAccount();
    expect(far.take().elements()).toEqual([element("<query xmlns='jabber:iq:register'><remove/></query>")]);
    await Promise.all([expect(removed).resolves.toBeUndefined(), far.timeOut()]);
    const refused = account.setup(far.session, undefined).removeAccount();
    await Promise.all([expect(refused).rejects.toThrow('forbidden'), far.error(far.take(), 'cancel', 'forbidden')]);
  });
});
