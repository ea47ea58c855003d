import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesDomain, readNames } from '../../../../src-main/xmpp/tls/names.ts';

const names = (text: string, domain: string, unicode = domain) => namesDomain(readNames(text), domain, unicode);

describe('whose name a server certificate has (RFC 6120 §13.7.2.1, RFC 9525 §6)', () => {
  it.each([
    ['DNS:example.org', 'example.org'],
    ['DNS:other.example, DNS:EXAMPLE.org', 'example.org'],
    ['DNS:example.org.', 'example.org'],
    ['DNS:*.example.org', 'im.example.org'],
    ['DNS:xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['othername:SRVName:_xmpp-client.example.org', 'example.org'],
    ['othername:XmppAddr:example.org', 'example.org'],
    ['IP Address:127.0.0.1', '127.0.0.1'],
    ['IP Address:2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ])('%s names %s', (text, domain) => {
    expect(names(text, domain)).toBe(true);
  });

  it.each([
    ['an other name', 'DNS:example.com', 'example.org'],
    ['a domain above', 'DNS:example.org', 'im.example.org'],
    ['a domain below', 'DNS:im.example.org', 'example.org'],
    ['a wildcard and the bare domain', 'DNS:*.example.org', 'example.org'],
    ['a wildcard over two labels', 'DNS:*.example.org', 'a.b.example.org'],
    ['a wildcard in part of a label', 'DNS:i*.example.org', 'im.example.org'],
    ['a wildcard that is not leftmost', 'DNS:im.*.org', 'im.example.org'],
    ['two wildcards', 'DNS:*.*.org', 'im.example.org'],
    ['a wildcard under a top-level domain', 'DNS:*.org', 'example.org'],
    ['a wildcard alone', 'DNS:*', 'localhost'],
    ['a wildcard in an SRV name', 'othername:SRVName:_xmpp-client.*.org', 'example.org'],
    ['another service', 'othername:SRVName:_imap.example.org', 'example.org'],
    ['the service of servers', 'othername:SRVName:_xmpp-server.example.org', 'example.org'],
    ['an address of a person', 'othername:XmppAddr:me@example.org', 'example.org'],
    ['a mailbox or a link', 'email:example.org, URI:xmpp:example.org', 'example.org'],
    ['an address that is written as a name', 'DNS:127.0.0.1', '127.0.0.1'],
    ['another address', 'IP Address:127.0.0.2', '127.0.0.1'],
    ['one value that pretends to be two (CVE-2021-44532)', String.raw`DNS:"a\u002c DNS:example.org"`, 'example.org'],
    ['nothing', '', 'example.org'],
  ])('no: %s', (_, text, domain) => {
    expect(names(text, domain)).toBe(false);
  });

  it('an xmppAddr is written with U-labels, which Node gives octet by octet', () => {
    expect(names('othername:XmppAddr:b\u00c3\u00bccher.example', 'xn--bcher-kva.example', 'bücher.example')).toBe(true);
  });

  it('takes no text for more than it says', () => {
    const label = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.string(), label, (text, domain) => {
        const found = readNames(text);
        for (const name of [...found.dns, ...found.srv, ...found.ip]) expect(text).toContain(name);
        if (!text.includes(domain) && !text.includes('*')) expect(namesDomain(found, domain, domain)).toBe(false);
      }),
    );
  });
});
