import type { ContractError } from '../../src-shared/errors.ts';

/** What a call of the contract answered in place of a value. */
export class ContractFailure extends Error {
  readonly code: ContractError['code'];

  constructor(error: ContractError) {
    super(`${error.code}: ${error.message}`);
    this.name = 'ContractFailure';
    this.code = error.code;
  }
}
