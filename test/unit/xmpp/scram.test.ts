import { describe, expect, it } from 'vitest';
import { chooseMechanism } from '../../../src-main/xmpp/sasl/negotiate.ts';
import { scramClient } from '../../../src-main/xmpp/sasl/scram.ts';

const client = () => scramClient('sha256', 'user', 'pencil', 'nonce');
const salt = Buffer.alloc(16, 1).toString('base64');

describe('SCRAM: what a server may ask', () => {
  it.each([
    ['fewer than 4,096 iterations', `r=nonceX,s=${salt},i=4095`, 'auth-weak'],
    ['more than 10,000,000 iterations', `r=nonceX,s=${salt},i=10000001`, 'auth-weak'],
    ['iterations that are beyond counting', `r=nonceX,s=${salt},i=${'9'.repeat(400)}`, 'auth-weak'],
    ['iterations that are no number', `r=nonceX,s=${salt},i=4e3`, 'server-proof'],
    ['iterations with a leading zero', `r=nonceX,s=${salt},i=04096`, 'server-proof'],
    ['negative iterations', `r=nonceX,s=${salt},i=-5000`, 'server-proof'],
    ['a salt of seven octets', `r=nonceX,s=${Buffer.alloc(7).toString('base64')},i=4096`, 'auth-weak'],
    ['a salt of 1,025 octets', `r=nonceX,s=${Buffer.alloc(1025).toString('base64')},i=4096`, 'auth-weak'],
    ['an empty salt', 'r=nonceX,s=,i=4096', 'server-proof'],
    ['a salt that is not base64', 'r=nonceX,s=@@@@,i=4096', 'server-proof'],
    ['our nonce alone', `r=nonce,s=${salt},i=4096`, 'server-proof'],
    ['a nonce that is not ours', `r=noncXY,s=${salt},i=4096`, 'server-proof'],
    ['a nonce with a control character', `r=nonce\u0001,s=${salt},i=4096`, 'server-proof'],
    ['a nonce without end', `r=nonce${'x'.repeat(2000)},s=${salt},i=4096`, 'server-proof'],
    ['a mandatory extension', `m=ext,r=nonceX,s=${salt},i=4096`, 'auth-unsupported'],
    ['an error', 'e=unknown-user', 'auth-failed'],
    ['attributes in another order', `s=${salt},r=nonceX,i=4096`, 'server-proof'],
    ['nothing', '', 'server-proof'],
    ['a message without end', `r=nonceX,s=${salt},i=4096,x=${'x'.repeat(9000)}`, 'server-proof'],
  ])('refuses %s', async (_, serverFirst, code) => {
    await expect(client().answer(serverFirst)).rejects.toMatchObject({ code });
  });

  it('takes optional extensions', async () => {
    expect(await client().answer(`r=nonceX,s=${salt},i=4096,z=1`)).toMatch(/^c=biws,r=nonceX,p=[A-Za-z0-9+/]{43}=$/);
  });

  it('writes , and = of a name as =2C and =3D', () => {
    expect(scramClient('sha1', 'a,b=c', 'x', 'n').first).toBe('n,,n=a=2Cb=3Dc,r=n');
  });

  it.each([
    ['before the exchange', false],
    ['after it', true],
  ])('a signature that does not hold is no proof, %s', async (_, exchanged) => {
    const c = client();
    if (exchanged) await c.answer(`r=nonceX,s=${salt},i=4096`);
    for (const final of ['', 'v=', 'v=AAAA', `v=${Buffer.alloc(32).toString('base64')}`, 'x=1']) {
      expect(() => {
        c.verify(final);
      }).toThrow('server-proof');
    }
  });

  it('derives off the event loop', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await client().answer(`r=nonceX,s=${salt},i=200000`);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
  });
});

describe('choosing a mechanism', () => {
  const all = ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'SCRAM-SHA-512-PLUS', 'EXTERNAL'];
  it.each([
    [all, 'SCRAM-SHA-512'],
    [['SCRAM-SHA-1', 'SCRAM-SHA-256'], 'SCRAM-SHA-256'],
    [['SCRAM-SHA-1', 'PLAIN'], 'SCRAM-SHA-1'],
  ])('takes the strongest of %j, even where PLAIN is allowed', (offered, name) => {
    expect(chooseMechanism(offered, true).name).toBe(name);
  });

  it('takes PLAIN only on the word of the user, and nothing it does not know', () => {
    expect(() => chooseMechanism(['PLAIN'], false)).toThrow('auth-plain-only');
    expect(chooseMechanism(['PLAIN'], true).name).toBe('PLAIN');
    expect(() => chooseMechanism(['DIGEST-MD5', 'ANONYMOUS', 'SCRAM-SHA-1-PLUS'], true)).toThrow('auth-unsupported');
    expect(() => chooseMechanism([], true)).toThrow('auth-unsupported');
  });
});
