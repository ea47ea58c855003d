import { describe, expect, it, vi } from 'vitest';
import { bareOf, type BareJid, type FullJid, type Jid } from '../../../../src-shared/jid.ts';
import { presence } from '../../../../src-main/xmpp/modules/rfc6121-presence.ts';
import { disco, type DiscoInfo, readDiscoInfo } from '../../../../src-main/xmpp/modules/xep0030-disco.ts';
import {
  boundedCapsCache,
  caps,
  type CapsCache,
  readCaps,
  shareableVer,
  verificationString,
  verOf,
} from '../../../../src-main/xmpp/modules/xep0115-caps.ts';
import { element, settled, stanza, testSession } from './support.ts';

const INFO = 'http://jabber.org/protocol/disco#info';
const romeo = 'romeo@montague.lit/orchard' as FullJid;
const benvolio = 'benvolio@capulet.lit/230193' as FullJid;

/** §5.2 */
const simple = `<identity category='client' name='Exodus 0.9.1' type='pc'/>
  <feature var='http://jabber.org/protocol/disco#info'/><feature var='http://jabber.org/protocol/disco#items'/>
  <feature var='http://jabber.org/protocol/muc'/><feature var='http://jabber.org/protocol/caps'/>`;
const SIMPLE_VER = 'QgayPKawpkPSDYmwT/WM94uAlu0=';

const field = (name: string, ...values: string[]) =>
  `<field var='${name}'>${values.map((v) => `<value>${v}</value>`).join('')}</field>`;
const form = (type: string, ...fields: string[]) =>
  `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>${type}</value></field>${fields.join('')}</x>`;

/** §5.3 */
const complex = `<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>
  <identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>
  <feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>
  <feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>
  ${form('urn:xmpp:dataforms:softwareinfo', field('ip_version', 'ipv4', 'ipv6'), field('os', 'Mac'), field('os_version', '10.5.1'), field('software', 'Psi'), field('software_version', '0.11'))}`;
const COMPLEX_VER = 'q07IKJEyjvHSyhy//CH0CxmKi8w=';

function infoOf(inside: string): DiscoInfo {
  const info = readDiscoInfo(element(`<query xmlns='${INFO}'>${inside}</query>`));
  if (info === undefined) throw new Error('not disco#info');
  return info;
}
const feature = (name: string) => `<feature var='${name}'/>`;

describe('the verification string (XEP-0115 §5)', () => {
  it("is the XEP's, and so is its hash", () => {
    expect(verificationString(infoOf(simple))).toBe(
      'client/pc//Exodus 0.9.1<http://jabber.org/protocol/caps<http://jabber.org/protocol/disco#info<http://jabber.org/protocol/disco#items<http://jabber.org/protocol/muc<',
    );
    expect(verOf(infoOf(simple))).toBe(SIMPLE_VER);
    expect(verOf(infoOf(complex))).toBe(COMPLEX_VER);
  });

  it('sorts by octets, not by UTF-16 units', () => {
    const astral = String.fromCodePoint(0x1f600);
    const high = String.fromCodePoint(0xfb01);
    expect(verificationString(infoOf(feature(astral) + feature(high)))).toBe(`${high}<${astral}<`);
  });

  it('leaves out forms without a hidden FORM_TYPE (§5.4, 3.6)', () => {
    const bare = `<x xmlns='jabber:x:data' type='result'>${field('FORM_TYPE', 'urn:a')}${field('os', 'Mac')}</x>`;
    expect(verOf(infoOf(simple + bare))).toBe(SIMPLE_VER);
  });

  it.each([
    ['an identity twice', "<identity category='client' type='pc'/>".repeat(2)],
    ['a feature twice', feature('a').repeat(2)],
    ['two forms of one type', form('urn:a').repeat(2)],
    [
      'a FORM_TYPE of two values',
      `<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>a</value><value>b</value></field></x>`,
    ],
  ])('is none with %s (§5.4, 3.3 to 3.5)', (_what, inside) => {
    expect(verOf(infoOf(inside))).toBeUndefined();
  });
});

describe('the annotation', () => {
  it('is one, with node and ver', () => {
    const c = "<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='n' ver='v'/>";
    expect(readCaps(stanza(`<presence>${c}</presence>`))).toEqual({ node: 'n', ver: 'v', hash: 'sha-1' });
    expect(readCaps(stanza("<presence><c xmlns='http://jabber.org/protocol/caps' node='n' ver='0.9'/></presence>"))?.hash).toBe(
      '',
    );
    expect(readCaps(stanza(`<presence>${c}${c}</presence>`))).toBeUndefined();
    expect(readCaps(stanza("<presence><c xmlns='http://jabber.org/protocol/caps' ver='v'/></presence>"))).toBeUndefined();
    expect(readCaps(stanza(`<presence>${c.replace("ver='v'", `ver='${'v'.repeat(257)}'`)}</presence>`))).toBeUndefined();
  });
});

describe('an answer is shared under its hash only where no other has the same (§8.1)', () => {
  const honest = infoOf(
    "<identity category='client' type='pc' name='Signet'/>" + feature('d:a/b/c/d') + feature('urn:x') + feature('xmpp:sec'),
  );

  it('as ours', () => {
    expect(shareableVer(honest)).toBe(verOf(honest));
    expect(shareableVer(infoOf(complex))).toBe(COMPLEX_VER);
  });

  it.each([
    // The last features, xmpp:sec among them, dressed up as a form.
    ['a form', "<identity category='client' type='pc' name='Signet'/>" + feature('d:a/b/c/d') + form('urn:x', field('xmpp:sec'))],
    // The first feature dressed up as an identity.
    [
      'an identity',
      "<identity category='client' type='pc' name='Signet'/><identity category='d:a' type='b' xml:lang='c' name='d'/>" +
        feature('urn:x') +
        feature('xmpp:sec'),
    ],
    ['a name', "<identity category='client' type='pc' name='Signet&lt;d:a/b/c/d&lt;urn:x&lt;xmpp:sec'/>"],
  ])('not what says the same with features hidden in %s', (_where, inside) => {
    const forged = infoOf(inside);
    // The attack is real: the plain hash does not tell the two apart.
    expect(verOf(forged)).toBe(verOf(honest));
    expect(shareableVer(forged)).toBeUndefined();
  });
});

function start(options: { cache?: CapsCache; unasked?: boolean } = {}) {
  const far = testSession();
  const cache = options.cache ?? boundedCapsCache();
  const own = { node: 'urn:signet', info: infoOf("<identity category='client' type='pc'/>" + feature('xmpp:sec')) };
  const onKnown = vi.fn<(jid: Jid) => void>();
  const changed = new Set<(bare: BareJid) => void>();
  const who = presence.setup(far.session, {
    isKnown: () => true,
    onChange: (bare) => {
      for (const run of changed) run(bare);
    },
  });
  const module = caps.setup(far.session, {
    own,
    presence: who,
    disco: disco.setup(far.session, { own: own.info, ownNode: '', mayAsk: () => true }),
    cache,
    mayAskUnasked: () => options.unasked ?? false,
    onKnown,
  });
  changed.add((bare) => {
    module.changed(bare);
  });
  const online = (jid: string, ver = SIMPLE_VER, hash = "hash='sha-1'") =>
    far.receive(
      `<presence from='${jid}'><c xmlns='http://jabber.org/protocol/caps' ${hash} node='http://exodus' ver='${ver}'/></presence>`,
    );
  const result = (inside: string) => far.result(far.take(), `<query xmlns='${INFO}'>${inside}</query>`);
  return { far, module, online, result, cache, onKnown };
}

const MUC = 'http://jabber.org/protocol/muc';

describe('what a device supports', () => {
  it('is asked for with its node (§6.2), and then known of all with the same hash', async () => {
    const { far, module, online, result, onKnown } = start();
    await online(romeo);
    await online(benvolio);
    expect(module.supports(romeo, MUC)).toBeUndefined();
    const known = module.whenKnown(romeo, MUC);
    expect(far.sent[0]?.attr('to')).toBe(romeo);
    expect(far.sent[0]?.elements()).toEqual([element(`<query xmlns='${INFO}' node='http://exodus#${SIMPLE_VER}'/>`)]);
    await result(simple);
    expect(await known).toBe(true);
    expect(module.supports(benvolio, MUC)).toBe(true);
    expect(module.supports(benvolio, 'xmpp:sec')).toBe(false);
    expect(await module.whenKnown(benvolio, 'xmpp:sec')).toBe(false);
    expect(far.sent).toEqual([]);
    expect(onKnown.mock.calls.map(([jid]) => jid)).toEqual([romeo, benvolio]);
  });

  it('is known without asking where an earlier session learned it, or it is our own program', async () => {
    const cache = boundedCapsCache();
    cache.set(SIMPLE_VER, [MUC]);
    const { far, module, online } = start({ cache });
    await online(romeo);
    expect(module.supports(romeo, MUC)).toBe(true);
    await online(benvolio, module.annotation.attr('ver'));
    expect(await module.whenKnown(benvolio, 'xmpp:sec')).toBe(true);
    expect(far.sent).toEqual([]);
  });

  it('with a wrong hash is believed of that device alone', async () => {
    const { far, module, online, result, cache } = start();
    await online(romeo);
    await online(benvolio);
    const known = module.whenKnown(romeo, 'xmpp:sec');
    await result(simple + feature('xmpp:sec'));
    expect(await known).toBe(true);
    expect(module.supports(romeo, 'xmpp:sec')).toBe(true);
    expect(module.supports(benvolio, 'xmpp:sec')).toBeUndefined();
    expect(cache.get(SIMPLE_VER)).toBeUndefined();
    const other = module.whenKnown(benvolio, 'xmpp:sec');
    expect(far.sent[0]?.attr('to')).toBe(benvolio);
    await result(simple);
    expect(await other).toBe(false);
  });

  it('a poisoned answer takes nothing off the others', async () => {
    const { module, online, result, cache } = start();
    const ver = module.annotation.attr('ver') ?? '';
    cache.set(ver, []); // as if our own had not been known
    const honest = infoOf("<identity category='client' type='pc'/>" + feature('urn:x') + feature('xmpp:sec'));
    await online(romeo, verOf(honest));
    await online(benvolio, verOf(honest));
    const known = module.whenKnown(romeo, 'xmpp:sec');
    await result("<identity category='client' type='pc'/>" + form('urn:x', field('xmpp:sec')));
    expect(await known).toBe(false);
    expect(module.supports(benvolio, 'xmpp:sec')).toBeUndefined();
  });

  it.each(["hash='md5'", ''])('under another hash is not shared (%s)', async (hash) => {
    const { module, online, result, cache } = start();
    await online(romeo, SIMPLE_VER, hash);
    const known = module.whenKnown(romeo, MUC);
    await result(simple);
    expect(await known).toBe(true);
    expect(cache.get(SIMPLE_VER)).toBeUndefined();
  });

  it('is asked for without node where the presence says nothing, and once at a time', async () => {
    const { far, module, result } = start();
    await far.receive(`<presence from='${romeo}'/>`);
    const both = [module.whenKnown(romeo, MUC), module.whenKnown(romeo, 'xmpp:sec')];
    expect(far.sent).toHaveLength(1);
    expect(far.sent[0]?.elements()).toEqual([element(`<query xmlns='${INFO}'/>`)]);
    await result(simple);
    expect(await Promise.all(both)).toEqual([true, false]);
  });

  it('is asked for unasked too where the presence says nothing: who can agree on keys need not hash what he can', async () => {
    const { far, module, result } = start({ unasked: true });
    await far.receive(`<presence from='${romeo}'/>`);
    module.changed(bareOf(romeo));
    expect(far.sent).toHaveLength(1);
    await result(simple);
    expect(module.supports(romeo, MUC)).toBe(true);
  });

  it('is forgotten when the device goes, or says something else', async () => {
    const { far, module, online, result } = start();
    await online(romeo, 'other');
    const known = module.whenKnown(romeo, MUC);
    await result(simple);
    await known;
    expect(module.supports(romeo, MUC)).toBe(true);
    await online(romeo, 'another');
    expect(module.supports(romeo, MUC)).toBeUndefined();
    await online(romeo, 'other');
    expect(module.supports(romeo, MUC)).toBe(true);
    await far.receive(`<presence from='${romeo}' type='unavailable'/>`);
    expect(module.supports(romeo, MUC)).toBe(false);
    await online(romeo, 'other');
    expect(module.supports(romeo, MUC)).toBeUndefined();
  });

  it('is no where there is no answer, or a senseless one, and is asked for again', async () => {
    const { far, module, online } = start();
    await online(romeo);
    const late = module.whenKnown(romeo, MUC);
    await far.timeOut();
    expect(await late).toBe(false);
    expect(module.supports(romeo, MUC)).toBeUndefined();
    far.take();
    const refused = module.whenKnown(romeo, MUC);
    await far.error(far.take(), 'cancel', 'item-not-found');
    expect(await refused).toBe(false);
    const senseless = module.whenKnown(romeo, MUC);
    await far.result(far.take(), '');
    expect(await senseless).toBe(false);
  });

  it('is no of one who is offline, and he is not asked', async () => {
    const { far, module } = start();
    expect(module.supports(romeo, MUC)).toBe(false);
    expect(await module.whenKnown(romeo, MUC)).toBe(false);
    expect(far.sent).toEqual([]);
  });

  it('is asked unasked of those who see us, eight at a time', async () => {
    const { far, online, result, module } = start({ unasked: true });
    for (let i = 0; i < 12; i += 1) await online(`c${String(i)}@montague.lit/x`, `v${String(i)}`);
    expect(far.sent).toHaveLength(8);
    await result(simple);
    expect(far.sent).toHaveLength(8);
    expect(far.sent.at(-1)?.attr('to')).toBe('c8@montague.lit/x');
    module.teardown();
    await result(simple);
    await settled();
    expect(far.sent).toHaveLength(7);
  });
});

describe('the cache', () => {
  it('keeps the last used, and tells of what is new', () => {
    const onSet = vi.fn<(ver: string, features: readonly string[]) => void>();
    const cache = boundedCapsCache(2, [['a', ['1']]], onSet);
    cache.set('b', ['2']);
    expect(cache.get('a')).toEqual(['1']);
    cache.set('c', ['3']);
    expect(cache.get('b')).toBeUndefined();
    expect(cache.get('a')).toEqual(['1']);
    cache.set('a', ['1']);
    expect(onSet.mock.calls.map(([ver]) => ver)).toEqual(['b', 'c']);
  });
});
