/** RFC 6121 §4: who is there, with which device, and what we tell of ourselves. */

import { bareOf, isFull, type BareJid, type Jid } from '../../../src-shared/jid.ts';
import { type Element, xml } from '../../xml/element.ts';
import { xmppModule } from '../types.ts';
import { jidAttr, NS_CLIENT, textOf } from './stanza.ts';
import { type CapsAnnotation, readCaps } from './xep0115-caps.ts';

const MAX_STATUS = 1024;
/** Devices of one bare JID. */
const MAX_RESOURCES = 64;
/** Bare JIDs that are neither in the roster nor told of us, and yet send presence: the oldest is forgotten. */
const MAX_STRANGERS = 256;

/** §4.7.2.1; `online` is what has no `<show/>`. */
export type Show = 'online' | 'chat' | 'away' | 'xa' | 'dnd';

export interface Availability {
  /** Full, but for gateways and servers, which have no resource. */
  readonly jid: Jid;
  readonly show: Show;
  /** At most 1,024 octets. */
  readonly status: string | undefined;
  /** -128 to 127; a negative one gets no messages sent to the bare JID. */
  readonly priority: number;
  readonly caps: CapsAnnotation | undefined;
}

export interface OwnPresence {
  readonly show: Show;
  readonly status?: string | undefined;
  readonly priority?: number;
}

export interface PresenceOptions {
  /** True for bare JIDs that the roster has: their presence is never forgotten to make room. */
  readonly isKnown: (bare: BareJid) => boolean;
  /** Put into every available presence: entity capabilities. */
  readonly extensions?: () => readonly Element[];
  /** Something about this bare JID changed. */
  readonly onChange: (bare: BareJid) => void;
}

export interface Presences {
  isOnline(jid: Jid): boolean;
  get(jid: Jid): Availability | undefined;
  /** The devices of a bare JID that are online, best first (§8.5.2.1.1 leaves it to priority, then who came last). */
  resources(bare: BareJid): readonly Availability[];
  best(bare: BareJid): Availability | undefined;
  /** Everybody's devices that are online. */
  all(): readonly Availability[];
  /** Broadcasts our presence (§4.2, §4.4); the first makes us available. Directed presence stays what it was. */
  send(own: OwnPresence): void;
  /** Goes offline (§4.5). */
  sendUnavailable(): void;
  /** True between `send` and `sendUnavailable`. */
  readonly available: boolean;
  /** Sends our presence to one who is not subscribed to it (§4.6), as it stands. */
  direct(to: Jid): void;
  /** Takes directed presence back. */
  withdraw(to: Jid): void;
  /** True where directed presence went to this address, or to the bare JID of it. */
  isDirected(to: Jid): boolean;
}

const SHOWS: readonly string[] = ['chat', 'away', 'xa', 'dnd'] satisfies Show[];

/** What an available presence says; undefined for any other type, and for one without a sender. */
export function readAvailability(stanza: Element): Availability | undefined {
  const jid = jidAttr(stanza, 'from');
  if (!stanza.is('presence', NS_CLIENT) || stanza.attr('type') !== undefined || jid === undefined) return undefined;
  const show = stanza.childText('show') ?? '';
  const priority = stanza.childText('priority') ?? '0';
  const number = /^[+-]?\d{1,3}$/.test(priority) ? Number(priority) : 0;
  return {
    jid,
    show: SHOWS.includes(show) ? (show as Show) : 'online',
    status: textOf(stanza, 'status', MAX_STATUS),
    priority: number >= -128 && number <= 127 ? number : 0,
    caps: readCaps(stanza),
  };
}

/** Our own presence (§4.2): broadcast without `to`. */
export function presenceStanza(own: OwnPresence, to: Jid | undefined, extensions: readonly Element[]): Element {
  const { show, status, priority = 0 } = own;
  return xml(
    'presence',
    NS_CLIENT,
    { to },
    show === 'online' ? undefined : xml('show', NS_CLIENT, {}, show),
    status === undefined || status === '' ? undefined : xml('status', NS_CLIENT, {}, status),
    priority === 0 ? undefined : xml('priority', NS_CLIENT, {}, String(priority)),
    ...extensions,
  );
}

/** Insertion order is arrival order: the one that spoke last stands last. */
type Devices = Map<Jid, Availability>;

export const presence = xmppModule<PresenceOptions, Presences>({
  features: [],
  setup: (session, options) => {
    const online = new Map<BareJid, Devices>();
    const strangers = new Set<BareJid>();
    const directed = new Set<Jid>();
    let own: OwnPresence = { show: 'online' };
    let available = false;

    const isKnown = (bare: BareJid): boolean => bare === session.bare || isDirected(bare) || options.isKnown(bare);
    const isDirected = (to: Jid): boolean => directed.has(to) || directed.has(bareOf(to));
    const forget = (bare: BareJid): void => {
      strangers.delete(bare);
      if (online.delete(bare)) options.onChange(bare);
    };

    const arrived = (there: Availability): void => {
      const bare = bareOf(there.jid);
      let devices = online.get(bare);
      if (devices === undefined) {
        if (!isKnown(bare)) admitStranger(bare);
        devices = new Map();
        online.set(bare, devices);
      }
      if (!devices.delete(there.jid) && devices.size >= MAX_RESOURCES) return;
      devices.set(there.jid, there);
      options.onChange(bare);
    };

    const admitStranger = (bare: BareJid): void => {
      for (const one of strangers) {
        if (strangers.size < MAX_STRANGERS) break;
        if (isKnown(one)) strangers.delete(one);
        else forget(one);
      }
      strangers.add(bare);
    };

    const left = (jid: Jid): void => {
      const bare = bareOf(jid);
      // From a bare JID (a server on its user's behalf, a gateway): all of its devices are gone.
      if (!isFull(jid)) {
        forget(bare);
        return;
      }
      const devices = online.get(bare);
      if (devices?.delete(jid) !== true) return;
      if (devices.size === 0) forget(bare);
      else options.onChange(bare);
    };

    const end = session.onPresence((stanza) => {
      const type = stanza.attr('type');
      const there = readAvailability(stanza);
      if (there !== undefined) {
        arrived(there);
        return;
      }
      const from = jidAttr(stanza, 'from');
      if (from === undefined || (type !== 'unavailable' && type !== 'error')) return;
      left(from);
    });

    const resources = (bare: BareJid): Availability[] =>
      [...(online.get(bare)?.values() ?? [])].reverse().sort((a, b) => b.priority - a.priority);
    const extensions = (): readonly Element[] => options.extensions?.() ?? [];

    return {
      isOnline: (jid) => online.get(bareOf(jid))?.has(jid) ?? false,
      get: (jid) => online.get(bareOf(jid))?.get(jid),
      resources,
      best: (bare) => resources(bare)[0],
      all: () => [...online.values()].flatMap((devices) => [...devices.values()]),
      get available() {
        return available;
      },
      send(next) {
        own = next;
        available = true;
        session.send(presenceStanza(own, undefined, extensions()));
      },
      sendUnavailable() {
        available = false;
        directed.clear(); // §4.6.3: the server tells those who got directed presence too
        session.send(xml('presence', NS_CLIENT, { type: 'unavailable' }));
      },
      direct(to) {
        directed.add(to);
        session.send(presenceStanza(own, to, extensions()));
      },
      withdraw(to) {
        if (directed.delete(to)) session.send(xml('presence', NS_CLIENT, { to, type: 'unavailable' }));
      },
      isDirected,
      teardown: end,
    };
  },
});
