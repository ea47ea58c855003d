/**
 * Key agreements with the devices of contacts: whom to ask (protocol 3), the exchanges under way (5.2, in ExchangeBook), and
 * what they leave behind: an association in the store, a verdict, the device behind a full JID.
 */

import type { ErrorCode } from '../../src-shared/errors.ts';
import type { DeviceId, Fingerprint } from '../../src-shared/ids.ts';
import { bareOf, isFull, type BareJid, type FullJid } from '../../src-shared/jid.ts';
import { isDue, type Party, type SecurityAssociation } from '../security/association/association.ts';
import type { Peer } from '../security/association/aggressive.ts';
import { ExchangeBook, type Answer, type Outcome, type Reply } from '../security/association/exchanges.ts';
import { SEC } from '../security/crypto/algorithms.ts';
import { accepted } from '../security/trust.ts';
import { tryJid } from '../jid/jid.ts';
import type { Agreements, Online, Workspace } from '../services.ts';
import { IqTimeout, StanzaError, type IqHandler } from '../xmpp/types.ts';
import type { Element } from '../xml/element.ts';
import { xml } from '../xml/element.ts';
import type { ProtectionService } from './protection.ts';

/** Exchanges under way are awaited this long before a message is sent (protocol 6.2). */
const AWAIT_MS = 5_000;
/** Whoever wants main mode is asked again this much later. */
const MAIN_MODE_MS = 600_000;
/**
 * After the user accepted a credential its device answers `busy` for as long as the exchange is open there that ended over
 * it here, 60 s (protocol 5.1); what was written waits for it this long instead of leaving it out.
 */
const CONSENT_MS = 90_000;

export interface AgreementsService extends Agreements {
  /** Registers what answers exchanges on a new session. */
  attach(online: Online): void;
  /** The session ended for good, or our device id changed: what is under way ends. */
  close(): void;
  /** The user consented to a `changed` credential: an exchange may start anew. */
  consented(jid: BareJid): void;
  /** A message that opened told which device is behind this full JID. */
  learn(full: FullJid, party: Party): void;
}

export interface AgreementsHooks {
  readonly protection: () => ProtectionService;
  /** An association stands, or none came: messages that wait may look again. */
  readonly onSettled: (jid: BareJid) => void;
  /** A copy of our store is in use (protocol 6.5). */
  readonly onCopy: () => void;
}

export function createAgreements(workspace: Workspace, hooks: AgreementsHooks): AgreementsService {
  const { store, bus, clock, timers, random } = workspace;
  const running = new Map<FullJid, Promise<SecurityAssociation | undefined>>();
  const behind = new Map<FullJid, Party>();
  const notBefore = new Map<FullJid, number>();
  const problems = new Map<BareJid, ErrorCode>();
  /** Devices whose credential was just accepted and that have no association yet, and how long messages wait for it. */
  const awaited = new Map<FullJid, number>();
  const waiters = new Map<BareJid, Set<() => void>>();

  const book = new ExchangeBook({
    clock,
    random,
    own: () => {
      const { device, credential } = workspace.self();
      const online = workspace.online();
      if (online === undefined) throw new IqTimeout();
      return { full: online.session.jid, device, credential };
    },
    holds: (keyId) => store.associations.get(keyId) !== undefined,
    cookies: store.cookies,
    ask,
    judge,
  });

  async function ask(type: 'get' | 'set', to: FullJid, query: Element, timeoutMs: number): Promise<Answer> {
    const online = workspace.online();
    if (online === undefined) return { kind: 'timeout' };
    try {
      const stanza = await online.session.iq[type](to, query, timeoutMs);
      const from = tryJid(stanza.attr('from') ?? '');
      const addressee = tryJid(stanza.attr('to') ?? '') ?? online.session.jid;
      // An empty result is malformed: the book finds no step in it.
      const answer = stanza.elements()[0] ?? xml('query', SEC);
      return from === undefined ? { kind: 'timeout' } : { kind: 'result', from, to: addressee, query: answer };
    } catch (error) {
      if (error instanceof IqTimeout) return { kind: 'timeout' };
      if (!(error instanceof StanzaError)) throw error;
      const application = error.application?.name;
      return { kind: 'error', condition: error.condition, ...(application !== undefined && { application }) };
    }
  }

  /** "A verdict is recorded only once a signature by it held, over AM2 or AM3; AM1 may be a replay" (protocol 4). */
  // eslint-disable-next-line @typescript-eslint/require-await -- a path to a trust anchor will ask the network
  async function judge(peer: Peer, at: { readonly fresh: boolean }) {
    const protection = hooks.protection();
    const judgement = protection.judgePeer(peer);
    if (at.fresh && judgement.record !== undefined) {
      protection.record(judgement, peer.chain);
      protection.changed(peer.jid);
      if (judgement.verdict === 'changed') notice('credential-changed', peer.jid);
    }
    return judgement.verdict;
  }

  const notice = (code: ErrorCode, about: BareJid): void => {
    bus.emit('notice', { code, about, at: clock.now() });
  };

  const settle = (jid: BareJid): void => {
    const waiting = waiters.get(jid);
    waiters.delete(jid);
    for (const wake of waiting ?? []) wake();
    hooks.onSettled(jid);
  };

  const learn = (full: FullJid, party: Party): void => {
    if (bareOf(full) !== party.jid) return;
    behind.set(full, party);
    const name = placeOf(party);
    if (store.meta.text(name) !== full) store.meta.set(name, full);
  };

  /** Inside a transaction: it stands. Plain text needs an explicit act from now on (protocol 3), also where it was allowed. */
  const keep = (sa: SecurityAssociation): void => {
    store.associations.add(sa, clock.now());
    hooks.protection().stood(sa.peer.jid);
  };

  const stands = (full: FullJid, sa: SecurityAssociation, ms?: number): void => {
    learn(full, sa.peer);
    problems.delete(sa.peer.jid);
    notBefore.delete(full);
    bus.emit('association.changed', {
      jid: sa.peer.jid,
      device: sa.peer.device,
      state: 'stands',
      ...(ms !== undefined && { ms }),
    });
    hooks.protection().changed(sa.peer.jid);
    settle(sa.peer.jid);
  };

  // ── as initiator ──────────────────────────────────────────────────────────────────────────────────────────────

  const begin = (full: FullJid): Promise<SecurityAssociation | undefined> => {
    const before = running.get(full);
    if (before !== undefined) return before;
    const jid = bareOf(full);
    const began = clock.now();
    const run = async (): Promise<SecurityAssociation | undefined> => {
      bus.emit('association.changed', { jid, state: 'agreeing' });
      const outcome = await book.begin(full);
      if (outcome.kind !== 'stands') {
        await ended(full, outcome);
        return outcome.kind === 'glare' || outcome.kind === 'under-way' ? associationBehind(full, began) : undefined;
      }
      await store.commit(() => {
        keep(outcome.sa);
      });
      stands(full, outcome.sa, clock.now() - began);
      return outcome.sa;
    };
    const promise = run()
      .catch((error: unknown) => {
        workspace.log('exchange-fault', error instanceof Error ? error.name : 'unknown');
        notBefore.set(full, clock.now() + AWAIT_MS);
        return undefined;
      })
      .finally(() => {
        running.delete(full);
      });
    running.set(full, promise);
    return promise;
  };

  async function ended(full: FullJid, outcome: Exclude<Outcome, { kind: 'stands' }>): Promise<void> {
    const jid = bareOf(full);
    switch (outcome.kind) {
      case 'glare':
      case 'under-way':
        // Theirs goes on and will stand by itself.
        await settled(jid, AWAIT_MS);
        return;
      case 'own-copy':
        hooks.onCopy();
        return;
      case 'wait':
        retryAt(full, outcome.retryAt);
        return;
      case 'failed': {
        const code: ErrorCode = outcome.code === 'unreachable' ? 'exchange-timeout' : outcome.code;
        problems.set(jid, code);
        // Whom its signature proved to be there: not asked again before the user has decided.
        if (outcome.peer !== undefined) behind.set(full, outcome.peer);
        workspace.log('exchange-failed', code);
        bus.emit('association.changed', { jid, state: 'failed', code });
        // Neither counted nor failed (protocol 10), so nothing else would keep us from asking at once, for ever.
        retryAt(full, code === 'use-main-mode' ? clock.now() + MAIN_MODE_MS : outcome.retryAt);
        hooks.protection().changed(jid);
        settle(jid);
      }
    }
  }

  /** Not again before then; at that time whatever waits looks again. */
  const retryAt = (full: FullJid, at: number): void => {
    notBefore.set(full, at);
    timers.after(Math.max(0, at - clock.now()) + 1, () => {
      if (workspace.online()?.modules.presence.isOnline(full) === true) hooks.onSettled(bareOf(full));
    });
  };

  // ── as responder ──────────────────────────────────────────────────────────────────────────────────────────────

  const answer =
    (type: 'get' | 'set', online: Online): IqHandler =>
    async (payload, from) => {
      // Section 3: whoever gets no presence from us gets what an unknown namespace gets, and nothing else happens.
      if (from === undefined || !isFull(from) || from === online.session.jid || !online.modules.presenceBothWays(from)) {
        throw new StanzaError('cancel', 'service-unavailable');
      }
      const reply = await book.onQuery(type, { from, to: online.session.jid, query: payload });
      if (reply.kind === 'error') return refuse(from, reply);
      const { stands: sa } = reply;
      if (sa !== undefined) {
        await store.commit(() => {
          keep(sa);
        });
        // After the answer is on its way: it is sent when this function has returned.
        setImmediate(() => {
          stands(from, sa);
        });
      }
      return reply.query;
    };

  const refuse = (from: FullJid, { error, ownCopy, refused }: Extract<Reply, { kind: 'error' }>): never => {
    const jid = bareOf(from);
    if (ownCopy === true) hooks.onCopy();
    if (refused !== undefined) {
      const { verdict } = hooks.protection().judgePeer(refused);
      if (!accepted(verdict)) hooks.protection().changed(jid);
      // "Shown to the user" (5.2), but AM1 may be a replay and gives no verdict (4): an exchange of our own, fresh, does.
      if (verdict === 'changed' && store.verdicts.get(jid, refused.fp) === undefined) setImmediate(() => void begin(from));
    }
    settle(jid);
    throw new StanzaError(error.type, error.condition, error.application);
  };

  // ── who ───────────────────────────────────────────────────────────────────────────────────────────────────────

  const capable = (jid: BareJid): FullJid[] => {
    const online = workspace.online();
    if (online === undefined) return [];
    const { modules, session } = online;
    return modules.presence
      .resources(jid)
      .map((there) => there.jid)
      .filter((full): full is FullJid => isFull(full) && full !== session.jid)
      .filter((full) => modules.caps.supports(full, SEC) === true && modules.presenceBothWays(full));
  };

  const partyBehind = (full: FullJid): Party | undefined => {
    const known = behind.get(full);
    if (known !== undefined) return known;
    const jid = bareOf(full);
    return store.associations.list(jid).find((sa) => store.meta.text(placeOf(sa.peer)) === full)?.peer;
  };

  const usableWith = (party: Party): SecurityAssociation | undefined =>
    hooks
      .protection()
      .targets(party.jid)
      .map((target) => target.association)
      .find((sa) => sa.peer.device === party.device && sa.peer.fp === party.fp);

  const associationBehind = (full: FullJid, since = 0): SecurityAssociation | undefined => {
    const party = partyBehind(full);
    const sa = party === undefined ? undefined : usableWith(party);
    return sa !== undefined && sa.establishedAt >= since ? sa : undefined;
  };

  const wants = (full: FullJid): boolean => {
    if (running.has(full) || book.isOpen(full)) return true;
    if ((notBefore.get(full) ?? 0) > clock.now()) return false;
    const party = partyBehind(full);
    if (party === undefined) return true;
    const verdict = hooks.protection().verdictOf(party.jid, party.fp);
    if (verdict !== undefined && !accepted(verdict)) return false;
    const sa = usableWith(party);
    return sa === undefined || isDue(sa, clock.now());
  };

  const underWay = (jid: BareJid): boolean =>
    [...running.keys()].some((full) => bareOf(full) === jid) || capable(jid).some((full) => book.isOpen(full));

  const settled = (jid: BareJid, ms: number): Promise<boolean> => {
    if (!underWay(jid)) return Promise.resolve(false);
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        resolve(true);
      };
      const cancel = timers.after(ms, wake);
      const set = waiters.get(jid) ?? new Set();
      waiters.set(jid, set.add(wake));
    });
  };

  return {
    capable,
    settled,
    learn,
    problem: (jid) => problems.get(jid),
    wanting: (jid) => capable(jid).some(wants),
    awaiting: (jid) =>
      capable(jid).some((full) => (awaited.get(full) ?? 0) > clock.now() && associationBehind(full) === undefined),
    deviceOf(full): { readonly fp: Fingerprint; readonly device: DeviceId } | undefined {
      return partyBehind(full);
    },
    fullsOf: (jid, device) => capable(jid).filter((full) => partyBehind(full)?.device === device),
    agreeWith: (full) => begin(full),
    async ensure(jid) {
      const wanted = capable(jid).filter(wants);
      if (wanted.length === 0) return;
      const all = Promise.allSettled(
        wanted.map((full) => (book.isOpen(full) && !running.has(full) ? settled(jid, AWAIT_MS) : begin(full))),
      );
      let cancel: () => void = () => undefined;
      const late = new Promise<void>((resolve) => {
        cancel = timers.after(AWAIT_MS, resolve);
      });
      await Promise.race([all, late]);
      cancel();
    },
    attach(online) {
      online.session.iq.onGet('query', SEC, answer('get', online));
      online.session.iq.onSet('query', SEC, answer('set', online));
    },
    close() {
      book.close();
      behind.clear();
    },
    consented(jid) {
      book.consented(jid);
      for (const full of [...notBefore.keys()]) if (bareOf(full) === jid) notBefore.delete(full);
      problems.delete(jid);
      for (const full of capable(jid)) {
        const party = partyBehind(full);
        const verdict = party === undefined ? undefined : hooks.protection().verdictOf(jid, party.fp);
        if (verdict === undefined || !accepted(verdict) || associationBehind(full) !== undefined) {
          awaited.delete(full);
          continue;
        }
        awaited.set(full, clock.now() + CONSENT_MS);
        timers.after(CONSENT_MS + 1, () => {
          awaited.delete(full);
          hooks.onSettled(jid);
        });
      }
    },
  };
}

/** Under which name the last full JID of a device is kept. */
const placeOf = ({ jid, device }: Party): string => `place:${jid}/${device}`;
