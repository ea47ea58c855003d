import { bareOf, type BareJid, type FullJid, type Jid } from '../../../src-shared/jid.ts';
import type { Cookie, KeyId } from '../../../src-shared/ids.ts';
import type { Verdict } from '../../../src-shared/models.ts';
import type { Element } from '../../xml/element.ts';
import type { Clock, Random } from '../ports.ts';
import {
  initiate,
  readAM3,
  receiveAM1,
  receiveAM2,
  receiveAM3,
  receiveAM4,
  wipeState,
  type Arrived,
  type AwaitingAM3,
  type ExchangeState,
  type Judging,
  type Own,
  type Peer,
  type Policy,
  defaultPolicy,
} from './aggressive.ts';
import type { SecurityAssociation } from './association.ts';
import {
  AssociationError,
  CONFLICT,
  isAssociationErrorCode,
  wireError,
  type AssociationErrorCode,
  type Step,
  type WireError,
} from './errors.ts';
import { stepOf } from './law.ts';
import { EXCHANGE_TIME, MAX_OPEN, Rates, SeenCookies } from './rates.ts';

/**
 * The law around exchanges (protocol 5.1, 5.2, 10): who may open one when, which are open, glare, what is counted and what
 * failed. It does no I/O: the engine hands queries in and sends what comes out.
 *
 * ```
 *   begin(peer) ──ask AM1──► awaiting AM2 ──ask AM3──► awaiting AM4 ──► stands | failed | glare | own-copy
 *   onQuery(AM1) ──result AM2──► awaiting AM3 ──onQuery(AM3)──► stands, result AM4
 *        └─ refused, busy, conflict                    └─ refused: the exchange ends
 * ```
 */

/** How an iq that we sent was answered. The engine makes it of a result, a StanzaError or a time-out. */
export type Answer =
  | ({ readonly kind: 'result' } & Arrived)
  | { readonly kind: 'error'; readonly condition: string; readonly application?: string }
  | { readonly kind: 'timeout' };

/** Sends a query and resolves with its answer; it must give up, with `timeout`, within `timeoutMs`. */
export type Ask = (type: 'get' | 'set', to: FullJid, query: Element, timeoutMs: number) => Promise<Answer>;

export interface ExchangePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly ask: Ask;
  /** Ourselves, as signed in now. */
  own(): Own;
  /** CKYi seen before this process began: a restart does not reopen the door to a replay (5.1: an hour). */
  readonly cookies?: { seen(cookie: Cookie, now: number): boolean; add(cookie: Cookie, now: number): void };
  /** Does a KEYID name an SA that we hold, of whatever age? */
  readonly holds: (keyId: KeyId) => boolean;
  /**
   * The verdict on a peer's credential; may take its time. `fresh` is false on AM1, which may be a replay: then nothing is
   * to be recorded.
   */
  judge(peer: Peer, at: { readonly step: Step; readonly fresh: boolean }): Promise<Verdict>;
  readonly policy?: Policy;
}

export type Reply =
  | {
      readonly kind: 'result';
      readonly query: Element;
      /** To be stored before the result is sent. */ readonly stands?: SecurityAssociation;
    }
  | {
      readonly kind: 'error';
      readonly error: WireError;
      /** A copy of our store is in use: 6.5. */ readonly ownCopy?: true;
      /** Whose credential was refused. */ readonly refused?: Peer;
    };

export type Outcome =
  | { readonly kind: 'stands'; readonly sa: SecurityAssociation }
  /** The peer's own exchange with us goes on in its place (5.2), or is open already: it will stand by itself. */
  | { readonly kind: 'glare' }
  /** One of ours with this full JID is open already. */
  | { readonly kind: 'under-way' }
  /** Over a rate of section 10, here: nothing was sent. Try again at `retryAt`. */
  | { readonly kind: 'wait'; readonly retryAt: number }
  | { readonly kind: 'own-copy' }
  | {
      readonly kind: 'failed';
      readonly code: AssociationErrorCode | 'exchange-timeout' | 'unreachable';
      /** They said so; else it was our own check that failed. */
      readonly remote: boolean;
      /** When an exchange with this full JID may be tried again. */
      readonly retryAt: number;
      /** Whose credential it was, where that was the reason. */
      readonly peer?: Peer;
    };

interface Outgoing {
  readonly peer: FullJid;
  readonly until: number;
  state: ExchangeState;
  /** The other's exchange went on instead. */
  lost: boolean;
}

/** An incoming exchange: its slot is taken before anything slow is done, so that two cannot share it. */
interface Incoming {
  readonly until: number;
  state: AwaitingAM3 | 'reading' | 'finishing';
  device: string | undefined;
}

export class ExchangeBook {
  readonly #ports: ExchangePorts;
  readonly #outgoing = new Map<FullJid, Outgoing>();
  readonly #incoming = new Map<FullJid, Incoming>();
  readonly #seen = new SeenCookies();
  /** What peers began with us, by full JID and, once a signature held, by (bare JID, fp, device). */
  readonly #theirs = new Rates();
  /** What we began, likewise. */
  readonly #ours = new Rates();
  /** Exchanges that a `changed` credential ended, by bare JID: the user's consent takes them back. */
  readonly #awaitingConsent = new Map<BareJid, { readonly rates: Rates; readonly name: string }[]>();

  constructor(ports: ExchangePorts) {
    this.#ports = ports;
  }

  /** Exchanges open now, either way. */
  get open(): number {
    this.#expire();
    return this.#outgoing.size + this.#incoming.size;
  }

  /** Whether an exchange with this full JID is under way, either way: a message waits for it, 5 seconds at most (6.2). */
  isOpen(peer: FullJid): boolean {
    this.#expire();
    return this.#outgoing.has(peer) || this.#incoming.has(peer);
  }

  /** The user consented to a credential of this contact: what ended in `untrusted-credential` was neither counted nor failed. */
  consented(jid: BareJid): void {
    for (const { rates, name } of this.#awaitingConsent.get(jid) ?? []) rates.forgive(name);
    this.#awaitingConsent.delete(jid);
  }

  /** Forgets every exchange: the session ended for good, or the store was restored. Rates and cookies stay. */
  close(): void {
    for (const { state } of this.#outgoing.values()) wipeState(state);
    for (const { state } of this.#incoming.values()) if (typeof state !== 'string') wipeState(state);
    this.#outgoing.clear();
    this.#incoming.clear();
  }

  // ── as initiator ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs an exchange with a full JID to its end. Section 3 says with whom; the caller has asked it. */
  async begin(peer: FullJid): Promise<Outcome> {
    this.#expire();
    const now = this.#ports.clock.now();
    if (this.#outgoing.has(peer)) return { kind: 'under-way' };
    if (this.#incoming.has(peer)) return { kind: 'glare' };
    const retryAt = this.open >= MAX_OPEN ? now + EXCHANGE_TIME : this.#ours.nextAt(peer, now);
    if (retryAt > now) return { kind: 'wait', retryAt };

    const { next, send } = initiate(this.#ports.own(), peer, this.#policy, this.#ports.random);
    const exchange: Outgoing = { peer, until: now + EXCHANGE_TIME, state: next, lost: false };
    this.#outgoing.set(peer, exchange);
    this.#ours.begun(peer, now);
    try {
      return await this.#run(exchange, send);
    } catch (error) {
      if (error instanceof Ended) return error.outcome;
      throw error;
    } finally {
      if (this.#outgoing.get(peer) === exchange) this.#outgoing.delete(peer);
      wipeState(exchange.state);
    }
  }

  async #run(exchange: Outgoing, am1: Element): Promise<Outcome> {
    const { clock, holds } = this.#ports;
    // AM1 -> R, AM2 <- R
    const am2 = await this.#ask(exchange, 'get', am1);
    const judging = this.#check(exchange, () => {
      if (exchange.state.state !== 'awaiting AM2') throw new AssociationError('malformed', { step: 'AM2' });
      return receiveAM2(exchange.state, am2, holds);
    });
    const verdict = await this.#ports.judge(judging.peer, { step: 'AM2', fresh: true });
    this.#goesOn(exchange);
    const { next, send } = this.#check(exchange, () => judging.resume(verdict), judging, verdict);
    exchange.state = next;
    // AM3 -> R, AM4 <- R
    const am4 = await this.#ask(exchange, 'set', send);
    const stood = this.#check(exchange, () => receiveAM4(next, am4, clock.now()));
    for (const secret of stood.wipe) secret.wipe();
    return { kind: 'stands', sa: stood.next };
  }

  async #ask(exchange: Outgoing, type: 'get' | 'set', query: Element): Promise<Arrived> {
    const left = exchange.until - this.#ports.clock.now();
    const answer = await this.#ports.ask(type, exchange.peer, query, left);
    this.#goesOn(exchange);
    if (answer.kind === 'result') return answer;
    if (answer.kind === 'timeout') return this.#fail(exchange, 'exchange-timeout', true);
    const { condition, application } = answer;
    // `<conflict/>` has no application condition: their exchange goes on, and ours is neither counted nor failed.
    if (application === undefined && condition === 'conflict') {
      this.#ours.uncount(exchange.peer);
      throw new Ended({ kind: 'glare' });
    }
    const code = application !== undefined && isAssociationErrorCode(application) ? application : 'unreachable';
    return this.#fail(exchange, code, true);
  }

  /** The exchange is still ours to go on with: not lost to glare, closed, or out of time. */
  #goesOn(exchange: Outgoing): void {
    if (exchange.lost) throw new Ended({ kind: 'glare' });
    if (this.#ports.clock.now() >= exchange.until || this.#outgoing.get(exchange.peer) !== exchange) {
      this.#fail(exchange, 'exchange-timeout', false);
    }
  }

  /** One of our own checks; what fails in a result ends the exchange unanswered. */
  #check<T>(exchange: Outgoing, step: () => T, judging?: Judging<unknown>, verdict?: Verdict): T {
    try {
      return step();
    } catch (error) {
      if (!(error instanceof AssociationError)) throw error;
      if (judging?.ownCopy === true) {
        this.#ours.failed(exchange.peer, this.#ports.clock.now());
        throw new Ended({ kind: 'own-copy' });
      }
      return this.#fail(exchange, error.code, false, verdict === undefined ? undefined : judging?.peer, verdict);
    }
  }

  #fail(
    exchange: Outgoing,
    code: AssociationErrorCode | 'exchange-timeout' | 'unreachable',
    remote: boolean,
    peer?: Peer,
    verdict?: Verdict,
  ): never {
    const now = this.#ports.clock.now();
    if (code === 'use-main-mode') this.#ours.uncount(exchange.peer);
    else this.#ours.failed(exchange.peer, now);
    if (code === 'untrusted-credential' && (remote || verdict === 'changed'))
      this.#mayConsent(bareOf(exchange.peer), this.#ours, exchange.peer);
    const retryAt = code === 'busy' ? now + EXCHANGE_TIME : Math.max(now, this.#ours.nextAt(exchange.peer, now));
    throw new Ended({ kind: 'failed', code, remote, retryAt, ...(peer === undefined ? {} : { peer }) });
  }

  // ── as responder ────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Answers an `xmpp:sec` query that came as iq `get` or `set`. The caller has asked section 3 before (a stranger gets
   * `service-unavailable` and nothing else happens), and stores what stands before it sends the result.
   */
  async onQuery(type: 'get' | 'set', arrived: Arrived): Promise<Reply> {
    this.#expire();
    const from = arrived.from as FullJid;
    try {
      const step = stepOf(arrived.query);
      if (type === 'get' && step === 'AM1') return await this.#onAM1(from, arrived);
      if (type === 'set' && step === 'AM3') return await this.#onAM3(from, arrived);
      throw new AssociationError('malformed', { step });
    } catch (error) {
      if (error instanceof AssociationError) return { kind: 'error', error: wireError(error.code) };
      throw error;
    }
  }

  async #onAM1(from: FullJid, arrived: Arrived): Promise<Reply> {
    const { clock, random, holds, cookies } = this.#ports;
    const now = clock.now();
    const fail = (): void => {
      this.#theirs.failed(from, now);
    };
    const read = counting(fail, () =>
      receiveAM1(
        this.#ports.own(),
        arrived,
        this.#policy,
        random,
        (cookie: Cookie) => this.#seen.has(cookie, now) || cookies?.seen(cookie, now) === true,
        holds,
      ),
    );
    // per full JID until the signature held
    const full = this.open >= MAX_OPEN || !this.#seen.hasRoom(now);
    if (full || this.#incoming.has(from) || this.#theirs.nextAt(from, now) > now)
      throw new AssociationError('busy', { step: 'AM1' });
    const exchange: Incoming = { until: now + EXCHANGE_TIME, state: 'reading', device: undefined };
    this.#incoming.set(from, exchange);
    this.#theirs.begun(from, now);
    try {
      return await this.#judgeAM1(
        from,
        exchange,
        read.cookieI,
        counting(fail, () => read.verify()),
      );
    } catch (error) {
      if (this.#incoming.get(from) === exchange) this.#incoming.delete(from);
      throw error;
    }
  }

  async #judgeAM1(
    from: FullJid,
    exchange: Incoming,
    cookieI: Cookie,
    judging: ReturnType<ReturnType<typeof receiveAM1>['verify']>,
  ): Promise<Reply> {
    const { peer } = judging;
    const began = this.#ports.clock.now();
    // "one counts as seen once its AM1's signature held"
    this.#seen.add(cookieI, began);
    this.#ports.cookies?.add(cookieI, began);
    // … and from then on per peer device
    const device = deviceName(peer);
    const other = [...this.#incoming.values()].some((e) => e !== exchange && e.device === device);
    if (other || this.#theirs.nextAt(device, began) > began) throw new AssociationError('busy', { step: 'AM1' });
    exchange.device = device;
    this.#theirs.begun(device, began);

    const verdict = await this.#ports.judge(peer, { step: 'AM1', fresh: false });
    if (this.#incoming.get(from) !== exchange || this.#ports.clock.now() >= exchange.until) {
      throw new AssociationError('unknown-association', { step: 'AM1' });
    }
    const refused = (error: unknown): Reply => this.#refuse(from, exchange, error, peer, verdict, false);
    let stepped;
    try {
      stepped = judging.resume(verdict);
    } catch (error) {
      return refused(error);
    }
    // Glare: every check of theirs held, and ours is open with the same full JID.
    const ours = this.#outgoing.get(from);
    if (ours !== undefined) {
      if (isLower(this.#ports.own().full, from)) {
        wipeState(stepped.next);
        this.#incoming.delete(from);
        this.#theirs.uncount(from);
        this.#theirs.uncount(device);
        return { kind: 'error', error: CONFLICT };
      }
      ours.lost = true;
      this.#outgoing.delete(from);
      this.#ours.uncount(from);
    }
    exchange.state = stepped.next;
    return { kind: 'result', query: stepped.send };
  }

  async #onAM3(from: FullJid, arrived: Arrived): Promise<Reply> {
    const exchange = this.#incoming.get(from);
    const state = exchange?.state;
    if (exchange === undefined || state === undefined || typeof state === 'string') {
      // None open. Addresses and structure come first all the same.
      readAM3(this.#ports.own(), arrived);
      throw new AssociationError('unknown-association', { step: 'AM3' });
    }
    let judging: Judging<{
      readonly next: SecurityAssociation;
      readonly send: Element;
      readonly wipe: readonly { wipe(): void }[];
    }>;
    try {
      judging = receiveAM3(state, arrived, this.#ports.clock.now());
    } catch (error) {
      // An AM3 of another exchange leaves this one alone; one of this exchange that fails ends it.
      if (error instanceof AssociationError && error.code === 'unknown-association') throw error;
      return this.#refuse(from, exchange, error, state.peer, undefined, false);
    }
    exchange.state = 'finishing';
    const verdict = await this.#ports.judge(judging.peer, { step: 'AM3', fresh: true });
    const gone = this.#incoming.get(from) !== exchange || this.#ports.clock.now() >= exchange.until;
    if (gone) {
      if (this.#incoming.get(from) === exchange) this.#incoming.delete(from);
      wipeState(state);
      throw new AssociationError('unknown-association', { step: 'AM3' });
    }
    try {
      const { next, send, wipe } = judging.resume(verdict);
      this.#incoming.delete(from);
      for (const secret of wipe) secret.wipe();
      return { kind: 'result', query: send, stands: next };
    } catch (error) {
      wipeState(state);
      return this.#refuse(from, exchange, error, judging.peer, verdict, judging.ownCopy);
    }
  }

  /** Ends an incoming exchange that failed: counted, wiped, answered. */
  #refuse(from: FullJid, exchange: Incoming, error: unknown, peer: Peer, verdict: Verdict | undefined, ownCopy: boolean): Reply {
    if (typeof exchange.state !== 'string') wipeState(exchange.state);
    if (this.#incoming.get(from) === exchange) this.#incoming.delete(from);
    if (!(error instanceof AssociationError)) throw error;
    const now = this.#ports.clock.now();
    const device = deviceName(peer);
    this.#theirs.failed(from, now);
    this.#theirs.failed(device, now);
    if (error.code === 'untrusted-credential' && verdict === 'changed') {
      this.#mayConsent(peer.jid, this.#theirs, from);
      this.#mayConsent(peer.jid, this.#theirs, device);
    }
    return {
      kind: 'error',
      error: wireError(error.code),
      ...(ownCopy ? { ownCopy } : {}),
      ...(error.code === 'untrusted-credential' && verdict !== undefined ? { refused: peer } : {}),
    };
  }

  // ── both ────────────────────────────────────────────────────────────────────────────────────────────────────────

  get #policy(): Policy {
    return this.#ports.policy ?? defaultPolicy;
  }

  /** 60 seconds each: what is older ends, and failed. */
  #expire(): void {
    const now = this.#ports.clock.now();
    for (const [from, exchange] of this.#incoming) {
      if (now < exchange.until || exchange.state === 'finishing') continue;
      if (typeof exchange.state !== 'string') wipeState(exchange.state);
      this.#incoming.delete(from);
      this.#theirs.failed(from, now);
      if (exchange.device !== undefined) this.#theirs.failed(exchange.device, now);
    }
  }

  #mayConsent(jid: BareJid, rates: Rates, name: string): void {
    const waiting = this.#awaitingConsent.get(jid) ?? [];
    if (waiting.length < 16) this.#awaitingConsent.set(jid, [...waiting, { rates, name }]);
  }
}

/** Ends `begin` from wherever it is. Never leaves this file. */
class Ended extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

/** Runs a check, and counts it if it failed. */
function counting<T>(fail: () => void, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof AssociationError) fail();
    throw error;
  }
}

const deviceName = ({ jid, fp, device }: Peer): string => `${jid}\n${fp}\n${device}`;

/** The two initiators, as UTF-8 octets after preparation. */
const isLower = (a: Jid, b: Jid): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
