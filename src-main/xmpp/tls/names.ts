/** The names in a server's certificate, and whether one of them is the domain (RFC 6120 §13.7.2.1, RFC 6125, RFC 9525). */

import { isIP } from 'node:net';

/** subjectAltName by kind. A subject's common name is not among them: it names nobody (RFC 9525 §2). */
export interface ServerNames {
  /** dNSName: DNS-ID. */
  readonly dns: readonly string[];
  /** SRVName (RFC 4985), such as `_xmpp-client.example.org`: SRV-ID. */
  readonly srv: readonly string[];
  /** id-on-xmppAddr that is a domain: encouraged no longer, and still in use. */
  readonly xmppAddr: readonly string[];
  /** iPAddress: IP-ID. */
  readonly ip: readonly string[];
}

/** The one service that a client looks for (RFC 6120 §13.7.1.2.1); direct TLS is verified alike (XEP-0368 §3). */
const SERVICE = '_xmpp-client.';
const MAX_NAMES = 1_000;

/**
 * Reads the text that Node makes of a subjectAltName. A value that could be taken for several stands there as a JSON string
 * (CVE-2021-44532); such a value names nobody, since no name of ours needs it.
 */
export function readNames(text: string | undefined): ServerNames {
  const names = { dns: [] as string[], srv: [] as string[], xmppAddr: [] as string[], ip: [] as string[] };
  for (const entry of (text ?? '').split(', ').slice(0, MAX_NAMES)) {
    const match = /^(DNS|IP Address|othername:SRVName|othername:XmppAddr):([^",\s]+)$/.exec(entry);
    const [, kind, value = ''] = match ?? [];
    if (kind === 'DNS') names.dns.push(value);
    else if (kind === 'IP Address') names.ip.push(value);
    else if (kind === 'othername:SRVName') names.srv.push(value);
    else if (kind === 'othername:XmppAddr') names.xmppAddr.push(fromOctets(value));
  }
  return names;
}

/** Node gives a UTF8String octet by octet. */
function fromOctets(text: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return text;
  }
}

/**
 * @param domain of the account, A-labels, or an IP address without brackets
 * @param unicode the same with U-labels, as an xmppAddr writes it
 */
export function namesDomain(names: ServerNames, domain: string, unicode: string): boolean {
  if (isIP(domain) !== 0) return names.ip.some((ip) => isIP(ip) !== 0 && canonicalIp(ip) === canonicalIp(domain));
  const wanted = lower(domain);
  return (
    names.dns.some((name) => matchesDns(lower(name), wanted)) ||
    names.srv.some((name) => lower(name) === SERVICE + wanted) ||
    names.xmppAddr.some((name) => lower(name) === wanted || name.toLowerCase() === unicode.toLowerCase())
  );
}

/**
 * RFC 9525 §6.3: a wildcard is the whole leftmost label and stands for exactly one. It never stands for a name directly
 * under a top-level domain.
 */
function matchesDns(name: string, domain: string): boolean {
  if (!name.includes('*')) return name === domain;
  const rest = name.slice(2);
  const under = domain.slice(domain.indexOf('.') + 1);
  return name.startsWith('*.') && !rest.includes('*') && rest.includes('.') && domain.includes('.') && rest === under;
}

/** Letters of ASCII only: names are compared octet by octet otherwise. A final dot is the root, not a label. */
const lower = (name: string): string => name.replace(/[A-Z]/g, (c) => c.toLowerCase()).replace(/\.$/, '');

/** One spelling for each address, as URLs write them. */
const canonicalIp = (ip: string): string => new URL(`http://${ip.includes(':') ? `[${ip}]` : ip}/`).hostname;
