/**
 * An engine that is none: it answers every command of the contract from plain data. Derived from the contract, so a new
 * command that it does not know is a type error; inputs are validated by the contract's own schemas.
 */

import * as v from 'valibot';
import {
  commands,
  isCommandName,
  type CommandName,
  type EventName,
  type Events,
  type Output,
  type Parsed,
} from '../../src-shared/api.ts';
import { errorTexts, type ErrorCode } from '../../src-shared/errors.ts';
import type { OriginId } from '../../src-shared/ids.ts';
import { bareOf, type BareJid } from '../../src-shared/jid.ts';
import type { Contact, Conversation, Message, ProtectionView } from '../../src-shared/models.ts';
import { ContractFailure } from '../api/client.ts';
import type { Bridge, BridgeAnswer } from '../api/bridge.ts';
import { account, contact, conversation, protection, type World } from './world.ts';

type Answers = { readonly [C in CommandName]: (input: Parsed<C>) => Output<C> };

export interface FakeEngine extends Bridge {
  emit<E extends EventName>(event: E, payload: Events[E]): void;
  /** Every valid call, in order. */
  readonly calls: readonly { readonly command: CommandName; readonly input: unknown }[];
  readonly world: World;
}

/** @param delayMs how long a sent message takes for each step towards `received`. */
export function fakeEngine(world: World, delayMs = 250): FakeEngine {
  const listeners = new Set<(event: string, payload: unknown) => void>();
  const calls: { command: CommandName; input: unknown }[] = [];
  const answers = answersOf(world, emit, delayMs);

  function emit<E extends EventName>(event: E, payload: Events[E]): void {
    for (const listener of listeners) listener(event, payload);
  }
  function answer<C extends CommandName>(command: C, input: unknown): Output<C> {
    const parsed = v.safeParse(commands[command].input, input);
    if (!parsed.success) throw new ContractFailure('bad-input');
    calls.push({ command, input: parsed.output });
    const code = world.fails[command];
    if (code) throw new ContractFailure(code);
    return answers[command](parsed.output);
  }

  return {
    world,
    calls,
    emit,
    subscribe(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    async invoke(command, input): Promise<BridgeAnswer> {
      if (!isCommandName(command)) return failure('unknown-command');
      if (world.hangs.includes(command)) return await new Promise<never>(() => undefined);
      try {
        // As over a real bridge: later, and a copy.
        await Promise.resolve();
        return { ok: true, value: structuredClone(answer(command, input)) };
      } catch (error) {
        return failure(error instanceof ContractFailure ? error.code : 'internal');
      }
    },
  };
}

const failure = (code: ErrorCode): BridgeAnswer => ({ ok: false, error: { code, ...errorTexts[code] } });

function answersOf(world: World, emit: <E extends EventName>(event: E, payload: Events[E]) => void, delayMs: number): Answers {
  const fail = (code: ErrorCode): never => {
    throw new ContractFailure(code);
  };
  const prepared = (jid: string): BareJid =>
    /\s/.test(jid) || !jid.includes('@') ? fail('bad-jid') : bareOf(jid.toLowerCase() as BareJid);

  function putContact(next: Contact): Contact {
    world.contacts = [...world.contacts.filter((c) => c.jid !== next.jid), next];
    emit('contact.changed', next);
    return next;
  }
  function changeContact(jid: string, change: Partial<Contact>): null {
    const known = world.contacts.find((c) => c.jid === jid);
    putContact({ ...(known ?? fail('not-found')), ...change });
    return null;
  }
  function putConversation(jid: BareJid, change: Partial<Conversation>): Conversation {
    const known = world.conversations.find((c) => c.jid === jid) ?? conversation(jid, { protection: viewOf(jid).state });
    const next = { ...known, ...change };
    world.conversations = [...world.conversations.filter((c) => c.jid !== jid), next];
    emit('conversation.changed', next);
    return next;
  }
  function viewOf(jid: BareJid): ProtectionView {
    const state = world.conversations.find((c) => c.jid === jid)?.protection ?? 'none';
    return (
      world.protection[jid] ??
      protection(jid, state, state === 'none' ? { credentials: [], devices: [], required: world.settings.requireProtection } : {})
    );
  }
  function putView(view: ProtectionView): ProtectionView {
    world.protection[view.jid] = view;
    emit('protection.changed', view);
    putConversation(view.jid, { protection: view.state });
    return view;
  }
  function held(jid: string): { total: number; at: (index: number) => Message | undefined } {
    const list = world.messages[jid];
    if (list === undefined) return { total: 0, at: () => undefined };
    if ('total' in list) return { total: list.total, at: (i) => list.at(i + 1) };
    return { total: list.length, at: (i) => list[i] };
  }
  function change(next: Message, event: 'message.arrived' | 'message.changed'): void {
    const list = world.messages[next.conversation];
    const plain: readonly Message[] = list === undefined || 'total' in list ? [] : list;
    world.messages[next.conversation] = [...plain.filter((m) => m.id !== next.id), next];
    emit(event, next);
  }
  function find(id: number): Message {
    for (const list of Object.values(world.messages)) {
      const found = list && !('total' in list) ? list.find((m) => m.id === id) : undefined;
      if (found) return found;
    }
    return fail('not-found');
  }
  function travel(message: Message): void {
    const steps: readonly NonNullable<Message['state']>[] = [{ kind: 'sending' }, { kind: 'sent' }, { kind: 'received' }];
    for (const [i, state] of steps.entries()) {
      setTimeout(() => {
        change({ ...message, state }, 'message.changed');
      }, delayMs * i);
    }
  }
  let nextId = 1_000_000;

  return {
    'app.info': () => ({ version: '0.1.0', host: 'gallery', platform: 'browser' }),
    'app.notices': () => world.notices,
    'vault.status': () => world.vault,
    'vault.unlock': ({ passphrase }) => {
      if (world.vault.kind !== 'new' && passphrase !== 'correct horse battery') fail('wrong-passphrase');
      return (world.vault = { kind: 'open', keychain: false, passphrase: true });
    },
    'vault.retry': () => world.vault,
    'vault.setPassphrase': () => (world.vault = { kind: 'open', keychain: true, passphrase: true }),
    'vault.removePassphrase': () => (world.vault = { kind: 'open', keychain: true, passphrase: false }),
    'vault.startAfresh': () => {
      world.account = null;
      return (world.vault = { kind: 'new', keychain: 'available' });
    },
    'account.get': () => world.account,
    'account.signIn': ({ jid, remember }) => {
      world.vault = { kind: 'open', keychain: true, passphrase: false };
      emit('vault.changed', world.vault);
      return (world.account = account({ jid: prepared(jid), remembered: remember }));
    },
    'account.register': ({ jid, remember }) => (world.account = account({ jid: prepared(jid), remembered: remember })),
    'account.signOut': () => {
      world.account = null;
      return null;
    },
    'account.reconnect': () => null,
    'account.connection': () => world.connection,
    'account.setConnection': ({ server, proxy }) => {
      const { host, port, username, password } = proxy ?? {};
      world.connection = {
        ...(server && { server }),
        ...(host !== undefined &&
          port !== undefined && {
            proxy: { host, port, hasPassword: password !== undefined, ...(username !== undefined && { username }) },
          }),
      };
      return null;
    },
    'account.setPresence': ({ presence }) => {
      if (world.account) emit('account.changed', (world.account = { ...world.account, presence }));
      return null;
    },
    'server.problem': () => world.serverProblem,
    'server.exceptions': () => world.exceptions,
    'server.allow': () => {
      world.serverProblem = null;
      return null;
    },
    'server.disallow': ({ fp }) => {
      world.exceptions = world.exceptions.filter((e) => e.certificate.fp !== fp);
      return null;
    },
    'contact.list': () => world.contacts,
    'contact.add': ({ jid, name }) =>
      putContact(
        contact(prepared(jid), {
          subscription: 'none',
          asked: true,
          presence: 'offline',
          ...(name === undefined ? {} : { name }),
        }),
      ),
    'contact.accept': ({ jid }) => changeContact(jid, { asking: false, subscription: 'both' }),
    'contact.decline': ({ jid }) => changeContact(jid, { asking: false }),
    'contact.rename': ({ jid, name }) => {
      const { name: _old, ...rest } = world.contacts.find((c) => c.jid === jid) ?? fail('not-found');
      putContact(name === '' ? rest : { ...rest, name });
      return null;
    },
    'contact.remove': ({ jid }) => {
      world.contacts = world.contacts.filter((c) => c.jid !== jid);
      emit('contact.removed', { jid: prepared(jid) });
      return null;
    },
    'conversation.list': ({ before = 0, limit }) => {
      const sorted = [...world.conversations].sort((a, b) => b.lastAt - a.lastAt);
      const end = before + limit;
      return { items: sorted.slice(before, end), ...(end < sorted.length ? { next: end } : {}) };
    },
    'conversation.get': ({ jid }) =>
      world.conversations.find((c) => c.jid === jid) ?? {
        ...{ jid: jid as BareJid, protection: 'none' as const, unread: 0, lastAt: 0, typing: false, draft: '' },
      },
    'conversation.markRead': ({ jid }) => {
      putConversation(prepared(jid), { unread: 0 });
      return null;
    },
    'conversation.setTyping': () => null,
    'conversation.setDraft': ({ jid, draft }) => {
      if (world.conversations.some((c) => c.jid === jid)) putConversation(prepared(jid), { draft });
      return null;
    },
    'conversation.allowUnprotected': ({ jid, allowed }) => {
      const view = viewOf(prepared(jid));
      if (view.required) fail('protection-required');
      putView({ ...view, unprotectedAllowed: allowed });
      return null;
    },
    'conversation.remove': ({ jid }) => {
      world.conversations = world.conversations.filter((c) => c.jid !== jid);
      emit('conversation.removed', { jid: prepared(jid) });
      return null;
    },
    'message.send': ({ to, body, protection: wanted }) => {
      const jid = prepared(to);
      const { state } = viewOf(jid);
      const waits =
        wanted === 'protected' && (state === 'none' || state === 'waiting') ? 'device' : state === 'look' ? 'check' : 'nothing';
      const standing = state === 'verified' || state === 'sealed' ? state : 'session';
      const sent: Message = {
        id: (nextId += 1),
        conversation: jid,
        originId: `origin-${String(nextId)}` as OriginId,
        mine: true,
        body,
        at: Date.now(),
        protection: wanted === 'unprotected' ? 'none' : waits === 'nothing' ? standing : 'waiting',
        state: { kind: 'queued', waits },
      };
      change(sent, 'message.arrived');
      putConversation(jid, { lastAt: sent.at, last: { body, mine: true, protection: sent.protection } });
      if (waits === 'nothing') travel(sent);
      return sent;
    },
    'message.list': ({ jid, before, limit }) => {
      const { total, at } = held(jid);
      let end = total;
      while (before !== undefined && end > 0 && (at(end - 1)?.id ?? 0) >= before) end -= 1;
      const items: Message[] = [];
      for (let i = end - 1; i >= 0 && items.length < limit; i -= 1) {
        const m = at(i);
        if (m) items.push(m);
      }
      const oldest = items.at(-1);
      return { items, ...(oldest && end - items.length > 0 ? { next: oldest.id } : {}) };
    },
    'message.retry': ({ id }) => {
      travel(find(id));
      return null;
    },
    'message.discard': ({ id }) => {
      const { conversation: jid } = find(id);
      const list = world.messages[jid];
      if (list && !('total' in list)) world.messages[jid] = list.filter((m) => m.id !== id);
      emit('message.removed', { id, conversation: jid });
      return null;
    },
    'protection.get': ({ jid }) => viewOf(prepared(jid)),
    'protection.compare': ({ jid, fp, matches }) => {
      const view = viewOf(prepared(jid));
      const credentials = view.credentials.map((c) =>
        c.fp === fp
          ? {
              ...c,
              verdict: matches ? ('verified' as const) : ('distrusted' as const),
              why: matches ? ('compared' as const) : ('user' as const),
            }
          : c,
      );
      return putView({ ...view, credentials, state: matches ? 'verified' : 'stopped' });
    },
    'protection.decide': ({ jid, fp, accept }) => {
      const view = viewOf(prepared(jid));
      const credentials = view.credentials.map((c) =>
        c.fp === fp ? { ...c, verdict: accept ? ('first-use' as const) : ('distrusted' as const), why: 'user' as const } : c,
      );
      return putView({ ...view, credentials, state: accept ? 'session' : 'stopped' });
    },
    'settings.get': () => world.settings,
    'settings.set': (input) => {
      world.settings = { ...world.settings, ...definedOf(input) };
      emit('settings.changed', world.settings);
      return world.settings;
    },
  };
}

/** Without the keys whose value is undefined. */
const definedOf = (input: Parsed<'settings.set'>): Partial<World['settings']> =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
