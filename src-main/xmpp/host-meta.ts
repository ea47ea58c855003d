/**
 * A domain's host-meta (RFC 6415), read over HTTPS. Of XEP-0156 a client over TCP can use nothing: it lists WebSocket and
 * BOSH. XEP-0487 lists direct TLS beside them, and of that this takes what is a target.
 */

import { request } from 'node:https';
import { isIP, type Socket } from 'node:net';
import { connect } from 'node:tls';
import * as v from 'valibot';
import type { Place } from './dial.ts';
import type { Clock, Random, Timers } from './ports.ts';
import { asciiDomain, inOrder, type Target } from './targets.ts';
import type { Trust } from './tls/secure.ts';

export interface HostMeta {
  /** In order of preference; empty where there is nothing to be had, for whatever reason. Asked anew when its time is over. */
  targets(domain: string, dial: (place: Place) => Promise<Socket>): Promise<readonly Target[]>;
}

export interface HostMetaOptions {
  readonly trust: Trust;
  readonly random: Random;
  readonly timers: Timers;
  readonly clock: Clock;
  /** 443 unless told. */
  readonly port?: number;
}

const PATH = '/.well-known/host-meta.json';
const HTTPS_PORT = 443;
const FETCH_MS = 10_000;
const MAX_OCTETS = 64 * 1024;
const MAX_REDIRECTS = 3;
/** What a document says of its own life is believed within these; where there is none, it is not asked for again so long. */
const MIN_LIFE_MS = 60_000;
const MAX_LIFE_MS = 86_400_000;
const ABSENT_MS = 600_000;

const number = v.pipe(v.number(), v.safeInteger(), v.minValue(0), v.maxValue(0xffff));
const directTls = v.object({
  rel: v.literal('urn:xmpp:alt-connections:tls'),
  port: v.pipe(number, v.minValue(1)),
  ips: v.pipe(
    v.array(
      v.pipe(
        v.string(),
        v.check((ip) => isIP(ip) !== 0),
      ),
    ),
    v.minLength(1),
    v.maxLength(16),
  ),
  priority: number,
  weight: number,
  sni: v.pipe(v.string(), v.regex(/^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}$/i)),
});
/** Without `xmpp` only XEP-0156 is meant. Links of other kinds are not ours to judge. */
const document = v.object({
  xmpp: v.object({ ttl: v.pipe(v.number(), v.minValue(0)) }),
  links: v.pipe(v.array(v.unknown()), v.maxLength(256)),
});

export interface HostMetaDocument {
  readonly lifeMs: number;
  readonly targets: readonly Target[];
}

/** Reads the JSON (XEP-0487 §2); undefined where it has nothing for us. */
export function readHostMeta(text: string, random: Random): HostMetaDocument | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A web page in its place, most likely: a domain without host-meta.
    return undefined;
  }
  const read = v.safeParse(document, json);
  if (!read.success) return undefined;
  const links = read.output.links.flatMap((link) => {
    const parsed = v.safeParse(directTls, link);
    return parsed.success ? [parsed.output] : [];
  });
  return {
    lifeMs: Math.min(MAX_LIFE_MS, Math.max(MIN_LIFE_MS, read.output.xmpp.ttl * 1000)),
    targets: inOrder(links, random).flatMap(({ ips, port, sni }) =>
      ips.map((host) => ({ host, port, tls: 'direct' as const, delegate: sni.toLowerCase() })),
    ),
  };
}

export function createHostMeta({ trust, random, timers, clock, port = HTTPS_PORT }: HostMetaOptions): HostMeta {
  const known = new Map<string, { readonly targets: readonly Target[]; readonly until: number }>();

  return {
    async targets(domain, dial) {
      const host = asciiDomain(domain);
      // An address has no one whom it could delegate to.
      if (isIP(host) !== 0) return [];
      const before = known.get(host);
      if (before !== undefined && clock.now() < before.until) return before.targets;
      const text = await get(`https://${host}:${String(port)}${PATH}`, dial).catch(() => undefined);
      const read = text === undefined ? undefined : readHostMeta(text, random);
      const targets = read?.targets ?? [];
      known.set(host, { targets, until: clock.now() + (read?.lifeMs ?? ABSENT_MS) });
      return targets;
    },
  };

  async function get(address: string, dial: (place: Place) => Promise<Socket>): Promise<string | undefined> {
    let url = new URL(address);
    for (let i = 0; i <= MAX_REDIRECTS; i++) {
      const answer = await ask(url, await dial({ host: url.hostname, port: Number(url.port || HTTPS_PORT) }));
      if (answer.kind === 'text') return answer.text;
      if (answer.location === undefined) return undefined;
      url = new URL(answer.location, url);
      if (url.protocol !== 'https:') return undefined;
    }
    return undefined;
  }

  function ask(
    url: URL,
    socket: Socket,
  ): Promise<
    { readonly kind: 'text'; readonly text: string } | { readonly kind: 'other'; readonly location: string | undefined }
  > {
    return new Promise((resolve, reject) => {
      const tls = connect({
        ...{ socket, secureContext: trust.context, ALPNProtocols: ['http/1.1'] },
        ...(isIP(url.hostname) === 0 && { servername: url.hostname }),
      });
      const fail = (error?: Error) => {
        cancel();
        tls.destroy();
        socket.destroy();
        reject(error ?? new Error('no host-meta'));
      };
      const cancel = timers.after(FETCH_MS, fail);
      socket.on('error', fail);
      const asked = request(url, { createConnection: () => tls, headers: { accept: 'application/json', connection: 'close' } });
      asked.on('error', fail);
      asked.on('response', (response) => {
        const status = response.statusCode ?? 0;
        if (status !== 200) {
          cancel();
          tls.destroy();
          resolve({ kind: 'other', location: status >= 300 && status < 400 ? response.headers.location : undefined });
          return;
        }
        const parts: Buffer[] = [];
        let octets = 0;
        response.on('data', (part: Buffer) => {
          octets += part.length;
          if (octets > MAX_OCTETS) fail();
          else parts.push(part);
        });
        response.on('error', fail);
        response.on('end', () => {
          cancel();
          tls.destroy();
          resolve({ kind: 'text', text: Buffer.concat(parts).toString('utf8') });
        });
      });
      asked.end();
    });
  }
}
