import { describe, expect, it, vi } from 'vitest';
import type { BareJid, Jid } from '../../../../src-shared/jid.ts';
import { presence, readAvailability } from '../../../../src-main/xmpp/modules/rfc6121-presence.ts';
import { element, stanza, testSession } from './support.ts';

const romeo = 'romeo@example.net' as BareJid;
const orchard = 'romeo@example.net/orchard' as Jid;
const CAPS =
  "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://code.google.com/p/exodus' ver='QgayPKawpkPSDYmwT/WM94uAlu0='/>";

function start(known: readonly string[] = [romeo]) {
  const far = testSession();
  const onChange = vi.fn<(bare: BareJid) => void>();
  const extension = element(CAPS);
  const module = presence.setup(far.session, {
    isKnown: (bare) => known.includes(bare),
    onChange,
    extensions: () => [extension],
  });
  return { far, module, onChange };
}

describe('what an available presence says (RFC 6121 §4.7)', () => {
  it('is show, status, priority and capabilities', () => {
    const read = readAvailability(
      stanza(`<presence from='romeo@example.net/orchard'><show>dnd</show><status xml:lang='de'>Ich werbe</status><status>Wooing</status>
        <priority>1</priority>${CAPS}</presence>`),
    );
    expect(read).toEqual({
      jid: orchard,
      show: 'dnd',
      status: 'Wooing',
      priority: 1,
      caps: { node: 'http://code.google.com/p/exodus', ver: 'QgayPKawpkPSDYmwT/WM94uAlu0=', hash: 'sha-1' },
    });
  });

  it('is online, priority 0 where nothing is said, or nonsense', () => {
    for (const inside of [
      '',
      '<show>busy</show><priority>128</priority>',
      '<priority>1e1</priority>',
      '<priority> 5</priority>',
    ]) {
      expect(readAvailability(stanza(`<presence from='romeo@example.net/orchard'>${inside}</presence>`))).toMatchObject({
        show: 'online',
        priority: 0,
      });
    }
    expect(readAvailability(stanza("<presence from='romeo@example.net/o'><priority>-128</priority></presence>"))?.priority).toBe(
      -128,
    );
  });

  it('is bounded: 1,024 octets of status', () => {
    const read = readAvailability(stanza(`<presence from='romeo@example.net/o'><status>${'x'.repeat(5000)}</status></presence>`));
    expect(read?.status).toHaveLength(1024);
  });

  it('is nothing in a presence of another type, or from nobody', () => {
    for (const attrs of ["type='unavailable' from='a@b.example/c'", "type='probe' from='a@b.example'", '', "from='@'"]) {
      expect(readAvailability(stanza(`<presence ${attrs}/>`))).toBeUndefined();
    }
  });
});

describe('who is online', () => {
  it('follows each device, the best first', async () => {
    const { far, module, onChange } = start();
    await far.receive("<presence from='romeo@example.net/orchard'><priority>1</priority></presence>");
    await far.receive("<presence from='romeo@example.net/home'><priority>5</priority><show>away</show></presence>");
    await far.receive("<presence from='romeo@example.net/phone'><priority>1</priority></presence>");
    expect(module.resources(romeo).map((r) => r.jid)).toEqual(['home', 'phone', 'orchard'].map((r) => `romeo@example.net/${r}`));
    expect(module.best(romeo)?.show).toBe('away');
    expect(module.isOnline(orchard)).toBe(true);
    expect(onChange.mock.calls).toEqual([[romeo], [romeo], [romeo]]);

    await far.receive("<presence from='romeo@example.net/home' type='unavailable'/>");
    await far.receive("<presence from='romeo@example.net/orchard'><show>xa</show><priority>1</priority></presence>");
    expect(module.resources(romeo).map((r) => r.jid)).toEqual(['orchard', 'phone'].map((r) => `romeo@example.net/${r}`));
    expect(module.get(orchard)?.show).toBe('xa');
  });

  it('forgets all devices with unavailable from the bare JID, and with an error', async () => {
    const { far, module } = start();
    for (const type of ['unavailable', 'error']) {
      await far.receive("<presence from='romeo@example.net/orchard'/>");
      await far.receive("<presence from='romeo@example.net/home'/>");
      await far.receive(`<presence from='romeo@example.net' type='${type}'/>`);
      expect(module.resources(romeo)).toEqual([]);
      expect(module.isOnline(orchard)).toBe(false);
    }
  });

  it('does not let one device end another', async () => {
    const { far, module } = start();
    await far.receive("<presence from='romeo@example.net/orchard'/>");
    await far.receive("<presence from='romeo@example.net/home' type='unavailable'/>");
    await far.receive("<presence from='mallory@evil.example' type='unavailable'/>");
    expect(module.isOnline(orchard)).toBe(true);
  });

  it('is bounded: 64 devices of one account; those who are there still change', async () => {
    const { far, module } = start();
    for (let i = 0; i < 100; i += 1) await far.receive(`<presence from='romeo@example.net/${String(i)}'/>`);
    expect(module.resources(romeo)).toHaveLength(64);
    await far.receive("<presence from='romeo@example.net/3'><show>dnd</show></presence>");
    expect(module.best(romeo)?.show).toBe('dnd');
  });

  it('is bounded: strangers push out strangers, never contacts', async () => {
    const { far, module, onChange } = start();
    await far.receive("<presence from='romeo@example.net/orchard'/>");
    for (let i = 0; i < 300; i += 1) await far.receive(`<presence from='s${String(i)}@evil.example/x'/>`);
    expect(module.isOnline(orchard)).toBe(true);
    expect(module.all()).toHaveLength(1 + 256);
    expect(module.isOnline('s0@evil.example/x' as Jid)).toBe(false);
    expect(module.isOnline('s299@evil.example/x' as Jid)).toBe(true);
    expect(onChange).toHaveBeenLastCalledWith('s299@evil.example');
  });

  it('says nothing to a session that ended', async () => {
    const { far, module, onChange } = start();
    module.teardown();
    await far.receive("<presence from='romeo@example.net/orchard'/>");
    expect(onChange).not.toHaveBeenCalled();
  });
});

describe('our own presence', () => {
  it('is broadcast (§4.2, §4.4)', () => {
    const { far, module } = start();
    expect(module.available).toBe(false);
    module.send({ show: 'online' });
    expect(far.take()).toEqual(stanza(`<presence>${CAPS}</presence>`));
    module.send({ show: 'dnd', status: 'Wooing', priority: 1 });
    expect(far.take()).toEqual(
      stanza(`<presence><show>dnd</show><status>Wooing</status><priority>1</priority>${CAPS}</presence>`),
    );
    expect(module.available).toBe(true);
    module.sendUnavailable();
    expect(far.take()).toEqual(stanza("<presence type='unavailable'/>"));
    expect(module.available).toBe(false);
  });

  it('is directed, and taken back (§4.6)', () => {
    const { far, module } = start();
    module.send({ show: 'away' });
    far.take();
    module.direct('tybalt@example.com' as BareJid);
    expect(far.take()).toEqual(stanza(`<presence to='tybalt@example.com'><show>away</show>${CAPS}</presence>`));
    expect(module.isDirected('tybalt@example.com/hall' as Jid)).toBe(true);
    module.withdraw('tybalt@example.com' as BareJid);
    expect(far.take()).toEqual(stanza("<presence to='tybalt@example.com' type='unavailable'/>"));
    expect(module.isDirected('tybalt@example.com' as Jid)).toBe(false);
    module.withdraw('tybalt@example.com' as BareJid);
    expect(far.sent).toEqual([]);
  });

  it('directed to one device is not directed to the others', () => {
    const { module } = start();
    module.direct('room@muc.example/me' as Jid);
    expect(module.isDirected('room@muc.example/other' as Jid)).toBe(false);
    module.sendUnavailable();
    expect(module.isDirected('room@muc.example/me' as Jid)).toBe(false);
  });
});
