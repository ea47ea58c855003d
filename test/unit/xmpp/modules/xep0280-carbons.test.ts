import { describe, expect, it } from 'vitest';
import type { BareJid } from '../../../../src-shared/jid.ts';
import { StanzaError } from '../../../../src-main/xmpp/types.ts';
import { carbons, privateMessage, readCarbon } from '../../../../src-main/xmpp/modules/xep0280-carbons.ts';
import { element, stanza, testSession } from './support.ts';

const own = 'romeo@montague.example' as BareJid;
const inbound =
  "<message xmlns='jabber:client' from='juliet@capulet.example/balcony' to='romeo@montague.example/garden' type='chat'><body>What man art thou</body></message>";
const outbound =
  "<message xmlns='jabber:client' to='juliet@capulet.example/balcony' from='romeo@montague.example/home' type='chat'><body>Neither, fair saint</body></message>";
const carbon = (kind: string, inner: string, from = "from='romeo@montague.example'", type = 'chat') =>
  stanza(`<message ${from} to='romeo@montague.example/home' type='${type}'>
    <${kind} xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inner}</forwarded></${kind}></message>`);

describe('a carbon (XEP-0280)', () => {
  it('shows what another device got (example 12)', () => {
    expect(readCarbon(carbon('received', inbound), own)).toEqual({
      kind: 'received',
      message: element(inbound),
      from: 'juliet@capulet.example/balcony',
      to: 'romeo@montague.example/garden',
      delay: undefined,
    });
  });

  it('shows what another device sent (example 14)', () => {
    expect(readCarbon(carbon('sent', outbound), own)).toMatchObject({
      kind: 'sent',
      from: 'romeo@montague.example/home',
      to: 'juliet@capulet.example/balcony',
    });
  });

  it('is none where a message carries none', () => {
    expect(readCarbon(stanza(inbound.replace(" xmlns='jabber:client'", '')), own)).toBeUndefined();
  });

  it.each([
    ['another account', carbon('received', inbound, "from='mallory@evil.example'")],
    ["another account's server", carbon('received', inbound, "from='evil.example'")],
    ['a resource of our own', carbon('received', inbound, "from='romeo@montague.example/home'")],
    ['our own server', carbon('received', inbound, "from='montague.example'")],
    ['nobody', carbon('received', inbound, '')],
    ['an address that is none', carbon('received', inbound, "from='@'")],
  ])('is forged where it comes from %s (§11)', (_who, forged) => {
    expect(readCarbon(forged, own)).toEqual({ kind: 'forged' });
  });

  it.each([
    ['sent by somebody else', carbon('sent', inbound)],
    ['received by somebody else', carbon('received', outbound)],
    ['without a sender', carbon('sent', "<message xmlns='jabber:client' to='juliet@capulet.example'/>")],
    ['without a recipient', carbon('received', "<message xmlns='jabber:client' from='juliet@capulet.example'/>")],
    [
      'no message',
      carbon('received', "<presence xmlns='jabber:client' from='juliet@capulet.example/b' to='romeo@montague.example'/>"),
    ],
    ['two messages', carbon('received', inbound + inbound)],
    ['empty', carbon('received', '')],
    ['an error', carbon('received', inbound, undefined, 'error')],
    [
      'both sent and received',
      stanza(`<message from='romeo@montague.example'><sent xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${outbound}</forwarded></sent>
        <received xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>${inbound}</forwarded></received></message>`),
    ],
  ])('does not count where it is %s', (_what, forged) => {
    expect(readCarbon(forged, own)).toEqual({ kind: 'forged' });
  });
});

describe('the module', () => {
  it('switches carbons on and off', async () => {
    const far = testSession();
    const module = carbons.setup(far.session, undefined);
    const enabled = module.enable();
    const request = far.take();
    expect(request.elements()).toEqual([element("<enable xmlns='urn:xmpp:carbons:2'/>")]);
    await far.result(request);
    await enabled;
    const disabled = module.disable();
    const second = far.take();
    expect(second.elements()).toEqual([element("<disable xmlns='urn:xmpp:carbons:2'/>")]);
    await far.result(second);
    await disabled;
  });

  it('says where the server has none', async () => {
    const far = testSession();
    const enabled = carbons.setup(far.session, undefined).enable();
    await Promise.all([expect(enabled).rejects.toThrow(StanzaError), far.error(far.take(), 'cancel', 'service-unavailable')]);
  });

  it('keeps a message from being copied (§9)', () => {
    expect(privateMessage()).toEqual(element("<private xmlns='urn:xmpp:carbons:2'/>"));
  });
});
