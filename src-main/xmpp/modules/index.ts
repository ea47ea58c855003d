/** All modules of one session, in one piece: set up together, begun in the right order, torn down together. */

import { type BareJid, bareOf, domainOf, type FullJid, isFull, type Jid } from '../../../src-shared/jid.ts';
import { StanzaError, type Session } from '../types.ts';
import { type OwnPresence, presence, type Presences } from './rfc6121-presence.ts';
import { roster, type Roster, type RosterOptions } from './rfc6121-roster.ts';
import { subscriptions, type SubscriptionOptions, type Subscriptions } from './rfc6121-subscription.ts';
import { fromOurSide } from './stanza.ts';
import { disco, type Disco, type DiscoInfo } from './xep0030-disco.ts';
import { account, type AccountManagement } from './xep0077-account.ts';
import { NS_CHAT_STATES } from './xep0085-chat-states.ts';
import { version } from './xep0092-version.ts';
import { caps, type Caps, type CapsCache, verOf } from './xep0115-caps.ts';
import { pep, type Pep } from './xep0163-pep.ts';
import { NS_RECEIPTS } from './xep0184-receipts.ts';
import { ping, type Ping } from './xep0199-ping.ts';
import { carbons, type Carbons } from './xep0280-carbons.ts';
import { NS_SID } from './xep0359-ids.ts';

export interface ModulesOptions {
  /** `node` is a URI that names the program (XEP-0115 §4). */
  readonly software: { readonly name: string; readonly version: string; readonly node: string };
  /** Features of the services above, beside those of the modules: `xmpp:sec`. */
  readonly features?: readonly string[];
  /** PEP nodes whose events we want: `xmpp:sec:credentials`. */
  readonly notify?: readonly string[];
  readonly capsCache: CapsCache;
  readonly roster: RosterOptions;
  readonly subscriptions: SubscriptionOptions;
  /** The presence of this bare JID changed. */
  readonly onPresence: (bare: BareJid) => void;
  /** What this one can has become known. */
  readonly onCapabilities?: (jid: Jid) => void;
}

export interface Modules {
  readonly roster: Roster;
  readonly presence: Presences;
  readonly subscriptions: Subscriptions;
  readonly disco: Disco;
  readonly caps: Caps;
  readonly carbons: Carbons;
  readonly pep: Pep;
  readonly ping: Ping;
  readonly account: AccountManagement;
  /** True where this one gets our presence: our own account, a subscriber while we are available, or by directed presence. */
  presenceTo(jid: Jid): boolean;
  /**
   * True where presence flows both ways between us and this device, which is online (protocol 3). For a room's occupants
   * it is false as long as nothing is directed to the room's bare JID or to them.
   */
  presenceBothWays(full: FullJid): boolean;
  /**
   * Loads the roster, switches carbons on, then sends initial presence: so no presence comes before the contact it
   * belongs to. Resolves to what the server offers.
   * @throws StanzaError, IqTimeout, BadAnswer where the roster cannot be had; no presence was sent then
   */
  begin(own: OwnPresence): Promise<{ readonly carbons: boolean }>;
  teardown(): void;
}

/** What we answer to disco#info, and what entity capabilities hash. */
export function ownDisco(options: Pick<ModulesOptions, 'software' | 'features' | 'notify'>): DiscoInfo {
  const features = [
    ...[roster, presence, subscriptions, disco, caps, carbons, pep, ping, version, account].flatMap((module) => module.features),
    NS_CHAT_STATES,
    NS_RECEIPTS,
    NS_SID,
    ...(options.features ?? []),
    ...(options.notify ?? []).map((node) => `${node}+notify`),
  ];
  return {
    identities: [{ category: 'client', type: 'pc', lang: '', name: options.software.name }],
    features: [...new Set(features)].sort(),
    forms: [],
  };
}

/** Sets the modules up; nothing is sent before `begin`. */
export function setupModules(session: Session, options: ModulesOptions): Modules {
  const { software } = options;
  const info = ownDisco(options);
  const ownNode = `${software.node}#${verOf(info) ?? ''}`;

  const theRoster = roster.setup(session, options.roster);
  const thePresence = presence.setup(session, {
    isKnown: (bare) => theRoster.get(bare) !== undefined,
    extensions: () => [theCaps.annotation],
    onChange: (bare) => {
      theCaps.changed(bare);
      options.onPresence(bare);
    },
  });

  const isSubscriber = (bare: BareJid): boolean => ['from', 'both'].includes(theRoster.get(bare)?.subscription ?? '');
  const presenceTo = (jid: Jid): boolean =>
    bareOf(jid) === session.bare || thePresence.isDirected(jid) || (thePresence.available && isSubscriber(bareOf(jid)));
  /** A subscriber's server asks in its own name, to know which events to pass on (XEP-0163 §4.3.2). */
  const hasSubscriberAt = (domain: string): boolean =>
    thePresence.available && theRoster.items().some((item) => domainOf(item.jid) === domain && isSubscriber(item.jid));
  const mayAsk = (from: Jid | undefined): boolean =>
    from === undefined || fromOurSide(session, from) || presenceTo(from) || (from === domainOf(from) && hasSubscriberAt(from));

  const theDisco = disco.setup(session, { own: info, ownNode, mayAsk });
  const theCaps = caps.setup(session, {
    own: { node: software.node, info },
    presence: thePresence,
    disco: theDisco,
    cache: options.capsCache,
    mayAskUnasked: presenceTo,
    ...(options.onCapabilities && { onKnown: options.onCapabilities }),
  });
  const theSubscriptions = subscriptions.setup(session, options.subscriptions);
  const theCarbons = carbons.setup(session, undefined);
  const thePep = pep.setup(session, undefined);
  const thePing = ping.setup(session, { mayAsk });
  const theVersion = version.setup(session, { name: software.name, version: software.version, mayAsk });
  const theAccount = account.setup(session, undefined);
  const all = [theAccount, theVersion, thePing, thePep, theCarbons, theSubscriptions, theCaps, theDisco, thePresence, theRoster];

  return {
    roster: theRoster,
    presence: thePresence,
    subscriptions: theSubscriptions,
    disco: theDisco,
    caps: theCaps,
    carbons: theCarbons,
    pep: thePep,
    ping: thePing,
    account: theAccount,
    presenceTo,
    presenceBothWays: (full) => isFull(full) && thePresence.isOnline(full) && presenceTo(full),
    async begin(own) {
      const enabled = theCarbons.enable().then(
        () => true,
        (error: unknown) => {
          if (error instanceof StanzaError) return false; // the server has none
          throw error;
        },
      );
      const [offersCarbons] = await Promise.all([enabled, theRoster.load()]);
      thePresence.send(own);
      return { carbons: offersCarbons };
    },
    teardown() {
      for (const module of all) module.teardown();
    },
  };
}
