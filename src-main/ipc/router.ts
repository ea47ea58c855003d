/**
 * Every call of a page or a script comes through here: known command, bounded and plain input, the schema of
 * src-shared/api.ts, the engine's handler, plain output. What goes wrong comes back as a coded error, never as a raw one.
 */

import * as v from 'valibot';
import { commands, eventNames, isCommandName } from '../../src-shared/api.ts';
import type { CommandName, EventName } from '../../src-shared/api.ts';
import { SignetError, toContractError } from '../../src-shared/errors.ts';
import type { ContractError } from '../../src-shared/errors.ts';
import type { EngineApi } from './engine-api.ts';
import { plainCopy } from './plain.ts';
import type { PlainBounds } from './plain.ts';

export type Reply = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: ContractError };

export type RouterListener = (event: EventName, payload: unknown) => void;

export interface Router {
  /** Never rejects. */
  invoke(command: string, input: unknown): Promise<Reply>;
  subscribe(listener: RouterListener): () => void;
}

export interface RouterOptions {
  readonly input?: PlainBounds;
  readonly output?: PlainBounds;
  /** Calls under way at one time; more are answered `busy`. */
  readonly pending?: number;
  /** Gets the command or event and the error's class, nothing of what either carried. */
  readonly log?: (line: string) => void;
}

/** A draft or a message body is at most 100,000 characters; nothing larger comes in. */
const INPUT: PlainBounds = { characters: 262_144, values: 1_000, depth: 8 };
/** 200 messages of the largest body, or a long contact list. */
const OUTPUT: PlainBounds = { characters: 33_554_432, values: 2_000_000, depth: 16 };
const PENDING = 1_000;

const fail = (error: unknown): Reply => ({ ok: false, error: toContractError(error) });
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : typeof error);

/** @param engine whose handlers answer; it is not stopped by the router */
export function createRouter(engine: EngineApi, options: RouterOptions = {}): Router {
  const log = options.log ?? (() => undefined);
  const most = options.pending ?? PENDING;
  let pending = 0;

  function parse(command: CommandName, input: unknown): unknown {
    let plain: unknown;
    try {
      plain = plainCopy(input, options.input ?? INPUT);
    } catch (cause) {
      throw new SignetError('bad-input', { cause });
    }
    const parsed = v.safeParse(commands[command].input, plain, { abortEarly: true });
    // The issues quote the input, so they stay here.
    if (!parsed.success) throw new SignetError('bad-input');
    return parsed.output;
  }

  async function answer(command: CommandName, input: unknown): Promise<unknown> {
    // What the schema of this very command gave back is what its handler takes.
    const handler = engine.handlers[command] as (input: unknown) => unknown;
    return plainCopy(await handler(parse(command, input)), options.output ?? OUTPUT);
  }

  return {
    async invoke(command, input) {
      if (typeof command !== 'string' || !isCommandName(command)) return fail(new SignetError('unknown-command'));
      if (pending >= most) return fail(new SignetError('busy'));
      pending += 1;
      try {
        return { ok: true, value: await answer(command, input) };
      } catch (error) {
        if (!(error instanceof SignetError)) log(`${command}: ${nameOf(error)}`);
        return fail(error);
      } finally {
        pending -= 1;
      }
    },
    subscribe(listener) {
      return engine.subscribe((event, payload) => {
        if (!(eventNames as readonly string[]).includes(event)) return;
        let plain: unknown;
        try {
          plain = plainCopy(payload, options.output ?? OUTPUT);
        } catch (error) {
          // Fail closed: an event that is not plain data is a fault of ours and tells nobody anything.
          log(`event ${event}: ${nameOf(error)}`);
          return;
        }
        listener(event, plain);
      });
    },
  };
}
