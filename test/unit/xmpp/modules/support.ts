/** A session whose far end is the test: stanzas in as text, stanzas out as elements, over the real iq machine. */

import { bareOf, domainOf, type FullJid } from '../../../../src-shared/jid.ts';
import { Element } from '../../../../src-main/xml/element.ts';
import { parseDocument } from '../../../../src-main/xml/parser.ts';
import { createIq } from '../../../../src-main/xmpp/iq.ts';
import type { Session } from '../../../../src-main/xmpp/types.ts';

export const OWN = 'juliet@capulet.example/balcony' as FullJid;

/** A stanza written as in the specifications: `jabber:client` goes without saying. */
export function stanza(text: string): Element {
  return parseDocument(text.replace(/^<(\w+)/, "<$1 xmlns='jabber:client'").replace(/>\s+</g, '><'));
}

/** Any other element. */
export const element = (text: string): Element => parseDocument(text.replace(/>\s+</g, '><'));

export function testSession(jid: FullJid = OWN) {
  const sent: Element[] = [];
  const timers = new Set<() => void>();
  const messages = new Set<(stanza: Element) => void>();
  const presences = new Set<(stanza: Element) => void>();
  let ids = 0;
  const iq = createIq({
    bare: bareOf(jid),
    random: (octets) => new Uint8Array(octets).fill((ids += 1)),
    timers: {
      after(_ms, run) {
        timers.add(run);
        return () => timers.delete(run);
      },
    },
    send: (s) => sent.push(s),
  });
  const listen = (set: Set<(stanza: Element) => void>) => (handler: (stanza: Element) => void) => {
    set.add(handler);
    return () => set.delete(handler);
  };
  const session: Session = {
    jid,
    bare: bareOf(jid),
    domain: domainOf(jid),
    iq,
    send(out) {
      if (!(out instanceof Element)) throw new Error('modules send elements');
      sent.push(out);
    },
    onMessage: listen(messages),
    onPresence: listen(presences),
  };
  return {
    session,
    /** What went out and was not taken yet. */
    sent,
    async receive(text: string): Promise<void> {
      const s = stanza(text);
      if (s.name === 'message') for (const handler of messages) handler(s);
      else if (s.name === 'presence') for (const handler of presences) handler(s);
      else await iq.receive(s);
      await settled();
    },
    /** The oldest stanza not taken yet. */
    take(): Element {
      const first = sent.shift();
      if (first === undefined) throw new Error('nothing was sent');
      return first;
    },
    /** Answers a request with this payload; from the address asked. */
    async result(request: Element, payload = ''): Promise<void> {
      await this.receive(`<iq type='result' id='${request.attr('id') ?? ''}'${sender(request)}>${payload}</iq>`);
    },
    async error(request: Element, type: string, condition: string, application = ''): Promise<void> {
      const error = `<error type='${type}'><${condition} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>${application}</error>`;
      await this.receive(`<iq type='error' id='${request.attr('id') ?? ''}'${sender(request)}>${error}</iq>`);
    },
    /** Lets the time run out for every open request. */
    async timeOut(): Promise<void> {
      for (const run of [...timers]) run();
      await settled();
    },
    listeners: () => messages.size + presences.size,
  };
}

const sender = (request: Element): string => {
  const to = request.attr('to');
  return to === undefined ? '' : ` from='${to}'`;
};

/** Everything that promises can do now is done. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The payload of an iq: its name and namespace, or its error's condition. */
export function outcome(answer: Element): string {
  if (answer.attr('type') !== 'error') return answer.attr('type') ?? '';
  return answer.child('error')?.elements()[0]?.name ?? 'no condition';
}
