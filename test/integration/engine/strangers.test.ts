/** To whom we send no presence, xmpp:sec is a namespace like any unknown one, and nothing happens (protocol 3). */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBareJid, prepareJid } from '../../../src-main/jid/jid.ts';
import { systemRandom } from '../../../src-main/security/crypto/random.ts';
import { xml } from '../../../src-main/xml/element.ts';
import { createClient } from '../../../src-main/xmpp/client.ts';
import { StanzaError, type Session } from '../../../src-main/xmpp/types.ts';
import { startPair, type Pair } from '../../support/pair.ts';

let pair: Pair;
let stranger: Session;
let stop: () => Promise<void>;
let bob: string;

beforeAll(async () => {
  pair = await startPair();
  bob = await fullOf();
  stranger = await new Promise<Session>((resolve, reject) => {
    const client = createClient({
      jid: parseBareJid('mallory@localhost'),
      server: { host: pair.prosody.host, port: pair.prosody.directTlsPort, tls: 'direct' },
      ca: [pair.prosody.ca],
      random: systemRandom,
      password: () => 'mango',
      deliver: () => undefined,
      onState: (state) => {
        if (state.kind === 'waiting' || state.kind === 'stopped') reject(new Error(state.code));
      },
      onSession: resolve,
      onUnacked: () => undefined,
    });
    stop = () => client.stop();
    client.start();
  });
});

afterAll(async () => {
  await stop();
  await pair.stop();
});

/** Even where the stranger has learnt the full JID. */
async function fullOf(): Promise<string> {
  const device = (await pair.bob.call('account.get', {}))?.device ?? '';
  return `bob@localhost/signet-${device.slice(0, 8).toLowerCase()}`;
}

const answerTo = async (type: 'get' | 'set', ns: string): Promise<unknown> => {
  try {
    await stranger.iq[type](prepareJid(bob), xml('query', ns), 10_000);
    return 'a result';
  } catch (error) {
    if (!(error instanceof StanzaError)) throw error;
    const { condition, application } = error;
    return { type: error.type, condition, application };
  }
};

describe('a stranger', () => {
  for (const type of ['get', 'set'] as const) {
    it(`cannot tell xmpp:sec from an unknown namespace (${type})`, async () => {
      const before = pair.bob.events.length;
      const unknown = await answerTo(type, 'urn:example:unknown');
      expect(unknown).toEqual({ type: 'cancel', condition: 'service-unavailable', application: undefined });
      expect(await answerTo(type, 'xmpp:sec')).toEqual(unknown);
      expect(pair.bob.events.slice(before)).toEqual([]);
    });
  }
});
