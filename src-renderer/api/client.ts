/** Wraps the host's raw bridge into the typed contract. */

import type { Api, CommandName, EventName, Events, Input, Output } from '../../src-shared/api.ts';
import type { ErrorCode } from '../../src-shared/errors.ts';
import type { Bridge } from './bridge.ts';

/** An error of the contract as the page throws it: a code only, the sentence is the catalogue's. */
export class ContractFailure extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, options?: ErrorOptions) {
    super(code, options);
    this.name = 'ContractFailure';
    this.code = code;
  }
}

/** The code of anything thrown; what is not the contract's is `internal`. */
export const codeOf = (error: unknown): ErrorCode => (error instanceof ContractFailure ? error.code : 'internal');

/** The contract over a bridge. The types of values are the engine's promise; they are not checked again here. */
export function clientOf(bridge: Bridge): Api {
  return {
    async invoke<C extends CommandName>(command: C, input: Input<C>): Promise<Output<C>> {
      const answer = await bridge.invoke(command, input);
      if (!answer.ok) throw new ContractFailure(answer.error.code);
      return answer.value as Output<C>;
    },
    subscribe(listener) {
      return bridge.subscribe((event, payload) => {
        listener(event as EventName, payload as Events[EventName]);
      });
    },
  };
}
