/** Requests and their answers (RFC 6120 §8.2.3), asked and answered by us. */

import { SignetError } from '../../src-shared/errors.ts';
import type { BareJid, Jid } from '../../src-shared/jid.ts';
import { xml, type Element } from '../xml/element.ts';
import type { Random, Timers } from './ports.ts';
import { NS_CLIENT } from './stream-error.ts';
import { IqTimeout, StanzaError, type Iq, type IqHandler, type StanzaErrorType } from './types.ts';

const NS_STANZA_ERRORS = 'urn:ietf:params:xml:ns:xmpp-stanzas';

const DEFAULT_TIMEOUT_MS = 30_000;
/** A handler that has no answer by then is answered for, so that acknowledging (XEP-0198) goes on. */
const HANDLER_MS = 30_000;
const MAX_OPEN = 1_024;
const ID_OCTETS = 15;

export interface IqEnvironment {
  readonly bare: BareJid;
  readonly random: Random;
  readonly timers: Timers;
  readonly send: (stanza: Element) => void;
}

export interface IqMachine extends Iq {
  /** Takes an incoming iq; the promise resolves when it has been answered or needs no answer. */
  receive(stanza: Element): Promise<void> | void;
  /** Rejects every open request: the session ended. */
  end(): void;
}

interface Open {
  readonly to: Jid | undefined;
  settle(answer: Element | IqTimeout): void;
}

export function createIq(env: IqEnvironment): IqMachine {
  const open = new Map<string, Open>();
  const handlers = new Map<string, IqHandler>();
  let ended = false;

  function request(type: 'get' | 'set', to: Jid | undefined, payload: Element, timeoutMs = DEFAULT_TIMEOUT_MS): Promise<Element> {
    return new Promise((resolve, reject) => {
      if (ended) {
        reject(new IqTimeout());
        return;
      }
      if (open.size >= MAX_OPEN) {
        reject(new SignetError('server-busy'));
        return;
      }
      const id = Buffer.from(env.random(ID_OCTETS)).toString('base64url');
      const cancel = env.timers.after(timeoutMs, () => {
        settle(new IqTimeout());
      });
      const settle = (answer: Element | IqTimeout) => {
        cancel();
        open.delete(id);
        if (answer instanceof IqTimeout) reject(answer);
        else if (answer.attr('type') === 'error') reject(readStanzaError(answer));
        else resolve(answer);
      };
      open.set(id, { to, settle });
      try {
        env.send(xml('iq', NS_CLIENT, { type, id, to }, payload));
      } catch (error) {
        cancel();
        open.delete(id);
        reject(error instanceof Error ? error : new SignetError('internal', { cause: error }));
      }
    });
  }

  /** RFC 6120 §8.1.2.1, §10.3.3: our account answers from its bare JID or without an address; others from theirs. */
  function comesFrom(from: string | undefined, asked: Jid | undefined): boolean {
    const account = asked === undefined || asked === env.bare;
    return account ? from === undefined || from === env.bare : from === asked;
  }

  function reply(stanza: Element): void {
    const request = open.get(stanza.attr('id') ?? '');
    // Late, unknown, or from somebody who was not asked: says nothing.
    if (request !== undefined && comesFrom(stanza.attr('from'), request.to)) request.settle(stanza);
  }

  async function answer(stanza: Element, type: 'get' | 'set', id: string): Promise<void> {
    const respond = (kind: 'result' | 'error', ...children: (Element | undefined)[]) => {
      env.send(xml('iq', NS_CLIENT, { type: kind, id, to: stanza.attr('from') }, ...children));
    };
    const [payload, ...more] = stanza.elements();
    if (payload === undefined || more.length > 0) {
      respond('error', stanzaError(new StanzaError('modify', 'bad-request')));
      return;
    }
    const handler = handlers.get(key(type, payload.name, payload.ns));
    if (handler === undefined) {
      respond('error', stanzaError(new StanzaError('cancel', 'service-unavailable')));
      return;
    }
    try {
      respond('result', await inTime(handler(payload, stanza.attr('from') as Jid | undefined, stanza), env.timers));
    } catch (error) {
      // Whatever else went wrong inside us is our business, not the asker's.
      respond('error', stanzaError(error instanceof StanzaError ? error : new StanzaError('wait', 'internal-server-error')));
    }
  }

  function register(type: 'get' | 'set', name: string, ns: string, handler: IqHandler): () => void {
    const k = key(type, name, ns);
    if (handlers.has(k)) throw new Error(`a handler for ${k} is there already`);
    handlers.set(k, handler);
    return () => {
      if (handlers.get(k) === handler) handlers.delete(k);
    };
  }

  return {
    get: (to, payload, timeoutMs) => request('get', to, payload, timeoutMs),
    set: (to, payload, timeoutMs) => request('set', to, payload, timeoutMs),
    onGet: (name, ns, handler) => register('get', name, ns, handler),
    onSet: (name, ns, handler) => register('set', name, ns, handler),
    receive(stanza) {
      const type = stanza.attr('type');
      if (type === 'result' || type === 'error') {
        reply(stanza);
        return;
      }
      const id = stanza.attr('id');
      // Without an id there is no way to answer (RFC 6120 §8.2.3 rule 1).
      if (id === undefined || id === '') return;
      if (type === 'get' || type === 'set') return answer(stanza, type, id);
      const error = stanzaError(new StanzaError('modify', 'bad-request'));
      env.send(xml('iq', NS_CLIENT, { type: 'error', id, to: stanza.attr('from') }, error));
    },
    end() {
      ended = true;
      for (const request of [...open.values()]) request.settle(new IqTimeout());
      handlers.clear();
    },
  };
}

const key = (type: string, name: string, ns: string): string => `${type} {${ns}}${name}`;

function inTime<T>(value: T | Promise<T>, timers: Timers): T | Promise<T> {
  if (!(value instanceof Promise)) return value;
  return new Promise<T>((resolve, reject) => {
    const cancel = timers.after(HANDLER_MS, () => {
      reject(new StanzaError('wait', 'internal-server-error'));
    });
    value.then(
      (v) => {
        cancel();
        resolve(v);
      },
      (error: unknown) => {
        cancel();
        reject(error instanceof Error ? error : new StanzaError('wait', 'internal-server-error'));
      },
    );
  });
}

const ERROR_TYPES: readonly string[] = ['auth', 'cancel', 'continue', 'modify', 'wait'] satisfies readonly StanzaErrorType[];
const isErrorType = (type: string): type is StanzaErrorType => ERROR_TYPES.includes(type);

/** Reads the error of a stanza of type `error`; what is missing or unknown becomes cancel, undefined-condition. */
export function readStanzaError(stanza: Element): StanzaError {
  const error = stanza.child('error');
  const type = error?.attr('type') ?? '';
  const parts = error?.elements() ?? [];
  const condition = parts.find((e) => e.ns === NS_STANZA_ERRORS && e.name !== 'text')?.name ?? 'undefined-condition';
  const application = parts.find((e) => e.ns !== NS_STANZA_ERRORS && e.ns !== NS_CLIENT);
  return new StanzaError(
    isErrorType(type) ? type : 'cancel',
    condition,
    application === undefined ? undefined : { name: application.name, ns: application.ns },
  );
}

/** Builds `<error/>` (RFC 6120 §8.3.2). */
export function stanzaError(error: StanzaError): Element {
  const { type, condition, application } = error;
  return xml(
    'error',
    NS_CLIENT,
    { type },
    xml(condition, NS_STANZA_ERRORS),
    application === undefined ? undefined : xml(application.name, application.ns),
  );
}
