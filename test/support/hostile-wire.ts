import type { DeviceId } from '../../src-shared/ids.ts';
import { bareOf, type BareJid, type FullJid } from '../../src-shared/jid.ts';
import type { Verdict } from '../../src-shared/models.ts';
import type { Element } from '../../src-main/xml/element.ts';
import { parseDocument } from '../../src-main/xml/parser.ts';
import { serialize } from '../../src-main/xml/serialize.ts';
import { makeSelfSigned } from '../../src-main/pki/make.ts';
import type { SigningCredential } from '../../src-main/security/xmlsec/signature.ts';
import type { Own, Peer, Policy } from '../../src-main/security/association/aggressive.ts';
import type { SecurityAssociation } from '../../src-main/security/association/association.ts';
import {
  ExchangeBook,
  type Answer,
  type ExchangePorts,
  type Outcome,
  type Reply,
} from '../../src-main/security/association/exchanges.ts';
import { hexUpper } from '../../src-main/security/crypto/encoding.ts';
import { systemRandom } from '../../src-main/security/crypto/random.ts';
import { judge, type VerdictRecord } from '../../src-main/security/trust.ts';

/**
 * Two engines in miniature over a fake clock and a wire that belongs to whoever is in the middle: it sees every message as
 * text and says what arrives.
 */

export interface InFlight {
  readonly from: FullJid;
  readonly to: FullJid;
  readonly type: 'get' | 'set' | 'result' | 'error';
  /** The query, or for an error its condition. */
  readonly text: string;
  /** AM1 … AM4, or `error`. */
  readonly what: string;
}

/** What arrives for what was sent, in this order; nothing, if it is lost. */
export type Middle = (message: InFlight) => readonly InFlight[];
export const honest: Middle = (message) => [message];

export const START = Date.parse('2026-09-21T14:13:20Z');

export class World {
  now = START;
  middle: Middle = honest;
  /** Every message that was sent, as arrows of the document: `AM1 alice -> bob`. */
  readonly arrows: string[] = [];
  readonly sent: InFlight[] = [];
  readonly sides = new Map<string, Side>();

  readonly clock = { now: () => this.now };

  later(ms: number): void {
    this.now += ms;
  }

  side(full: string, options: Partial<SideOptions> = {}): Side {
    const side = new Side(this, full as FullJid, options);
    this.sides.set(full, side);
    return side;
  }

  /** Sends, and gives the first reply that comes back; what the wire sends besides is delivered and its replies lost. */
  async exchange(message: InFlight): Promise<Answer> {
    const replies: InFlight[] = [];
    for (const arriving of this.pass(message)) {
      const reply = await this.deliver(arriving);
      if (reply !== undefined) replies.push(...this.pass(reply));
    }
    // An answer counts only from the address asked.
    const reply = replies.find((r) => r.from === message.to && r.to === message.from);
    if (reply === undefined) {
      this.later(60_000);
      return { kind: 'timeout' };
    }
    if (reply.type === 'error') {
      const [condition = '', application] = reply.text.split(' ');
      return { kind: 'error', condition, ...(application === undefined ? {} : { application }) };
    }
    const query = read(reply.text);
    // A stanza that is not XML ends the stream: the answer never came.
    if (query === undefined) {
      this.later(60_000);
      return { kind: 'timeout' };
    }
    return { kind: 'result', from: reply.from, to: reply.to, query };
  }

  pass(message: InFlight): readonly InFlight[] {
    this.sent.push(message);
    const local = (jid: string): string => jid.split('@')[0] ?? jid;
    this.arrows.push(`${message.what} ${local(message.from)} -> ${local(message.to)}`);
    return this.middle(message);
  }

  /** Hands a message to whom it is addressed, as its server would, and gives the reply. */
  async deliver(message: InFlight): Promise<InFlight | undefined> {
    const query = read(message.text);
    const side = this.sides.get(message.to);
    if (query === undefined || side === undefined || (message.type !== 'get' && message.type !== 'set')) return undefined;
    const reply = await side.receive(message.type, message.from, query);
    const back = { from: message.to, to: message.from };
    if (reply.kind === 'result') return { ...back, type: 'result', text: serialize(reply.query), what: stepIn(reply.query) };
    const { condition, application } = reply.error;
    return {
      ...back,
      type: 'error',
      text: application === undefined ? condition : `${condition} ${application.name}`,
      what: 'error',
    };
  }
}

interface SideOptions {
  readonly credential: SigningCredential;
  readonly device: DeviceId;
  readonly policy: Policy;
  readonly ports: Partial<ExchangePorts>;
}

export class Side {
  readonly own: Own;
  readonly book: ExchangeBook;
  /** What stands, in the order in which it came to stand. */
  readonly associations: SecurityAssociation[] = [];
  readonly replies: Reply[] = [];
  records: VerdictRecord[] = [];
  readonly #world: World;

  constructor(world: World, full: FullJid, { credential, device, policy, ports }: Partial<SideOptions>) {
    this.#world = world;
    this.own = {
      full,
      credential: credential ?? makeSelfSigned({ jid: bareOf(full), now: START, random: systemRandom }),
      device: device ?? (hexUpper(systemRandom(8)) as DeviceId),
    };
    this.book = new ExchangeBook({
      clock: world.clock,
      random: systemRandom,
      own: () => this.own,
      holds: (keyId) => this.associations.some((sa) => sa.keyId === keyId),
      judge: (peer, { fresh }) => Promise.resolve(this.judge(peer, fresh)),
      ask: (type, to, query) => world.exchange({ from: full, to, type, text: serialize(query), what: stepIn(query) }),
      ...(policy === undefined ? {} : { policy }),
      ...ports,
    });
  }

  judge(peer: Peer, fresh: boolean): Verdict {
    const own = { jid: bareOf(this.own.full), fp: this.own.credential.fp };
    const { verdict, record } = judge({
      jid: peer.jid,
      certificate: peer.certificate,
      known: this.records,
      now: this.#world.now,
      own,
    });
    if (fresh && record !== undefined) this.records = [...this.records.filter((r) => r.fp !== record.fp), record];
    return verdict;
  }

  /** The verdict recorded on a credential of a contact. */
  verdictOn(jid: BareJid, fp: string): Verdict | undefined {
    return this.records.find((r) => r.jid === jid && r.fp === fp)?.verdict;
  }

  async begin(peer: Side): Promise<Outcome> {
    const outcome = await this.book.begin(peer.own.full);
    if (outcome.kind === 'stands') this.associations.push(outcome.sa);
    return outcome;
  }

  async receive(type: 'get' | 'set', from: FullJid, query: Element): Promise<Reply> {
    const reply = await this.book.onQuery(type, { from, to: this.own.full, query });
    if (reply.kind === 'result' && reply.stands !== undefined) this.associations.push(reply.stands);
    this.replies.push(reply);
    return reply;
  }

  /** The code of the last reply, or what it was. */
  get lastReply(): string {
    const reply = this.replies.at(-1);
    if (reply === undefined) return 'none';
    if (reply.kind === 'result') return stepIn(reply.query);
    return reply.error.application?.name ?? reply.error.condition;
  }
}

export function read(text: string): Element | undefined {
  try {
    return parseDocument(text);
  } catch {
    return undefined;
  }
}

const stepIn = (query: Element): string => query.child('SecurityAssociation')?.attr('step') ?? '?';

/** The same element as servers may relay it: every element prefixed, attributes the other way round, single quotes. */
export function rewritten(el: Element, depth = 0): string {
  const quote = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll("'", '&apos;');
  const prefix = `q${String(depth)}`;
  const attrs = Object.entries(el.attrs)
    .reverse()
    .map(([name, value]) => ` ${name}='${quote(value)}'`)
    .join('');
  const inside = el.children.map((c) => (typeof c === 'string' ? quote(c) : rewritten(c, depth + 1))).join('');
  return `<${prefix}:${el.name}${attrs} xmlns:${prefix}='${el.ns}'>${inside}</${prefix}:${el.name}>`;
}

/** Do the two ends hold the same association, each its own half? */
export function mirrored(a: SecurityAssociation, b: SecurityAssociation): boolean {
  const same = (x: Uint8Array, y: Uint8Array): boolean => Buffer.compare(x, y) === 0;
  return (
    a.keyId === b.keyId &&
    a.role !== b.role &&
    same(a.send.ck, b.receive.ck) &&
    same(a.receive.ck, b.send.ck) &&
    same(a.exporter, b.exporter) &&
    !same(a.send.ck, a.receive.ck) &&
    JSON.stringify([a.own, a.peer]) === JSON.stringify([b.peer, b.own])
  );
}
