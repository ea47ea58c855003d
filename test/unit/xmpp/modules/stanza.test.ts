import { describe, expect, it } from 'vitest';
import {
  clip,
  errorReply,
  fromOurSide,
  fromOwnAccount,
  readMessage,
  readStanzaError,
} from '../../../../src-main/xmpp/modules/stanza.ts';
import { StanzaError } from '../../../../src-main/xmpp/types.ts';
import type { BareJid, Jid } from '../../../../src-shared/jid.ts';
import { stanza, testSession } from './support.ts';

describe('a message (RFC 6121 §5)', () => {
  it('gives its addresses, type, id, thread and body', () => {
    const read = readMessage(
      stanza(`<message from='romeo@example.net/orchard' to='juliet@example.com' type='chat' id='ktx72v49'>
        <thread>e0ffe42b</thread><body>Art thou not Romeo?</body></message>`),
    );
    expect(read).toEqual({
      from: 'romeo@example.net/orchard',
      to: 'juliet@example.com',
      type: 'chat',
      id: 'ktx72v49',
      thread: 'e0ffe42b',
      body: 'Art thou not Romeo?',
    });
  });

  it('is normal where it has no type, or one nobody knows', () => {
    expect(readMessage(stanza('<message/>'))?.type).toBe('normal');
    expect(readMessage(stanza("<message type='shout'/>"))?.type).toBe('normal');
  });

  it('prefers the body without a language, and takes the first otherwise', () => {
    const bodies = "<body xml:lang='cs'>Proč</body><body>Wherefore</body><body xml:lang='de'>Warum</body>";
    expect(readMessage(stanza(`<message>${bodies}</message>`))?.body).toBe('Wherefore');
    expect(readMessage(stanza(`<message>${bodies.replace('<body>Wherefore</body>', '')}</message>`))?.body).toBe('Proč');
  });

  it('is not read where an address is none', () => {
    expect(readMessage(stanza("<message from='@example.net'/>"))).toBeUndefined();
    expect(readMessage(stanza("<message to='a@b@c/'/>"))).toBeUndefined();
    expect(readMessage(stanza("<presence from='a@b.example'/>"))).toBeUndefined();
  });

  it('has no id where that is longer than 1,023 octets', () => {
    expect(readMessage(stanza(`<message id='${'x'.repeat(1024)}'/>`))?.id).toBeUndefined();
    expect(readMessage(stanza(`<message id='${'x'.repeat(1023)}'/>`))?.id).toHaveLength(1023);
  });
});

describe('text that is too long', () => {
  it('is cut at the end of a character', () => {
    expect(clip('aé€😀', 1)).toBe('a');
    expect(clip('aé€😀', 2)).toBe('a');
    expect(clip('aé€😀', 3)).toBe('aé');
    expect(clip('aé€😀', 9)).toBe('aé€');
    expect(clip('aé€😀', 10)).toBe('aé€😀');
  });
});

describe('a stanza error (RFC 6120 §8.3)', () => {
  const error = (inside: string) => readStanzaError(stanza(`<iq type='error' id='1'>${inside}</iq>`));
  const condition = (name: string) => `<${name} xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/>`;

  it('gives type, condition and application condition', () => {
    const read =
      error(`<error type='modify'>${condition('not-acceptable')}<text xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'>secret</text>
      <malformed xmlns='xmpp:sec#errors'/></error>`);
    expect(read).toMatchObject({
      type: 'modify',
      condition: 'not-acceptable',
      application: { name: 'malformed', ns: 'xmpp:sec#errors' },
    });
    expect(read?.message).not.toContain('secret');
  });

  it('reads what is missing or unknown as cancel, undefined-condition', () => {
    for (const inside of ['', '<error/>', `<error type='fatal'>${condition('made-up')}</error>`]) {
      expect(error(inside)).toMatchObject({ type: 'cancel', condition: 'undefined-condition', application: undefined });
    }
  });

  it('is none for a stanza of another type', () => {
    expect(readStanzaError(stanza(`<iq type='result' id='1'><error type='cancel'/></iq>`))).toBeUndefined();
  });

  it('is answered with the addresses exchanged, and reads back', () => {
    const reply = errorReply(
      stanza("<message from='romeo@example.net/orchard' to='juliet@example.com' id='7'/>"),
      new StanzaError('auth', 'not-authorized', { name: 'bad-signature', ns: 'xmpp:sec#errors' }),
    );
    expect(reply).toEqual(
      stanza(`<message type='error' id='7' to='romeo@example.net/orchard' from='juliet@example.com'>
        <error type='auth'>${condition('not-authorized')}<bad-signature xmlns='xmpp:sec#errors'/></error></message>`),
    );
    expect(reply && readStanzaError(reply)).toMatchObject({
      condition: 'not-authorized',
      application: { name: 'bad-signature' },
    });
  });

  it('never answers an error, or a result', () => {
    const unavailable = new StanzaError('cancel', 'service-unavailable');
    expect(errorReply(stanza("<message type='error' from='a@b.example'/>"), unavailable)).toBeUndefined();
    expect(errorReply(stanza("<iq type='result' id='1' from='a@b.example'/>"), unavailable)).toBeUndefined();
  });
});

describe('who speaks for our own account', () => {
  const { session } = testSession();

  it('is who writes no address, or our bare JID', () => {
    expect(fromOwnAccount(session, stanza('<iq/>'))).toBe(true);
    expect(fromOwnAccount(session, stanza("<iq from='juliet@capulet.example'/>"))).toBe(true);
    for (const from of ['juliet@capulet.example/balcony', 'capulet.example', 'romeo@montague.example', '@']) {
      expect(fromOwnAccount(session, stanza(`<iq from='${from}'/>`))).toBe(false);
    }
  });

  it('for questions, our server and our devices too', () => {
    const ours = [undefined, 'capulet.example', 'juliet@capulet.example', 'juliet@capulet.example/chamber'];
    for (const from of ours) expect(fromOurSide(session, from as BareJid | undefined)).toBe(true);
    for (const from of ['montague.example', 'nurse@capulet.example/x', 'pubsub.capulet.example']) {
      expect(fromOurSide(session, from as Jid)).toBe(false);
    }
  });
});
